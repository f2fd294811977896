"""Wishes: what a person asks for, checked, and what they come to at each frequency. Plain values, no rows written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import available_timezones

from feeds.selection import Selection, union
from notifier import daytimes
from notifier.cadences import EVERY_DAY, Demand
from notifier.models import Frequency, Schedule
from notifier.windows import LAST

_MONDAY = "1"
_TIMELESS = {Frequency.INSTANT, Frequency.SEVERAL}
"""Those at which nobody has an hour of their own."""


class BadWish(ValueError):
    """What was asked for cannot be: `str()` says what was expected."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to ask for. `minute` is local time after midnight, `weekdays` ISO ("15": Monday and Friday), `monthday`
    1 to 28 or 31 for the last day of the month.

    None: as the newsroom's schedule has it, which alone says at which times several messages a day come. A person has
    one hour for each frequency: of several wishes at one frequency the first that names a time decides. Weekly mail
    comes on the first of `weekdays`.
    """

    selection: Selection
    frequency: str
    minute: int | None = None
    weekdays: str | None = None
    monthday: int | None = None


def checked(wishes: Iterable[Wish]) -> list[Wish]:
    """Each (frequency, selection) once, in one form. Raises BadWish."""
    found: dict[tuple[str, str], Wish] = {}
    for wish in wishes:
        if wish.frequency not in Frequency.values:
            raise BadWish(f"{wish.frequency}: expected one of {', '.join(Frequency.values)}")
        if not wish.selection.rules:
            raise BadWish("a selection without any rule selects nothing")
        found.setdefault((wish.frequency, wish.selection.digest), _tidy(wish))
    if not found:
        raise BadWish("nothing was chosen")
    return list(found.values())


def timed(
    wishes: Iterable[Wish], minute: int | None, weekdays: str | None, monthday: int | None
) -> list[Wish]:
    """The wishes at another time, as far as one is given."""
    return [
        replace(
            wish,
            minute=wish.minute if minute is None else minute,
            weekdays=wish.weekdays if weekdays is None else weekdays,
            monthday=wish.monthday if monthday is None else monthday,
        )
        for wish in wishes
    ]


def alongside(wish: Wish, others: Iterable[Wish]) -> Wish:
    """The wish at the hour and days of the first of the others at its frequency: one hour is for all of them."""
    kin = next((it for it in others if it.frequency == wish.frequency), wish)
    return replace(wish, minute=kin.minute, weekdays=kin.weekdays, monthday=kin.monthday)


def known_zone(zone: str) -> str:
    """`zone` if it is an IANA time zone. Raises BadWish."""
    if not is_zone(zone):
        raise BadWish(f"{zone}: no IANA time zone, such as Europe/Vienna")
    return zone


def is_zone(name: str) -> bool:
    return name in _zones()


def demands(wishes: Iterable[Wish], schedules: Mapping[str, Schedule], zone: str) -> dict[str, Demand]:
    """What the wishes come to, by frequency, with the schedule's times where they name none."""
    by_frequency: dict[str, list[Wish]] = {}
    for wish in wishes:
        by_frequency.setdefault(wish.frequency, []).append(wish)
    return {
        frequency: _demand(frequency, group, schedules.get(frequency) or usual(frequency), zone)
        for frequency, group in by_frequency.items()
    }


def usual(frequency: str) -> Schedule:
    """How a frequency is offered before the newsroom has said anything about it."""
    times = "08:00 13:00 18:00" if frequency == Frequency.SEVERAL else "07:00"
    weekdays = _MONDAY if frequency == Frequency.WEEKLY else EVERY_DAY
    return Schedule(frequency=frequency, times=times, weekdays=weekdays)


def _demand(frequency: str, wishes: Sequence[Wish], schedule: Schedule, zone: str) -> Demand:
    interest = union(wish.selection for wish in wishes)
    if frequency == Frequency.INSTANT:
        return Demand(interest)
    own = next((wish.minute for wish in wishes if wish.minute is not None), None)
    offered = daytimes.read_all(schedule.times)
    minutes = offered if frequency == Frequency.SEVERAL else (offered[0] if own is None else own,)
    weekdays = next((wish.weekdays for wish in wishes if wish.weekdays), schedule.weekdays) or EVERY_DAY
    if frequency == Frequency.WEEKLY:
        return Demand(interest, zone, minutes, weekdays[0])
    if frequency == Frequency.MONTHLY:
        monthday = next((wish.monthday for wish in wishes if wish.monthday), schedule.monthday)
        return Demand(interest, zone, minutes, EVERY_DAY, monthday)
    return Demand(interest, zone, minutes, weekdays)


def _tidy(wish: Wish) -> Wish:
    """What has no meaning at its frequency is left out. Raises BadWish."""
    timeless, monthly = wish.frequency in _TIMELESS, wish.frequency == Frequency.MONTHLY
    return replace(
        wish,
        minute=None if timeless else _minute(wish.minute),
        weekdays=None if wish.frequency == Frequency.INSTANT or monthly else _weekdays(wish.weekdays),
        monthday=_monthday(wish.monthday) if monthly else None,
    )


def _minute(minute: int | None) -> int | None:
    if minute is not None and not 0 <= minute < 24 * 60:
        raise BadWish(f"{minute}: expected minutes after midnight, 0 to 1439")
    return minute


def _weekdays(weekdays: str | None) -> str | None:
    if not weekdays:
        return None
    if not re.fullmatch("[1-7]+", weekdays):
        raise BadWish(f"{weekdays}: expected weekdays as digits from 1 (Monday) to 7")
    return "".join(sorted(set(weekdays)))


def _monthday(monthday: int | None) -> int | None:
    if monthday is not None and monthday != LAST and not 1 <= monthday <= 28:
        raise BadWish(f"{monthday}: expected a day of the month, 1 to 28, or {LAST} for the last one")
    return monthday


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
