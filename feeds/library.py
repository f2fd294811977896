"""Releases as entries, read once for all the documents that carry them.

An entry is asked for as it is now, or as an archive page shows it: in the words of one of its versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import structlog
from django.db.models import Q

from feeds import normalise, store, versions
from feeds.catalogue import Catalogue
from feeds.entries import Presentation, Told, entry
from feeds.formats.values import EntryValue
from feeds.models import CANARY, Membership, Release, Standing
from feeds.stock import Stock

log = structlog.stdlib.get_logger(__name__)
_UNREADABLE = (*store.UNREADABLE, KeyError)


class Key(NamedTuple):
    """An entry: a release in the words of `version`, or, where that is 0, as it is since change `seq`."""

    release: int
    version: int
    seq: int

    @classmethod
    def of(cls, row: Membership) -> Key:
        return cls.at(row.release_id, (row.version if row.page is not None else 0) or 0, row.seq)

    @classmethod
    def at(cls, release: int, version: int, seq: int) -> Key:
        return cls(release, version, 0) if version else cls(release, 0, seq)


class Library:
    """To be used for one batch of documents: what it has read is not read again. `kept`: how many entries stay in
    memory, of a few thousand characters each.
    """

    def __init__(self, show: Presentation, kept: int = 3_000) -> None:
        self._show = show
        self.catalogue = Catalogue()
        self._kept: Stock[Key, EntryValue] = Stock(kept)

    def follows(self, show: Presentation, catalogue: Catalogue) -> bool:
        """Whether what was read is still what would be read: of an entry, all else is in its key."""
        if self._show != show or self.catalogue.names != catalogue.names:
            return False
        self.catalogue = catalogue
        return True

    def entries(self, rows: Collection[Membership]) -> dict[Key, EntryValue]:
        """The entries of these rows. One that cannot be read or shown is left out and told of; the others are not
        held up by it.
        """
        wanted = {Key.of(row): row for row in rows}
        found = {key: held for key in wanted if (held := self._kept.get(key))}
        missing = {key: row for key, row in wanted.items() if key not in found}
        read = self._now({key.release: key for key in missing if not key.version})
        read |= self._then({key: row for key, row in missing.items() if key.version})
        for key, value in read.items():
            self._kept.put(key, value)
        return found | read

    def current(self, seqs: Mapping[int, int]) -> dict[int, EntryValue]:
        """Releases as they are since the change `seqs` names for each (id -> seq), by id."""
        keys = {pk: Key(pk, 0, seq) for pk, seq in seqs.items()}
        return {key.release: value for key, value in self._now(keys).items()}

    def _now(self, keys: Mapping[int, Key]) -> dict[Key, EntryValue]:
        releases = _load(sorted(keys)) if keys else {}
        others = self._translations(releases)
        return _made({keys[pk]: partial(self._live, one, others[pk]) for pk, one in releases.items()})

    def _live(self, release: Release, translations: Iterable[tuple[str, str]]) -> EntryValue:
        standing = release.standing
        return entry(
            Told.of(release), standing, standing.updated_at, self._show, self.catalogue.names, translations
        )

    def _then(self, rows: Mapping[Key, Membership]) -> dict[Key, EntryValue]:
        standings = Standing.objects.filter(shown=True).in_bulk([key.release for key in rows])
        contents = versions.contents([(key.release, key.version) for key in rows])
        return _made(
            {
                key: partial(self._frozen, row, standings[key.release], contents[key.release, key.version])
                for key, row in rows.items()
                if key.release in standings and (key.release, key.version) in contents
            }
        )

    def _frozen(self, row: Membership, standing: Standing, content: versions.Content) -> EntryValue:
        told = Told.as_in(content, str(standing.facts.get("language") or ""))
        return entry(told, standing, row.updated_at or standing.updated_at, self._show, self.catalogue.names)

    def _translations(self, releases: dict[int, Release]) -> dict[int, list[tuple[str, str]]]:
        """(language, address) of the other versions of each that a reader may see."""
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        groups = {release.standing.group for release in releases.values()}
        members: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        shared = Standing.objects.filter(group__in=groups, shown=True).order_by("release_id")
        # Few have others, so whole rows of them would be most of what is read.
        for group, pk, language, url, key in shared.values_list(
            "group", "pk", "facts__language", "release__url", "key"
        ):
            if language:
                page = f"{self._show.base}/releases/{key}"
                members[group].append((pk, language, normalise.url(url or "") or page))
        for pk, release in releases.items():
            for other, language, address in members[release.standing.group]:
                if other != pk:
                    found[pk].append((language, address))
        return found


def _made(makers: Mapping[Key, Callable[[], EntryValue]]) -> dict[Key, EntryValue]:
    values = {}
    for key, make in makers.items():
        try:
            values[key] = make()
        except Exception:
            log.exception(
                "a release cannot be shown and is left out of the feeds; mend its row", release=key.release
            )
    return values


def _load(ids: Collection[int]) -> dict[int, Release]:
    try:
        return dict(_rows(ids))
    except _UNREADABLE:  # databases hold whatever other programs write, dates that are none
        return {pk: release for one in ids for pk, release in _load_alone(one)}


def _load_alone(pk: int) -> list[tuple[int, Release]]:
    try:
        return list(_rows([pk]))
    except _UNREADABLE as error:
        if not store.says_the_row(error):
            raise
        log.error(
            "a release cannot be read and is left out of the feeds; mend its row",
            release=pk,
            error=str(error),
        )
        return []


def _rows(ids: Collection[int]) -> Iterator[tuple[int, Release]]:
    """What a reader may see; and a canary, which only its own feed asks for."""
    readable = Q(state=Release.State.PUBLISHED, standing__shown=True) | Q(state=CANARY)
    found = Release.every.filter(readable, pk__in=ids)
    return ((release.pk, release) for release in found.select_related("standing"))
