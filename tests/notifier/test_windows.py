"""When runs are due: once on each local date, through every change of clocks, tiling time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.windows import LAST, Run, latest_due, next_due, occurrence

ZONES = (
    "Europe/Vienna", "Europe/London", "Asia/Beirut", "Africa/Cairo", "America/New_York", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Pacific/Chatham",
)  # fmt: skip
MINUTES = {"00:00": 0, "00:30": 30, "01:30": 90, "02:00": 120, "02:30": 150, "08:30": 510, "23:30": 1410}
SEVERAL = (0, 120, 150, 1410)
BEGIN, END = datetime(2023, 12, 31, tzinfo=UTC), date(2035, 1, 1)
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range((END - date(2024, 1, 1)).days)]
EVERY_DAY = "1234567"


@dataclass(frozen=True)
class Table:
    zone: str
    minutes: tuple[int, ...]
    weekdays: str = EVERY_DAY
    monthday: int = 0


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.holds("M2")
@pytest.mark.parametrize("zone", ZONES)
def test_one_run_on_each_local_date_and_windows_tile(zone):
    for minute in MINUTES.values():
        runs = [occurrence(zone, minute, day) for day in DAYS]
        assert None not in runs
        lengths = {(later - earlier) for earlier, later in pairwise(runs)}
        assert timedelta(hours=22, minutes=59) < min(lengths) <= max(lengths) < timedelta(hours=25, minutes=1)
        for day, run in zip(DAYS, runs, strict=True):
            local = run.astimezone(ZoneInfo(zone))
            assert local.date() == day
            assert 0 <= local.hour * 60 + local.minute - minute <= 60


@pytest.mark.holds("M2")
@pytest.mark.parametrize(
    ("zone", "day", "minute", "instant"),
    [
        ("Europe/Vienna", date(2025, 3, 30), 150, utc(2025, 3, 30, 1)),  # 02:30 is skipped: 03:00 it is
        ("Europe/Vienna", date(2025, 3, 30), 120, utc(2025, 3, 30, 1)),
        ("Europe/Vienna", date(2025, 10, 26), 150, utc(2025, 10, 26, 0, 30)),  # the first of two
        ("Europe/London", date(2025, 10, 26), 90, utc(2025, 10, 26, 0, 30)),
        ("Asia/Beirut", date(2025, 3, 30), 0, utc(2025, 3, 29, 22)),  # midnight is skipped
        ("Asia/Beirut", date(2025, 3, 30), 30, utc(2025, 3, 29, 22)),
        ("Africa/Cairo", date(2025, 10, 30), 1410, utc(2025, 10, 30, 20, 30)),  # 23:00 to 24:00 comes twice
        ("Australia/Lord_Howe", date(2025, 10, 5), 120, utc(2025, 10, 4, 15, 30)),  # half an hour is skipped
        ("Pacific/Apia", date(2011, 12, 30), 420, None),  # a day that was not
        ("Pacific/Apia", date(2011, 12, 31), 0, utc(2011, 12, 30, 10)),
        ("Pacific/Kwajalein", date(1993, 8, 21), 420, None),
        ("America/Scoresbysund", date(2024, 3, 30), 1410, utc(2024, 3, 31, 0, 30)),
        ("America/Scoresbysund", date(2024, 3, 31), 0, utc(2024, 3, 31, 1)),
    ],
)  # fmt: skip
def test_the_instant_where_clocks_change(zone, day, minute, instant):
    assert occurrence(zone, minute, day) == instant


def test_a_gap_across_midnight_leaves_each_date_its_run():
    """Toronto, 30 March 1919: 23:30 was followed by 00:30."""
    run = occurrence("America/Toronto", 1425, date(1919, 3, 30))
    assert run is not None
    assert run.astimezone(ZoneInfo("America/Toronto")).replace(tzinfo=None) == datetime(1919, 3, 31, 0, 30)
    following = occurrence("America/Toronto", 1425, date(1919, 3, 31))
    assert following is not None
    assert following > run


def test_what_is_due_and_what_comes_next():
    table = Table("Europe/Vienna", (420,))
    assert latest_due(table, utc(2025, 2, 17, 5, 59)) == Run(date(2025, 2, 16), 420, utc(2025, 2, 16, 6))
    assert latest_due(table, utc(2025, 2, 17, 6)) == Run(date(2025, 2, 17), 420, utc(2025, 2, 17, 6))
    assert next_due(table, utc(2025, 2, 17, 5, 59)) == Run(date(2025, 2, 17), 420, utc(2025, 2, 17, 6))
    assert next_due(table, utc(2025, 2, 17, 6)) == Run(date(2025, 2, 18), 420, utc(2025, 2, 18, 6))


@pytest.mark.holds("M2")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("weekdays", "monthday", "falls"),
    [
        ("7", 0, lambda day: day.isoweekday() == 7),
        ("12345", 0, lambda day: day.isoweekday() < 6),
        (EVERY_DAY, 1, lambda day: day.day == 1),
        (EVERY_DAY, 28, lambda day: day.day == 28),
        (EVERY_DAY, LAST, lambda day: (day + timedelta(days=1)).day == 1),
    ],
    ids=["weekly", "weekdays", "first", "28th", "last"],
)
def test_one_run_on_each_of_the_chosen_days(zone, weekdays, monthday, falls):
    found = list(runs_of(Table(zone, (30,), weekdays, monthday)))
    assert [run.local_date for run in found] == [day for day in DAYS if falls(day)]
    assert all(earlier.ends_at < later.ends_at for earlier, later in pairwise(found))


@pytest.mark.holds("M2")
@pytest.mark.parametrize("zone", ZONES)
def test_several_runs_a_day_tile_and_two_never_fall_on_one_instant(zone):
    """Of times that a gap makes fall together the first is the run: as many instants, as many runs."""
    found = list(runs_of(Table(zone, SEVERAL)))
    assert all(earlier.ends_at < later.ends_at for earlier, later in pairwise(found))
    instants = {day: {occurrence(zone, minute, day) for minute in SEVERAL} for day in DAYS}
    assert [run.ends_at for run in found] == sorted(set().union(*instants.values()))
    whole = [day for day in DAYS if len(instants[day]) == len(SEVERAL)]
    by_day = Counter(run.local_date for run in found)
    assert all(by_day[day] == len(SEVERAL) for day in whole)
    assert len(DAYS) - len(whole) <= 11


def test_times_that_a_gap_makes_fall_together_are_one_run():
    """02:00 and 02:30 are skipped in Vienna on 30 March 2025: both would be at 03:00."""
    table = Table("Europe/Vienna", (120, 150, 180, 480))
    gap = Run(date(2025, 3, 30), 120, utc(2025, 3, 30, 1))
    assert next_due(table, utc(2025, 3, 29, 12)) == gap
    assert latest_due(table, utc(2025, 3, 30, 1)) == latest_due(table, utc(2025, 3, 30, 5, 59)) == gap
    assert next_due(table, gap.ends_at) == Run(date(2025, 3, 30), 480, utc(2025, 3, 30, 6))


def test_times_of_two_dates_that_a_gap_makes_fall_together_are_one_run():
    """Toronto, 30 March 1919: 23:30 was followed by 00:30 of the next day."""
    table = Table("America/Toronto", (15, 1425))
    run = latest_due(table, utc(1919, 3, 31, 12))
    assert run is not None
    assert (run.local_date, run.minute) == (date(1919, 3, 30), 1425)
    assert next_due(table, run.ends_at).local_date == date(1919, 3, 31)
    assert next_due(table, run.ends_at).minute == 1425


def test_times_that_come_twice_are_one_run_each():
    """02:00 to 03:00 comes twice in Vienna on 26 October 2025."""
    table = Table("Europe/Vienna", (120, 150, 180))
    day = [run for run in runs_of(table) if run.local_date == date(2025, 10, 26)]
    assert [(run.minute, run.ends_at) for run in day] == [
        (120, utc(2025, 10, 26)), (150, utc(2025, 10, 26, 0, 30)), (180, utc(2025, 10, 26, 2)),
    ]  # fmt: skip


def test_the_month_whose_day_was_left_out_has_no_run():
    """Kwajalein left out 21 August 1993."""
    table = Table("Pacific/Kwajalein", (420,), monthday=21)
    before = latest_due(table, utc(1993, 9, 10))
    assert before is not None
    assert before.local_date == date(1993, 7, 21)
    assert next_due(table, utc(1993, 8, 1)).local_date == date(1993, 9, 21)


def runs_of(table: Table) -> Iterator[Run]:
    """All runs of the years 2024 to 2034."""
    run = next_due(table, BEGIN - timedelta(days=1))
    while run.local_date < END:
        if run.local_date >= DAYS[0]:
            yield run
        run = next_due(table, run.ends_at)


def test_the_week_whose_day_was_left_out_has_no_run():
    friday = Table("Pacific/Apia", (420,), "5")
    before = latest_due(friday, utc(2011, 12, 31))
    assert before is not None
    assert (before.local_date, next_due(friday, utc(2011, 12, 31)).local_date) == (
        date(2011, 12, 23),
        date(2012, 1, 6),
    )


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.sets(st.integers(0, 1439), min_size=1, max_size=5).map(lambda found: tuple(sorted(found))),
    days=st.one_of(
        st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: ("".join(sorted(days)), 0)),
        st.sampled_from([*range(1, 29), LAST]).map(lambda day: (EVERY_DAY, day)),
    ),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 1), timezones=st.just(UTC)),
)
@pytest.mark.holds("M2")
def test_windows_tile_at_whatever_time_one_asks(zone, minutes, days, now):
    table = Table(zone, minutes, *days)
    last, following = latest_due(table, now), next_due(table, now)
    assert last is not None
    assert last.ends_at <= now < following.ends_at
    assert next_due(table, last.ends_at) == following
    assert latest_due(table, following.ends_at) == following
    assert (last.local_date, last.minute) < (following.local_date, following.minute)
