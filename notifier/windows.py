"""When a chain's runs are due, in each zone and through every change of its clocks. Pure: no database, no clock.

A chain runs once on each local date whose weekday it has, at the instant when the wall clock there reaches its minute:
where clocks skip that minute, at the first instant after the gap; where they show it twice, at the first time. A local
date that a zone leaves out altogether (Apia, 30 December 2011) has no run. Runs of one chain follow one another in the
order of their dates, so windows between them tile time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_REACH = 16
"""Days to look back or ahead: two weeks, as a weekly run's date may not exist, and a margin for the date line."""


class Timetable(Protocol):
    """What a `Chain` says of its runs: IANA zone, minutes after local midnight, ISO weekdays such as "12345"."""

    @property
    def zone(self) -> str: ...
    @property
    def minute(self) -> int: ...
    @property
    def weekdays(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Run:
    """The run of a local date. `ends_at` (UTC) is when it is due and where its window ends."""

    local_date: date
    ends_at: datetime


def occurrence(zone: str, minute: int, day: date) -> datetime | None:
    """The instant (UTC) of local time `minute` on `day`; None if the zone has no such day.

    Raises zoneinfo.ZoneInfoNotFoundError for a zone that nobody knows.
    """
    tz = ZoneInfo(zone)
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=tz).astimezone(UTC)
    if _wall(instant, tz) == wall:
        return instant
    return _after_gap(tz, wall)


def latest_due(timetable: Timetable, now: datetime) -> Run | None:
    """The last run due at or before `now`."""
    today = now.astimezone(ZoneInfo(timetable.zone)).date()
    # From tomorrow backwards: where clocks go back across midnight, tomorrow has already been once.
    for days in range(1, -_REACH, -1):
        run = _run(timetable.zone, timetable.minute, timetable.weekdays, today + days * _DAY)
        if run is not None and run.ends_at <= now:
            return run
    return None


def next_due(timetable: Timetable, after: datetime) -> Run:
    """The first run due after the instant `after`."""
    return _next_due(timetable.zone, timetable.minute, timetable.weekdays, after)


@lru_cache(maxsize=8192)
def _next_due(zone: str, minute: int, weekdays: str, after: datetime) -> Run:
    """Remembered, because the scheduler asks for every chain many times between two runs."""
    today = after.astimezone(ZoneInfo(zone)).date()
    for days in range(-1, _REACH):
        run = _run(zone, minute, weekdays, today + days * _DAY)
        if run is not None and run.ends_at > after:
            return run
    raise ValueError(f"no run on weekdays {weekdays!r} in {zone}")


def _run(zone: str, minute: int, weekdays: str, day: date) -> Run | None:
    if str(day.isoweekday()) not in weekdays:
        return None
    ends_at = occurrence(zone, minute, day)
    return None if ends_at is None else Run(day, ends_at)


def _after_gap(tz: ZoneInfo, wall: datetime) -> datetime | None:
    """The first instant after the gap that swallowed `wall`; None if it swallowed all of that day.

    PEP 495: in a gap, fold=0 reckons with the offset before it and so lies after, fold=1 the other way round.
    """
    before = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=tz).astimezone(UTC)
    offset = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        if middle.astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    midnight = datetime.combine(wall.date(), time())
    whole_day = _wall(before, tz) < midnight and _wall(after, tz) >= midnight + _DAY
    return None if whole_day else after


def _wall(instant: datetime, tz: ZoneInfo) -> datetime:
    return instant.astimezone(tz).replace(tzinfo=None)
