"""How much a choice brings: releases and messages a week, from the weeks there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 13


@dataclass(frozen=True, slots=True)
class Volume:
    """`weeks`: releases in each of the last 13 weeks, oldest first; `days`: days on which there was one;
    `known`: for how many of these weeks the store has a history at all, 0 to 13.
    """

    weeks: tuple[int, ...]
    days: int
    known: int

    @property
    def total(self) -> int:
        return sum(self.weeks)

    @property
    def tells(self) -> bool:
        """Whether there is enough history, and anything in it, to speak of a rate."""
        return self.known > 1 and self.total > 0

    @property
    def a_week(self) -> float:
        return self.total / max(self.known, 1)

    @property
    def a_month(self) -> float:
        return self.a_week * 52 / 12

    def messages(self, frequency: str, runs_a_week: int = 7) -> float:
        """Messages a week at a frequency; `runs_a_week` is on how many weekdays a digest leaves."""
        if frequency == "instant":
            return self.a_week
        if frequency == "daily":
            return min(self.days / max(self.known, 1), runs_a_week)
        return sum(1 for count in self.weeks if count) / max(self.known, 1)


def measure(published_on: Iterable[date], today: date, oldest: date | None) -> Volume:
    """Count what lies within the 13 weeks that end with `today`. `oldest`: the date of the store's first release."""
    weeks = [0] * WEEKS
    days = set()
    for published in published_on:
        age = (today - published).days // 7
        if 0 <= age < WEEKS:
            weeks[WEEKS - 1 - age] += 1
            days.add(published)
    known = 0 if oldest is None else min(WEEKS, max(1, -(-((today - oldest).days + 1) // 7)))
    return Volume(tuple(weeks), len(days), known)


def first_day(today: date) -> date:
    """The first day of the 13 weeks."""
    return today - timedelta(days=7 * WEEKS - 1)
