"""How fast a worker sends and what it meets with, as it says itself: kept in its memory, told in its lease's row."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from notifier.models import Lease

NOW_SECONDS, MINUTE = 5.0, 60.0
ERRORS = 200  # different ones in memory; the rare ones are forgotten first
TOLD = 8
ALIVE = timedelta(seconds=40)


class Pace:
    """For one event loop; others may read. `ticks` below: seconds by a clock that does not step."""

    def __init__(self) -> None:
        self.sent = 0
        self._samples: deque[tuple[float, int]] = deque(maxlen=120)
        self._errors: Counter[str] = Counter()

    def failed(self, reason: str) -> None:
        """A message was put off or failed."""
        self._errors[" ".join(reason.split())[:120]] += 1
        if len(self._errors) > ERRORS:
            self._errors = Counter(dict(self._errors.most_common(ERRORS // 2)))

    def look(self, ticks: float) -> None:
        """Called every second or two."""
        self._samples.append((ticks, self.sent))

    def rate(self, seconds: float) -> float:
        """Messages a second over the last `seconds`."""
        if len(self._samples) < 2:
            return 0.0
        samples = list(self._samples)
        last, sent = samples[-1]
        first, before = next(((at, n) for at, n in samples if at >= last - seconds), samples[0])
        if first == last:
            first, before = samples[-2]
        return (sent - before) / (last - first) if last > first else 0.0

    def last_minute(self) -> int:
        """How many were sent in it, or since the first look if that was later."""
        if not self._samples:
            return 0
        last, sent = self._samples[-1]
        return sent - next(n for at, n in self._samples if at >= last - MINUTE)

    def report(self) -> dict[str, Any]:
        """For the lease's row."""
        return {
            "sent": self.sent,
            "now": round(self.rate(NOW_SECONDS), 1),
            "minute": self.last_minute(),
            "errors": self._errors.most_common(TOLD),
        }


@dataclass(frozen=True, slots=True)
class Workers:
    """All that live: how many, what they send a second now and in the last minute, and what they met with most."""

    count: int = 0
    now: float = 0.0
    minute: int = 0
    errors: list[tuple[str, int]] = field(default_factory=list)


def workers(at: datetime) -> Workers:
    """As their leases have it at `at`, by the database's clock or one close to it."""
    rows = Lease.objects.filter(renewed_at__gt=at - ALIVE).values_list("report", flat=True)
    return together(rows)


def together(reports: Iterable[Mapping[str, Any]]) -> Workers:
    said, errors = list(reports), Counter[str]()
    for report in said:
        errors.update(dict(report.get("errors", ())))
    return Workers(
        len(said),
        sum(report.get("now", 0.0) for report in said),
        sum(report.get("minute", 0) for report in said),
        errors.most_common(TOLD),
    )
