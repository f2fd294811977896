"""From audiences and what was announced to who gets what. Pure: plain values in and out.

Audience, Candidate --match_all--> Hits by (interest, minus) --buckets--> Bucket
                                                             --apart----> Apart
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from feeds.selection import Selection
from notifier.matching import Candidate, Entry, Hits, Matcher, entries
from notifier.planning.values import Apart, Audience, Bucket, Content, Person, Window

TICK = timedelta(microseconds=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)

Matched = Mapping[tuple[int, int], Hits]
"""Hits by (interest, minus)."""


def match_all(
    audiences: Iterable[Audience], candidates: Sequence[Candidate], selections: Mapping[int, Selection]
) -> dict[tuple[int, int], Hits]:
    """What each distinct (interest, minus) selects of the candidates, which are in order of `at`; hits only."""
    begins: dict[tuple[int, int], datetime] = {}
    for audience in audiences:
        pair, begin = audience.kind[:2], audience.begins
        if begin < begins.get(pair, NEVER):
            begins[pair] = begin
    matcher = Matcher(selections, candidates)
    matched = {pair: matcher.hits(*pair, since) for pair, since in begins.items()}
    return {pair: hits for pair, hits in matched.items() if hits.found}


class Contents:
    """What hits come to, each worked out once, and equal contents one object."""

    def __init__(self, newsroom_language: str) -> None:
        self._second = newsroom_language
        self._entries: dict[object, tuple[Entry, ...]] = {}
        self._equal: dict[tuple[Entry, ...], tuple[Entry, ...]] = {}
        self._contents: dict[tuple[str, int], Content] = {}

    def get(
        self,
        hits: Hits,
        language: str,
        since: datetime,
        joined_at: datetime,
        without: frozenset[int] = frozenset(),
    ) -> Content | None:
        """See `matching.entries`; None for nothing at all."""
        key = (hits, language if hits.translated else "", since, joined_at, without)
        found = self._entries.get(key)
        if found is None:
            made = entries(hits, (language, self._second), since, joined_at, without)
            found = self._entries[key] = self._equal.setdefault(made, made)
        return self._contents.setdefault((language, id(found)), (language, found)) if found else None


def buckets(
    window: Window, audiences: Iterable[Audience], matched: Matched, contents: Contents
) -> Iterator[Bucket]:
    """Who gets what, by kind. Those who joined within the window are split where something was announced."""
    for audience in audiences:
        kind = audience.kind
        hits = matched.get(kind[:2])
        if hits is None:
            continue
        if audience.regular:
            found = contents.get(hits, kind.language, audience.start, audience.start)
            if found:
                yield Bucket(kind, EVER, audience.start, EVER, NEVER, found)
        for since_from, since_to, at in _splits(audience, hits):
            found = contents.get(hits, kind.language, at, at)
            if found:
                yield Bucket(kind, audience.start, window.ends_at, since_from, since_to, found)


def apart(
    window: Window,
    people: Iterable[Person],
    had: Mapping[int, Collection[int]],
    matched: Matched,
    contents: Contents,
) -> Iterator[Apart]:
    """Those of `people` who get something else than their bucket.

    Without what they `had` (groups, by subscriber), and with what was not held to be theirs before they joined.
    """
    for person in people:
        kind = person.kind
        hits = matched.get(kind[:2])
        if hits is None or kind.interest in window.held:
            continue
        start = window.start_for(kind.interest)
        since = start if person.joined_at < start else person.since
        without = frozenset(had.get(person.subscriber, ())) & hits.groups()
        own = contents.get(hits, kind.language, since, max(since, person.joined_at), without)
        if own is not contents.get(hits, kind.language, since, since):
            yield Apart(person.subscriber, kind.interest, own)


def _splits(audience: Audience, hits: Hits) -> Iterator[tuple[datetime, datetime, datetime]]:
    """(since_from, since_to, at): whoever has their `since` in there gets what was announced from `at` on.

    That is, after the announcement before, and up to and including `at`. Only where somebody's `since` may lie.
    """
    if audience.since is None:
        return
    earliest, latest = audience.since
    since_from = EVER
    for at in hits.instants():
        since_to = at + TICK
        if earliest < since_to and since_from <= latest:
            yield since_from, since_to, at
        since_from = since_to
