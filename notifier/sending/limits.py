"""How much may leave: messages a minute and an hour, as one worker counts them. Pure: seconds in, answers out."""

from __future__ import annotations

from collections.abc import Iterable

from notifier.models import Dispatch

NO_LANE, LETTERS, ALL_LANES = 0, int(Dispatch.Lane.LETTER) + 1, len(Dispatch.Lane)
RESERVE = 20  # one of so many is for letters alone, and at least one
BURST = 50  # one of so many may be saved up, so that being late by a little costs nothing


class Bucket:
    """At most `limit` in any `period` of seconds, of which some may be taken by letters only.

    The reserve fills up by itself and the rest comes evenly, so that what was saved up and what comes in a period are
    together never more than the limit. Of a limit that several workers share, each has an equal part.
    """

    def __init__(self, limit: int, period: float, now: float) -> None:
        self._limit, self._period, self._at = limit, period, now
        self.share(1)
        self._tokens = self._reserve + 1.0 + self._burst

    def share(self, workers: int) -> None:
        part = self._limit / workers
        self._reserve = max(1.0, part // RESERVE) if part >= 2 else 0.0
        self._burst = part // BURST
        self._rate = (part - self._reserve - self._burst) / self._period

    def lanes(self, now: float) -> int:
        """How many lanes, from the first, may take one now."""
        most = self._reserve + 1.0 + self._burst
        self._tokens = min(most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return NO_LANE
        return ALL_LANES if self._tokens >= self._reserve + 1.0 - 1e-9 else LETTERS

    def spend(self) -> None:
        self._tokens -= 1.0

    def give_back(self) -> None:
        self._tokens += 1.0

    def wait(self, lanes: int) -> float:
        """Seconds from the last look until so many lanes may take one."""
        wanted = 1.0 if lanes <= LETTERS else self._reserve + 1.0
        return max(0.0, (wanted - self._tokens) / self._rate)


class Throttle:
    """A limit a minute and one an hour, in force together."""

    def __init__(self, per_minute: int, per_hour: int, now: float) -> None:
        pairs: Iterable[tuple[int, float]] = ((per_minute, 60.0), (per_hour, 3600.0))
        self._buckets = [Bucket(limit, period, now) for limit, period in pairs if limit]

    def share(self, workers: int) -> None:
        for bucket in self._buckets:
            bucket.share(max(1, workers))

    def lanes(self, now: float) -> int:
        return min((bucket.lanes(now) for bucket in self._buckets), default=ALL_LANES)

    def spend(self) -> None:
        for bucket in self._buckets:
            bucket.spend()

    def give_back(self) -> None:
        """What was spent was not used."""
        for bucket in self._buckets:
            bucket.give_back()

    def wait(self, lanes: int) -> float:
        return max((bucket.wait(lanes) for bucket in self._buckets), default=0.0)
