"""How many digests are due in an hour, at most: if there were something in each. Pure: no database, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier import windows
from notifier.windows import Timetable

AHEAD = timedelta(days=7)
"""How far to look."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour (UTC, its beginning) and how many messages are due in it."""

    begins_at: datetime
    messages: int


def busiest(audiences: Iterable[tuple[Timetable | None, int]], now: datetime) -> Hour | None:
    """The hour of the coming week in which most are due, the first of equals; None if none is.

    `audiences`: (timetable, people); what leaves at once (None) does not count, as no timetable says when.
    """
    people: Counter[tuple[object, ...]] = Counter()
    timetables: dict[tuple[object, ...], Timetable] = {}
    for timetable, many in audiences:
        if timetable is not None:
            key = (timetable.zone, timetable.minutes, timetable.weekdays, timetable.monthday)
            people[key] += many
            timetables[key] = timetable
    due: Counter[datetime] = Counter()
    for rules, timetable in timetables.items():
        at = now
        while (at := windows.next_due(timetable, at).ends_at) <= now + AHEAD:
            due[at.replace(minute=0, second=0, microsecond=0)] += people[rules]
    if not due:
        return None
    begins_at = min(due, key=lambda hour: (-due[hour], hour))
    return Hour(begins_at, due[begins_at])
