"""Requests for feeds, counted in memory until `feeds.bookkeeper` adds them to the database.

    serving -> Tally.count -> Tally.take -> readership.add -> FeedDay, ReportedSubscribers

Nothing of who asked is kept: no address and no User-Agent, but for the name of an online reader that reports how many
subscribers it has, and that number.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date

from feeds.readers import Report, report

MOST_REPORTS = 20_000  # a day, of one process
MOST_VARIANTS = 8  # of one reader for one document: nobody's invention makes rows without end

Day = tuple[date, str]
"""A day (UTC) and a feed's path."""
Source = tuple[date, str, str, str]
"""A day, a feed's path, a suffix, a reader."""


@dataclass(slots=True)
class Traffic:
    """How requests were answered: of all `requests` so many with 304, 226 and 429; `sent` are bytes of bodies."""

    requests: int = 0
    not_modified: int = 0
    deltas: int = 0
    refused: int = 0
    sent: int = 0

    @property
    def whole(self) -> int:
        """Answers with the whole feed."""
        return self.requests - self.not_modified - self.deltas - self.refused

    @property
    def unchanged_share(self) -> float | None:
        """The share of 304, between 0 and 1; None where nobody asked."""
        return self.not_modified / self.requests if self.requests else None

    def less(self, other: Traffic) -> Traffic:
        """Without `other`, which is part of it."""
        return Traffic(*(getattr(self, name) - getattr(other, name) for name in COUNTED))

    @classmethod
    def of(cls, parts: Iterable[Traffic]) -> Traffic:
        """All of them together."""
        parts = list(parts)
        return cls(*(sum(getattr(part, name) for part in parts) for name in COUNTED))


COUNTED = tuple(each.name for each in fields(Traffic))


@dataclass(slots=True)
class Counts:
    """Traffic by day and feed; the most subscribers that a reader reported, by its numbers of the feed."""

    traffic: dict[Day, Traffic] = field(default_factory=dict)
    reports: dict[Source, dict[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.traffic)


class Tally:
    """Safe among threads. Grows with the feeds that exist, never with what is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()
        self._taken = Traffic()
        self._known: dict[Source, dict[int, int]] = {}  # reported on `_day`, whether written or not
        self._day = date.min
        self._reports = 0

    def count(
        self, day: date, feed: str, suffix: str, status: int, sent: int, user_agent: str, times: int = 1
    ) -> None:
        """One answer, or the same one `times`, to requests for a feed that exists. `sent`: bytes of its body."""
        with self._lock:
            at = day, feed
            kept = self._counts.traffic.get(at)
            if kept is None:
                kept = self._counts.traffic[at] = Traffic()
            kept.requests += times
            kept.sent += sent * times
            if status == 304:
                kept.not_modified += times
            elif status == 226:
                kept.deltas += times
            elif status == 429:
                kept.refused += times
            if "subscriber" in user_agent and (told := report(user_agent)):
                self._hear((day, feed, suffix, told.reader), told)

    def _hear(self, source: Source, told: Report) -> None:
        if source[0] != self._day:
            self._day, self._known, self._reports = source[0], {}, 0
        known = self._known.setdefault(source, {})
        if told.variant not in known:
            if len(known) >= MOST_VARIANTS or self._reports >= MOST_REPORTS:
                return
            self._reports += 1
        if told.subscribers > known.get(told.variant, 0):
            known[told.variant] = told.subscribers
            self._counts.reports.setdefault(source, {})[told.variant] = told.subscribers

    def take(self) -> Counts:
        """All that was counted since the last time."""
        with self._lock:
            taken, self._counts = self._counts, Counts()
            self._taken = Traffic.of([self._taken, *taken.traffic.values()])
            return taken

    def total(self) -> Traffic:
        """All that this process has counted since it began."""
        with self._lock:
            return Traffic.of([self._taken, *self._counts.traffic.values()])

    def give_back(self, counts: Counts) -> None:
        """What was taken and could not be written."""
        with self._lock:
            for at, traffic in counts.traffic.items():
                self._taken = self._taken.less(traffic)
                self._counts.traffic[at] = Traffic.of([traffic, self._counts.traffic.get(at, Traffic())])
            for source, variants in counts.reports.items():
                kept = self._counts.reports.setdefault(source, {})
                for variant, subscribers in variants.items():
                    kept[variant] = max(subscribers, kept.get(variant, 0))
