"""When runs are due: once on each local date, through every change of clocks, tiling time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.windows import Run, latest_due, next_due, occurrence

ZONES = (
    "Europe/Vienna", "Europe/London", "Asia/Beirut", "Africa/Cairo", "America/New_York", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Pacific/Chatham",
)  # fmt: skip
MINUTES = {"00:00": 0, "00:30": 30, "01:30": 90, "02:00": 120, "02:30": 150, "08:30": 510, "23:30": 1410}
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(3 * 366)]
EVERY_DAY = "1234567"


@dataclass(frozen=True)
class Table:
    zone: str
    minute: int
    weekdays: str = EVERY_DAY


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
    table = Table("Europe/Vienna", 420)
    assert latest_due(table, utc(2025, 2, 17, 5, 59)) == Run(date(2025, 2, 16), utc(2025, 2, 16, 6))
    assert latest_due(table, utc(2025, 2, 17, 6)) == Run(date(2025, 2, 17), utc(2025, 2, 17, 6))
    assert next_due(table, utc(2025, 2, 17, 5, 59)) == Run(date(2025, 2, 17), utc(2025, 2, 17, 6))
    assert next_due(table, utc(2025, 2, 17, 6)) == Run(date(2025, 2, 18), utc(2025, 2, 18, 6))


@pytest.mark.holds("M2")
@pytest.mark.parametrize("zone", ZONES)
def test_one_weekly_run_a_week(zone):
    table = Table(zone, 30, "7")
    run, found = next_due(table, utc(2024, 1, 1)), []
    while run.local_date < date(2027, 1, 1):
        found.append(run.local_date)
        run = next_due(table, run.ends_at)
    assert found == [
        day for day in (date(2024, 1, 7) + timedelta(weeks=n) for n in range(200)) if day.year < 2027
    ]


def test_the_week_whose_day_was_left_out_has_no_run():
    friday = Table("Pacific/Apia", 420, "5")
    before = latest_due(friday, utc(2011, 12, 31))
    assert before is not None
    assert (before.local_date, next_due(friday, utc(2011, 12, 31)).local_date) == (
        date(2011, 12, 23),
        date(2012, 1, 6),
    )


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 1439),
    weekdays=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: "".join(sorted(days))),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 1), timezones=st.just(UTC)),
)
@pytest.mark.holds("M2")
def test_windows_tile_at_whatever_time_one_asks(zone, minute, weekdays, now):
    table = Table(zone, minute, weekdays)
    last, following = latest_due(table, now), next_due(table, now)
    assert last is not None
    assert last.ends_at <= now < following.ends_at
    assert next_due(table, last.ends_at) == following
    assert latest_due(table, following.ends_at) == following
    assert last.local_date < following.local_date
