"""From audiences and what was announced to who gets what. Pure: plain values in and out.

Audience, Candidate --match_all--> Hits by (interest, minus) --buckets--> Bucket
                                                             --apart----> Apart
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from feeds.selection import Selection
from notifier.matching import Candidate, Entry, Hits, Matcher, entries
from notifier.planning.values import Apart, Audience, Bucket, Content, Kind, Person, Window

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
        pair = audience.kind[:2]
        begins[pair] = min(begins.get(pair, NEVER), audience.begins)
    matcher = Matcher(selections, candidates)
    matched = {pair: matcher.hits(*pair, since) for pair, since in begins.items()}
    return {pair: hits for pair, hits in matched.items() if hits.found}


def buckets(
    window: Window, audiences: Iterable[Audience], matched: Matched, newsroom_language: str
) -> Iterator[Bucket]:
    """Who gets what, by kind. Those who joined within the window are split where something was announced."""
    known: dict[object, Content] = {}

    def content(hits: Hits, language: str, since: datetime) -> Content:
        key = (hits, language, since)
        if key not in known:
            known[key] = (language, entries(hits, (language, newsroom_language), since, since))
        return known[key]

    for audience in audiences:
        kind = audience.kind
        hits = matched.get(kind[:2])
        if hits is None:
            continue
        if audience.regular:
            found = content(hits, kind.language, audience.start)
            if found[1]:
                yield Bucket(kind, EVER, audience.start, EVER, NEVER, found)
        for since_from, since_to, at in _splits(audience, hits):
            found = content(hits, kind.language, at)
            if found[1]:
                yield Bucket(kind, audience.start, window.ends_at, since_from, since_to, found)


def apart(
    window: Window,
    people: Iterable[Person],
    had: Mapping[int, Collection[int]],
    matched: Matched,
    newsroom_language: str,
) -> Iterator[Apart]:
    """Those of `people` who get something else than their bucket.

    Without what they `had` (groups, by subscriber), and with what was not held to be theirs before they joined.
    """
    known: dict[object, tuple[Entry, ...]] = {}

    def content(
        kind: Kind, since: datetime, joined_at: datetime, without: frozenset[int]
    ) -> tuple[Entry, ...]:
        key = (kind, since, joined_at, without)
        if key not in known:
            languages = (kind.language, newsroom_language)
            known[key] = entries(matched[kind[:2]], languages, since, joined_at, without)
        return known[key]

    for person in people:
        kind = person.kind
        if kind[:2] not in matched or kind.interest in window.held:
            continue
        start = window.start_for(kind.interest)
        since = start if person.joined_at < start else person.since
        without = frozenset(had.get(person.subscriber, ())) & matched[kind[:2]].groups()
        own = content(kind, since, max(since, person.joined_at), without)
        if own != content(kind, since, since, frozenset()):
            yield Apart(person.subscriber, kind.interest, (kind.language, own) if own else None)


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
