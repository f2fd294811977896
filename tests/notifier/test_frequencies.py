"""Several times a day, by the month, too late, and digests that repeat what came at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notifier import planner, subscriptions
from notifier.models import Dispatch, Frequency, Schedule
from notifier.models.dispatch import Chain
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    counted,
    daily,
    got,
    instant,
    label,
    monthly,
    person,
    release,
    several,
    topic,
    weekly,
)  # fmt: skip

SEVEN = NOW.replace(hour=7) + DAY
ALERT, DIGEST = Dispatch.Lane.ALERT, Dispatch.Lane.DIGEST

pytestmark = pytest.mark.django_db


def offer(frequency: str, **values: object) -> None:
    Schedule.objects.bulk_create([Schedule(frequency=frequency, **values)])


# Frequencies


@pytest.mark.holds("M2")
def test_several_a_day_are_a_dispatch_each_and_tile_the_day():
    offer("several", times="08:00 13:00 18:00")
    reader = person(several(), zone="Europe/Vienna")
    found = []
    for hours in (0.5, 3, 8, 21):  # from 13:30 in Vienna on
        found.append(release(at=NOW + timedelta(hours=hours)))
        planner.plan(NOW + timedelta(hours=hours))
    planner.plan(NOW + DAY)
    assert got(reader) == [[found[0], found[1]][::-1], [found[2]], [found[3]]]
    runs = Dispatch.objects.order_by("pk").values_list("local_date", "minute")
    assert list(runs) == [(TODAY, 1080), (TODAY + DAY, 480), (TODAY + DAY, 780)]


def test_several_missed_runs_of_one_day_are_one_message():
    offer("several", times="08:00 13:00 18:00")
    reader = person(several())
    first, second = release(at=NOW + HOUR / 2), release(at=NOW + 2 * HOUR)
    assert len(planner.plan(NOW + 7 * HOUR)) == 1
    assert got(reader) == [[second, first]]
    assert planner.plan(NOW + 7 * HOUR) == []


@pytest.mark.holds("M2")
def test_times_that_a_gap_makes_fall_together_are_one_dispatch():
    offer("several", times="02:00 02:30 08:00")
    before = NOW.replace(month=3, day=29)
    reader = person(several(), zone="Europe/Vienna", now=before)
    found = release(at=before + HOUR)
    gap = before.replace(day=30, hour=1)
    for minutes in (0, 30, 60):
        planner.plan(gap + timedelta(minutes=minutes))
    assert got(reader) == [[found]]
    assert list(Dispatch.objects.values_list("local_date", "minute")) == [(date(2025, 3, 30), 120)]


@pytest.mark.holds("M2")
@pytest.mark.parametrize(("monthday", "run"), [(1, date(2025, 3, 1)), (31, date(2025, 2, 28))])
def test_once_a_month(monthday, run):
    reader = person(monthly(monthday=monthday))
    found = release()
    due = NOW.replace(month=run.month, day=run.day, hour=7)
    assert planner.plan(due - MINUTE) == []
    planner.plan(due)
    assert got(reader) == [[found]]
    assert Dispatch.objects.get().local_date == run


def test_a_release_comes_by_the_quickest_that_selects_it():
    offer("several", times="13:00")
    reader = person(monthly(), weekly(topic("media")), daily(topic("border")), several(topic("youth")))
    youth, border = release("youth", "border", at=NOW), release("border", "media", at=NOW)
    media, other = release("media", at=NOW), release(at=NOW)
    for now in (NOW + HOUR, SEVEN, SEVEN + 6 * DAY, NOW.replace(month=3, day=1, hour=7)):
        planner.plan(now)
    assert got(reader) == [[youth], [border], [media], [other]]


@pytest.mark.parametrize("monthday", [0, 29, 30, 32, -1])
def test_a_month_has_28_days_and_a_last_one(monthday):
    with pytest.raises(subscriptions.BadWish, match="1 to 28, or 31"):
        person(monthly(monthday=monthday))


# Too late


@pytest.mark.parametrize(
    ("wish", "hours"), [(daily(), 6), (several(), 2), (weekly(weekday="2"), 48), (monthly(monthday=18), 120)]
)
def test_what_is_found_due_too_late_comes_with_the_next_run(wish, hours):
    offer(wish.frequency, times="07:00", too_late_hours=hours)
    reader = person(wish)
    first = release(at=NOW + HOUR)
    late = SEVEN + hours * HOUR
    assert [run.ends_at for run in planner.due(late)] == [SEVEN]
    assert planner.due(late + MINUTE) == []
    assert planner.plan(late + MINUTE) == []
    second = release(at=late + MINUTE)
    chain = Chain.objects.get()
    assert chain.served_until == NOW
    following = planner.windows.next_due(chain, late).ends_at
    planner.plan(following)
    assert got(reader) == [[second, first]]
    assert Dispatch.objects.get().starts_at == NOW


def test_alerts_are_never_too_late():
    offer("instant")
    reader = person(instant())
    found = release()
    planner.plan(NOW + 10 * DAY)
    assert got(reader) == [[found]]


def test_a_run_that_was_begun_in_time_is_finished_however_late():
    offer("daily", too_late_hours=6)
    reader = person(daily())
    found = release()
    (run,) = planner.due(SEVEN)
    planner.notice.advance(run.ends_at)
    planner.begin(run, SEVEN)
    planner.plan(SEVEN + 10 * HOUR)
    assert got(reader) == [[found]]


# Digests that repeat what came at once


@pytest.mark.holds("M1")
def test_what_came_at_once_comes_once_more_in_the_digest_of_who_wants_both():
    border = instant(topic("border"))
    both, usual = person(border, daily(), repeat_alerts=True), person(border, daily())
    found, other = release("border"), release("media")
    planner.plan(NOW)
    for days in range(3):
        planner.plan(SEVEN + days * DAY)
    assert got(both) == [[found], [found, other]]
    assert got(usual) == [[found], [other]]


def test_of_several_digests_only_the_quickest_repeats():
    offer("several", times="13:00")
    reader = person(instant(), several(), daily(), monthly(), repeat_alerts=True)
    found = release()
    planner.plan(NOW)
    for now in (NOW + HOUR, SEVEN, NOW.replace(month=3, day=1, hour=7)):
        planner.plan(now)
    assert (got(reader, ALERT), got(reader, DIGEST)) == ([[found]], [[found]])


@pytest.mark.parametrize("beforehand", [True, False])
def test_the_wish_for_both_holds_for_what_the_next_digest_owes(beforehand):
    """Whoever ticks it finds in the next digest what came at once before; whoever takes it back does not."""
    reader = person(instant(), daily(), repeat_alerts=beforehand)
    found = release()
    planner.plan(NOW)
    subscriptions.change(reader, repeat_alerts=not beforehand, now=NOW + HOUR)
    planner.plan(SEVEN)
    assert got(reader, DIGEST) == ([] if beforehand else [[found]])


def test_what_came_in_a_digest_does_not_come_at_once_later_even_to_who_wants_both():
    reader = person(instant(topic("border")), daily(), repeat_alerts=True)
    found = release("media")
    planner.plan(SEVEN)
    label(found, "border", at=SEVEN + HOUR)
    planner.plan(SEVEN + HOUR)
    planner.plan(SEVEN + DAY)
    assert got(reader) == [[found]]


def test_both_goes_on_through_other_changes_and_a_pause():
    reader = person(instant(), daily(), repeat_alerts=True)
    subscriptions.change(reader, zone="Europe/Vienna", now=NOW + MINUTE)
    subscriptions.change(reader, [instant(topic("border")), weekly(weekday="2")], now=NOW + 2 * MINUTE)
    subscriptions.pause(reader, NOW + 3 * MINUTE)
    found = release("border", at=NOW + HOUR)
    subscriptions.resume(reader, NOW + 2 * HOUR, missed=True)
    planner.plan(NOW + 2 * HOUR)
    planner.plan(SEVEN)
    assert (counted(reader, ALERT)[found], counted(reader, DIGEST)[found]) == (1, 1)
    assert reader.cadences.get(frequency=Frequency.WEEKLY).repeat_alerts
