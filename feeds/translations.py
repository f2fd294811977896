"""Language versions of one release found by what sources say of them: by key or address, whichever points to which, in
whatever order they come.

    links said -> kept -> followed as soon as both ends are there -> groups joined -> `translation_of`

A group is flat: all its releases point to one, which points to none. That is the one others point to already, or else
the earliest in the store; so what an editor has set stays. Each link is followed once: a version that an editor takes
out of its group stays out, until a newcomer names both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from feeds.models import Release, ReleaseKey, Source, TranslationLink
from feeds.rows import write

Parents = Mapping[int, int | None]
"""What releases point to with `translation_of`, by id."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A release a source has spoken of: what it is called there, and the names of its other language versions, where
    they are not those of before (None: they are).
    """

    release: int
    names: tuple[str, ...]
    links: tuple[str, ...] | None


def follow(spoken: Collection[Spoken], source: Source) -> None:
    """Keep what is said anew, and join what belongs together now. The caller holds the transaction."""
    said = {one.release: one.links for one in spoken if one.links is not None}
    if said:
        _keep(said, source)
    elif not TranslationLink.objects.exists():
        return
    edges = _ends(said, source) | _beginnings(spoken, source)
    parents = _groups({pk for link, target in edges.items() for pk in (link.release_id, target)})
    edges = {link: target for link, target in edges.items() if {link.release_id, target} <= parents.keys()}
    if edges:
        _mark(edges)
        pairs = ((link.release_id, target) for link, target in edges.items())
        _write(regrouped([pair for pair in pairs if pair[0] != pair[1]], parents))


def regrouped(pairs: Iterable[tuple[int, int]], parents: Parents) -> dict[int, int | None]:
    """What must point elsewhere once each pair is in one group. `parents` holds all of the groups they are in now."""
    group: dict[int, int] = {}

    def top(one: int) -> int:
        while group.setdefault(one, one) != one:
            group[one] = one = group.setdefault(group[one], group[one])
        return one

    for one, other in [*((pk, parent) for pk, parent in parents.items() if parent is not None), *pairs]:
        group[top(one)] = top(other)
    members = defaultdict(list)
    for pk in parents:
        members[top(pk)].append(pk)
    pointed_at = set(parents.values())
    moves: dict[int, int | None] = {}
    for root in {top(one) for pair in pairs for one in pair}:
        first = min(members[root], key=lambda pk: (pk not in pointed_at, pk))
        moves |= {
            pk: None if pk == first else first
            for pk in members[root]
            if parents[pk] != (None if pk == first else first)
        }
    return moves


def _keep(said: Mapping[int, tuple[str, ...]], source: Source) -> None:
    """The links of these releases are those said now; what no link holds together any more falls apart."""
    had: dict[int, dict[str, TranslationLink]] = defaultdict(dict)
    for link in TranslationLink.objects.filter(source=source, release_id__in=said):
        had[link.release_id][link.name] = link
    ended = [link for pk, names in said.items() for name, link in had[pk].items() if name not in names]
    new = [(pk, source.pk, name) for pk, names in said.items() for name in names if name not in had[pk]]
    write(TranslationLink, ("release_id", "source_id", "name"), new)
    if ended:
        TranslationLink.objects.filter(pk__in=[link.pk for link in ended]).delete()
        for link in ended:
            _part(link)


def _part(link: TranslationLink) -> None:
    """Of two releases that only this link has joined, the one that points to the other does so no more."""
    for one, other in ((link.release_id, link.joined), (link.joined, link.release_id)):
        held = Q(release_id=one, joined__isnull=False) | Q(joined=one)
        if (
            one
            and other
            and not TranslationLink.objects.filter(held).exclude(release_id=one, joined=one).exists()
        ):
            root = (
                Release.objects.filter(pk=other).values_list("translation_of_id", flat=True).first() or other
            )
            Release.objects.filter(pk=one, translation_of_id=root).update(translation_of=None)


def _ends(said: Collection[int], source: Source) -> dict[TranslationLink, int]:
    """Where the links of these releases lead that have not been followed yet."""
    waiting = list(TranslationLink.objects.filter(source=source, release_id__in=said, joined=None))
    names = {link.name for link in waiting}
    found: dict[str, int] = {}
    if names:
        keys = ReleaseKey.objects.filter(source=source, key__in=names).values_list("key", "release_id")
        urls = Release.objects.filter(url__in=names).order_by("-pk").values_list("url", "pk")
        found = {str(name): pk for name, pk in [*urls, *keys]}
    return {link: found[link.name] for link in waiting if link.name in found}


def _beginnings(spoken: Collection[Spoken], source: Source) -> dict[TranslationLink, int]:
    """The links that name one of these releases and did not know it before."""
    called = {name: one.release for one in spoken for name in one.names}
    links = TranslationLink.objects.filter(name__in=called)
    return {
        link: called[link.name]
        for link in links
        if link.joined != called[link.name] and (link.source_id == source.pk or link.name.startswith("http"))
    }


def _mark(edges: Mapping[TranslationLink, int]) -> None:
    for link, target in edges.items():
        link.joined = target
    TranslationLink.objects.bulk_update(edges, ["joined"], batch_size=100)


def _groups(ask: set[int]) -> dict[int, int | None]:
    """All releases there are of the groups that these are in, with what they point to."""
    parents: dict[int, int | None] = {}
    asked: set[int] = set()
    while ask:
        near = Release.objects.filter(Q(pk__in=ask) | Q(translation_of_id__in=ask))
        found = dict(near.values_list("pk", "translation_of_id"))
        parents |= found
        asked |= ask
        ask = {*found, *(parent for parent in found.values() if parent is not None)} - asked
    return parents


def _write(moves: Mapping[int, int | None]) -> None:
    by_root = defaultdict(list)
    for pk, root in moves.items():
        by_root[root].append(pk)
    for root, children in by_root.items():
        Release.objects.filter(pk__in=children).update(translation_of=root)
