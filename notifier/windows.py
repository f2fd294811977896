"""When a chain's runs are due, in each zone and through every change of its clocks. Pure: no database, no clock.

A chain runs on each local date whose weekday and day of the month it has, at each of its times: at the instant when the
wall clock there reaches that minute. Where clocks skip it, that is the first instant after the gap; where they show it
twice, the first time. A local date that a zone leaves out altogether (Apia, 30 December 2011) has no run. The instants
follow in the order of dates and times, and where a gap makes several of them fall together the first is the run and
the others are none. So the windows between runs tile time.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

LAST = 31
"""As a day of the month: the last one, whichever that is."""

_DAY = timedelta(days=1)
_REACH = 70
"""Days to look back or ahead: two months, as a monthly run's date may not exist, and a margin for the date line."""


class Timetable(Protocol):
    """What a `Chain` says of its runs: IANA zone, minutes after local midnight in order, ISO weekdays such as "12345",
    and the day of the month (1 to 28, LAST) or 0 for every day."""

    @property
    def zone(self) -> str: ...
    @property
    def minutes(self) -> tuple[int, ...]: ...
    @property
    def weekdays(self) -> str: ...
    @property
    def monthday(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Run:
    """The run of a local date and minute. `ends_at` (UTC) is when it is due and where its window ends."""

    local_date: date
    minute: int
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


def beginning(zone: str, day: date) -> datetime:
    """The instant (UTC) when `day` begins in a zone; where it has no such day, the next one."""
    while (found := occurrence(zone, 0, day)) is None:
        day += _DAY
    return found


def latest_due(timetable: Timetable, now: datetime) -> Run | None:
    """The last run due at or before `now`."""
    found: Run | None = None
    today = now.astimezone(ZoneInfo(timetable.zone)).date()
    # From tomorrow backwards: where clocks go back across midnight, tomorrow has already been once.
    for run in _runs(_rules(timetable), (today + days * _DAY for days in range(1, -_REACH, -1)), -1):
        if found is not None and run.ends_at < found.ends_at:
            break
        if run.ends_at <= now:
            found = run
    return found


def next_due(timetable: Timetable, after: datetime) -> Run:
    """The first run due after the instant `after`."""
    return _next_due(_rules(timetable), after)


def due_next(timetable: Timetable, served: datetime, patience: timedelta, now: datetime) -> datetime:
    """When what has been announced since `served` leaves: the end of the first run after it, or `now` if that is due.

    A run that is found due later than `patience` (zero: never too late) is left out, and the next one has it all.
    """
    due = next_due(timetable, served).ends_at
    if due > now:
        return due
    missed = latest_due(timetable, now)
    too_late = missed is not None and patience and now - missed.ends_at > patience
    return next_due(timetable, now).ends_at if too_late else now


def same(one: Timetable, other: Timetable) -> bool:
    """Whether both are due by the same times, days and clocks."""
    return _rules(one) == _rules(other)


@dataclass(frozen=True, slots=True)
class _Rules:
    zone: str
    minutes: tuple[int, ...]
    weekdays: str
    monthday: int

    def hold(self, day: date) -> bool:
        if str(day.isoweekday()) not in self.weekdays:
            return False
        if self.monthday == LAST:
            return day.day == monthrange(day.year, day.month)[1]
        return self.monthday in (0, day.day)


def _rules(timetable: Timetable) -> _Rules:
    return _Rules(timetable.zone, timetable.minutes, timetable.weekdays, timetable.monthday)


@lru_cache(maxsize=8192)
def _next_due(rules: _Rules, after: datetime) -> Run:
    """Remembered, because the scheduler asks for every chain many times between two runs."""
    today = after.astimezone(ZoneInfo(rules.zone)).date()
    for run in _runs(rules, (today + days * _DAY for days in range(-1, _REACH)), 1):
        if run.ends_at > after:
            return run
    raise ValueError(f"no run in {_REACH} days by {rules}")


def _runs(rules: _Rules, days: Iterable[date], step: int) -> Iterator[Run]:
    """The runs of these days; `step` -1: each day's last one first. Some may share an instant."""
    for day in days:
        if rules.hold(day):
            for minute in rules.minutes[::step]:
                ends_at = occurrence(rules.zone, minute, day)
                if ends_at is not None:
                    yield Run(day, minute, ends_at)


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
