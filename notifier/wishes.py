"""Wishes: what a person asks for, checked, and what they come to at each frequency. Plain values, no rows written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import available_timezones

from feeds.selection import Selection, union
from notifier.cadences import Demand
from notifier.models import Frequency, Schedule

_MONDAY = "1"


class BadWish(ValueError):
    """What was asked for cannot be: `str()` says what was expected."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to ask for. `minute` is local time after midnight, `weekdays` ISO ("15": Monday and Friday).

    None for either: as the newsroom's schedule has it. A person has one hour for each frequency: of several wishes at
    one frequency the first that names a time decides. Weekly mail comes on the first of `weekdays`.
    """

    selection: Selection
    frequency: str
    minute: int | None = None
    weekdays: str | None = None


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


def timed(wishes: Iterable[Wish], minute: int | None, weekdays: str | None) -> list[Wish]:
    """The wishes at another time, as far as one is given."""
    times = {name: value for name, value in (("minute", minute), ("weekdays", weekdays)) if value is not None}
    return [replace(wish, **times) for wish in wishes]  # type: ignore[arg-type]


def known_zone(zone: str) -> str:
    """`zone` if it is an IANA time zone. Raises BadWish."""
    if zone not in _zones():
        raise BadWish(f"{zone}: no IANA time zone, such as Europe/Vienna")
    return zone


def demands(wishes: Iterable[Wish], schedules: Mapping[str, Schedule], zone: str) -> dict[str, Demand]:
    """What the wishes come to, by frequency, with the schedule's times where they name none."""
    by_frequency: dict[str, list[Wish]] = {}
    for wish in wishes:
        by_frequency.setdefault(wish.frequency, []).append(wish)
    return {
        frequency: _demand(frequency, group, schedules.get(frequency) or Schedule(weekdays=""), zone)
        for frequency, group in by_frequency.items()
    }


def _demand(frequency: str, wishes: Sequence[Wish], schedule: Schedule, zone: str) -> Demand:
    interest = union(wish.selection for wish in wishes)
    if frequency == Frequency.INSTANT:
        return Demand(interest)
    minute = next((wish.minute for wish in wishes if wish.minute is not None), schedule.minute)
    weekdays = next((wish.weekdays for wish in wishes if wish.weekdays), schedule.weekdays)
    if frequency == Frequency.WEEKLY:
        return Demand(interest, zone, minute, (weekdays or _MONDAY)[0])
    return Demand(interest, zone, minute, weekdays or "1234567")


def _tidy(wish: Wish) -> Wish:
    if wish.frequency == Frequency.INSTANT:
        return replace(wish, minute=None, weekdays=None)
    if wish.minute is not None and not 0 <= wish.minute < 24 * 60:
        raise BadWish(f"{wish.minute}: expected minutes after midnight, 0 to 1439")
    if not wish.weekdays:
        return replace(wish, weekdays=None)
    if not re.fullmatch("[1-7]+", wish.weekdays):
        raise BadWish(f"{wish.weekdays}: expected weekdays as digits from 1 (Monday) to 7")
    return replace(wish, weekdays="".join(sorted(set(wish.weekdays))))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
