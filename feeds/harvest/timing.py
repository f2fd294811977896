"""When a source is looked at again. Pure: chance is given, as a number from 0 to 1."""

from __future__ import annotations

from datetime import datetime, timedelta

SOONEST = timedelta(seconds=1)
FIRST_RETRY = 30.0  # seconds
LONGEST_RETRY = 6 * 3600.0


def after_success(now: datetime, every: float, not_before: datetime | None, chance: float) -> datetime:
    """`every` seconds from now, give or take a tenth, so that sources do not fall into step; never before the other
    side wants to be asked again."""
    usual = now + timedelta(seconds=every * (0.9 + 0.2 * chance))
    return max(usual, now + SOONEST, not_before or usual)


def after_failure(
    now: datetime, failures: int, every: float, not_before: datetime | None, chance: float
) -> datetime:
    """Twice as long after each failure in a row, from 30 seconds or the usual interval (what is longer) up to six
    hours, somewhere in the upper half of that: many that failed together do not come back together."""
    first = max(FIRST_RETRY, min(every, LONGEST_RETRY))
    longest = min(LONGEST_RETRY, first * 2.0 ** min(failures - 1, 30))
    usual = now + timedelta(seconds=longest * (0.5 + 0.5 * chance))
    return max(usual, not_before or usual)
