"""What changed for readers between two numbers of changes: reads the store, writes nothing.

Compared are two states, not two instants: the versions (`ReleaseVersion.seq`) that held at the one number and at the
other. So what was changed twice in between is told of once, as it is last, and what was changed and is not public is
not told of at all. Changes count once their releases are in their feeds (`membership.reached`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Max, Q

from feeds import catalogue, documents, membership, versions
from feeds.entries import Told
from feeds.formats.values import EntryValue
from feeds.live.events import Happening, Step
from feeds.models import Change, ReleaseVersion, Standing
from feeds.selection import Facts, Selection
from feeds.workshop import Workshop

MOST = 300  # releases; whoever missed more is told the state instead
FURTHEST = 20_000  # changes; so many are not looked through
_KNOWN = Q(shown=True) | Q(gone_at__isnull=False)  # readers can see it, or could


class _Version(NamedTuple):
    number: int
    significant: bool
    public: bool


class _History(NamedTuple):
    """The version that held at the first number, and those since, up to the second."""

    before: _Version | None
    since: list[_Version]


def start() -> tuple[int, int]:
    """The number everything has come to, and the last one up to it that may be told."""
    upto = membership.reached()
    return upto, _told(0, upto)


def read(after: int, workshop: Workshop) -> Step:
    """Everything after change `after`, up to where the feeds have come. `told` is 0 where there is nothing to tell."""
    upto = membership.reached()
    if upto <= after:
        return Step(after, after, 0)
    told = _told(after, upto)
    if upto - after > FURTHEST:
        return Step(after, upto, told, None, terms=True, saved=_saved())
    changes = Change.objects.filter(seq__gt=after, seq__lte=upto)
    kinds = set(changes.exclude(kind="release").values_list("kind", flat=True).distinct())
    touched = changes.filter(kind="release").values_list("subject_id").annotate(last=Max("seq"))
    last = dict(touched.order_by("subject_id")[: MOST + 1])
    happenings = None if len(last) > MOST else tuple(_happenings(last, after, upto, workshop))
    return Step(
        after,
        upto,
        told,
        happenings,
        terms=bool(kinds),
        saved=_saved() if "feed" in kinds else None,
    )


def _told(after: int, upto: int) -> int:
    known = Standing.objects.filter(_KNOWN, seq__gt=after, seq__lte=upto)
    return known.aggregate(last=Max("seq"))["last"] or 0


def _saved() -> dict[str, Selection]:
    return {f"{catalogue.SAVED}/{slug}": selection for slug, selection in catalogue.selections().items()}


def _happenings(last: Mapping[int, int], after: int, upto: int, workshop: Workshop) -> list[Happening]:
    """In the order of the changes. `last`: id of a release -> its last change."""
    standings = Standing.objects.filter(_KNOWN).in_bulk(list(last))
    histories = _histories(standings, after, upto)
    changed = {pk: found for pk, found in histories.items() if found.since}
    contents = versions.contents([(pk, one.number) for pk, one in _public(changed)])
    current = [pk for pk, found in changed.items() if found.since[-1].public]
    entries = _entries({pk: last[pk] for pk in current}, workshop)
    made = [
        _happening(standings[pk], last[pk], found, contents, entries)
        for pk, found in changed.items()
        if not found.since[-1].public
        or pk in entries  # just leaving, and not noticed yet; or not to be shown
    ]
    made += [
        _deleted(standing, last[pk])
        for pk, standing in standings.items()
        if pk not in histories and standing.gone_at and standing.seq > after
    ]
    return sorted((one for one in made if one.before or one.after), key=lambda one: one.seq)


def _histories(ids: Collection[int], after: int, upto: int) -> dict[int, _History]:
    rows = ReleaseVersion.objects.filter(Q(seq=None) | Q(seq__lte=upto), release_id__in=list(ids))
    found: dict[int, _History] = defaultdict(lambda: _History(None, []))
    for pk, number, significant, public, seq in rows.order_by("release_id", "number").values_list(
        "release_id", "number", "significant", "public", "seq"
    ):
        version = _Version(number, significant, public)
        if seq is None or seq <= after:
            found[pk] = _History(version, [])
        else:
            found[pk].since.append(version)
    return dict(found)


def _public(histories: Mapping[int, _History]) -> Iterator[tuple[int, _Version]]:
    """The versions that are compared, as far as readers could see them."""
    for pk, (before, since) in histories.items():
        yield from ((pk, one) for one in (before, since[-1]) if one and one.public)


def _entries(seqs: Mapping[int, int], workshop: Workshop) -> dict[int, EntryValue]:
    """Without their full text, which no stream tells and which would be kept in memory with the step."""
    if not seqs:
        return {}
    library, _ = workshop.tools(documents.presentation())
    return {pk: replace(entry, content="") for pk, entry in library.current(seqs).items()}


def _happening(
    standing: Standing,
    seq: int,
    history: _History,
    contents: Mapping[tuple[int, int], versions.Content],
    entries: Mapping[int, EntryValue],
) -> Happening:
    def facts(version: _Version | None) -> Facts | None:
        content = contents.get((standing.pk, version.number)) if version and version.public else None
        return _facts(content, str(standing.facts.get("language") or "")) if content else None

    return Happening(
        seq,
        standing.guid,
        facts(history.before),
        facts(history.since[-1]),
        entries.get(standing.pk),
        standing.corrected_at,
        significant=any(version.significant for version in history.since),
    )


def _facts(content: versions.Content, language: str) -> Facts:
    told = Told.as_in(content, language)
    return replace(told.facts, text=f"{told.title}\n{told.summary}")


def _deleted(standing: Standing, seq: int) -> Happening:
    """Its versions went with it; its labels are known."""
    return Happening(seq, standing.guid, Facts.from_json(standing.facts), None, loose=True)
