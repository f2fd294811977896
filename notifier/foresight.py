"""What a selection would have brought: releases and messages over the last 90 days. Pure: no database, no clock.

    Past, Past, … --foresee(selection, timetables, …)--> Foresight

Of releases whose day alone is known, as they came with a newsroom's history, each would have been a message of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from feeds.selection import Facts, Selection
from notifier import windows
from notifier.windows import Timetable

DAYS = 90
WEEKS = 13
ENOUGH = 14
"""Days of history from which a rate may be told."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Past:
    """A release of the last 90 days. `day` is its own date, `at` (UTC) when a subscriber would have been told.

    `to_the_moment`: that is known; else it is noon of its day. `silent`: it would have been told to nobody. `group`
    joins the language versions of one text, of which a person gets one.
    """

    release: int
    group: int
    day: date
    at: datetime
    to_the_moment: bool
    silent: bool
    facts: Facts


@dataclass(frozen=True, slots=True)
class Messages:
    """How many messages there would have been, of how many runs; None for what leaves at once."""

    count: int
    runs: int | None


@dataclass(frozen=True, slots=True)
class Foresight:
    """`weeks`: releases in each of the last 13 weeks, oldest first; the first of them lacks a day. `days`: how many of
    the 90 days the store knows. `messages` by frequency. `latest`: the newest three releases of that time, by id.
    """

    weeks: tuple[int, ...]
    days: int
    messages: Mapping[str, Messages]
    latest: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.weeks)

    @property
    def known(self) -> int:
        """Of how many of the 13 weeks the store knows."""
        return min(WEEKS, -(-self.days // 7))

    @property
    def tells(self) -> bool:
        """Whether there is enough history, and anything in it, to speak of a rate."""
        return self.enough and self.total > 0

    @property
    def enough(self) -> bool:
        return self.days >= ENOUGH

    @property
    def a_week(self) -> float:
        return self.total * 7 / max(self.days, 1)

    @property
    def a_month(self) -> float:
        return self.a_week * 52 / 12

    def messages_a_week(self, frequency: str) -> float:
        return self.messages[frequency].count * 7 / max(self.days, 1)

    def runs_a_week(self, frequency: str) -> float | None:
        runs = self.messages[frequency].runs
        return None if runs is None else runs * 7 / max(self.days, 1)


def first_day(today: date) -> date:
    """The first of the 90 days that end with `today`."""
    return today - timedelta(days=DAYS - 1)


def foresee(
    selection: Selection,
    past: Iterable[Past],
    timetables: Mapping[str, Timetable | None],
    *,
    settling: timedelta,
    today: date,
    oldest: date | None,
) -> Foresight:
    """`past`: releases from `first_day(today)` on. `timetables`: when mail leaves at each frequency; None: at once.

    `oldest`: the date of the store's first release.
    """
    matching = _each_group_once(one for one in past if selection.matches(one.facts))
    days = 0 if oldest is None else min(DAYS, max(1, (today - oldest).days + 1))
    weeks = [0] * WEEKS
    for one in matching:
        weeks[WEEKS - 1 - max((today - one.day).days, 0) // 7] += 1
    told = sorted((one for one in matching if not one.silent), key=lambda one: one.at)
    messages = {
        frequency: Messages(_at_once(told, settling), None)
        if timetable is None
        else Messages(len(_runs(timetable, (one.at for one in told))), _all_runs(timetable, today, days))
        for frequency, timetable in timetables.items()
    }
    newest = sorted(matching, key=lambda one: (one.day, one.release), reverse=True)[:SHOWN]
    return Foresight(tuple(weeks), days, messages, tuple(one.release for one in newest))


def _each_group_once(past: Iterable[Past]) -> Collection[Past]:
    found: dict[int, Past] = {}
    for one in sorted(past, key=lambda one: (one.at, one.release)):
        found.setdefault(one.group, one)
    return found.values()


def _at_once(told: Iterable[Past], settling: timedelta) -> int:
    """The first leaves at once; what follows within the settling time, as one at its end; and that settles too."""
    count, waiting, until = 0, False, None
    for one in told:
        if not one.to_the_moment:
            count += 1
            continue
        while waiting and until is not None and one.at >= until:
            count, waiting, until = count + 1, False, until + settling
        if until is not None and one.at < until:
            waiting = True
        else:
            count, until = count + 1, one.at + settling
    return count + waiting


def _runs(timetable: Timetable, instants: Iterable[datetime]) -> list[datetime]:
    """The ends of the windows in which something was; `instants` in order."""
    found: list[datetime] = []
    for at in instants:
        if not found or at >= found[-1]:
            found.append(windows.next_due(timetable, at).ends_at)
    return found


def _all_runs(timetable: Timetable, today: date, days: int) -> int:
    """How many runs there are in that time, whether or not there was something to send."""
    count = 0
    noon = datetime.combine(today, time(12), UTC)
    at = noon - timedelta(days=days)
    while (run := windows.next_due(timetable, at)).ends_at <= noon:
        count, at = count + 1, run.ends_at
    return count
