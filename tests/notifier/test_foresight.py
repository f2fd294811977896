"""What a selection would have brought over the last 90 days: by hand-made days, and in a store."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from feeds.selection import EVERYTHING, Facts, Rule, Selection, of
from notifier import foresight, planner, recent, subscriptions
from notifier.cadences import Demand
from notifier.foresight import Past, foresee
from notifier.models import Schedule
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    daily,
    got,
    instant,
    person,
    release,
    topic,
    weekly,
)

TODAY = date(2025, 2, 17)  # a Monday
DAILY, WEEKLY = Demand(EVERYTHING, "UTC", (420,), "12345"), Demand(EVERYTHING, "UTC", (420,), "1")
TABLES = {"instant": None, "daily": DAILY, "weekly": WEEKLY}


def past(
    number: int, day: date, at: time | None = None, *topics: str, group: int = 0, silent: bool = False
) -> Past:
    facts = Facts(topics=frozenset(topics))
    instant = datetime.combine(day, at or time(12), UTC)
    return Past(number, group or number, day, instant, at is not None, silent, facts)


def foreseen(*releases: Past, selection: Selection = EVERYTHING, oldest: date | None = date(2020, 1, 1)):
    return foresee(selection, releases, TABLES, settling=timedelta(seconds=60), today=TODAY, oldest=oldest)


def counts(found) -> dict[str, int]:
    return {frequency: messages.count for frequency, messages in found.messages.items()}


def test_windows_that_would_have_had_something_are_counted():
    monday = date(2025, 2, 10)
    found = foreseen(
        past(1, monday, time(6, 59)), past(2, monday, time(7, 0)), past(3, monday + DAY, time(6, 0)),
        past(4, date(2025, 2, 14), time(9, 0)), past(5, date(2025, 2, 16), time(9, 0)),
    )  # fmt: skip
    assert counts(found) == {"instant": 5, "daily": 3, "weekly": 2}
    assert found.latest == (5, 4, 3)
    assert [found.messages[f].runs for f in ("instant", "daily", "weekly")] == [None, 64, 13]


def test_what_comes_while_an_alert_settles_leaves_as_one():
    at = [time(9, 0, s) for s in (0, 10, 59)] + [time(9, 1, 30), time(9, 2, 10), time(9, 5)]
    # 9:00:00 at once; two at 9:01:00; 9:01:30 at 9:02:00; 9:02:10 at 9:03:00; 9:05 at once
    assert counts(foreseen(*(past(n, TODAY, t) for n, t in enumerate(at, 1))))["instant"] == 5


def test_a_text_in_two_languages_is_one_and_what_is_silent_is_no_message():
    found = foreseen(
        past(1, TODAY, time(9)), past(2, TODAY, time(10), group=1), past(3, TODAY - DAY, time(9), silent=True)
    )
    assert (found.total, counts(found)["instant"]) == (2, 1)


def test_days_without_an_hour_are_messages_of_their_own():
    assert counts(foreseen(*(past(n, TODAY - DAY) for n in range(1, 5)))) == {
        "instant": 4,
        "daily": 1,
        "weekly": 1,
    }


def test_weeks_end_today_and_the_oldest_lacks_a_day():
    first = foresight.first_day(TODAY)
    found = foreseen(past(1, TODAY), past(2, TODAY - 6 * DAY), past(3, TODAY - 7 * DAY), past(4, first))
    assert (first, found.weeks) == (date(2024, 11, 20), (1, *[0] * 10, 1, 2))
    assert (found.days, found.known, round(found.a_week, 3)) == (90, 13, 0.311)


@pytest.mark.parametrize(("days", "enough"), [(0, False), (12, False), (13, True), (500, True)])
def test_a_short_history_does_not_tell(days, enough):
    found = foreseen(past(1, TODAY), oldest=TODAY - days * DAY)
    assert (found.enough, found.tells) == (enough, enough)
    assert not foreseen(oldest=None).enough


@pytest.mark.django_db
@pytest.mark.holds("P3")
def test_it_is_what_somebody_who_was_there_was_sent():
    """Three people live through five weeks; what each was sent is what had been foreseen for them."""
    Schedule.objects.bulk_create([
        Schedule(frequency="instant", settling_seconds=60),
        Schedule(frequency="daily", times="07:00", weekdays="12345"),
        Schedule(frequency="weekly", times="07:00", weekdays="1"),
    ])  # fmt: skip
    begin = NOW - 35 * DAY
    release(at=begin - DAY)  # the store is older
    chosen = of(topics=["border"])
    kinds = {"instant": instant, "daily": daily, "weekly": weekly}
    people = {name: person(wish(chosen), now=begin) for name, wish in kinds.items()}
    subscriptions.change(people["daily"], now=begin, weekdays="12345")
    at = begin
    for step in (
        3 * HOUR,
        30 * SECOND,
        20 * SECOND,
        26 * HOUR,
        61 * HOUR,
        9 * HOUR,
        100 * HOUR,
        40 * SECOND,
    ) * 3:
        at += step
        release("border" if step != 9 * HOUR else "media", at=at)
        planner.plan(at)
        planner.plan(at + 61 * SECOND)
    end = at + 8 * DAY
    while at < end:
        at += 6 * HOUR
        planner.plan(at)
    found = recent.foresee(chosen, Schedule.objects.all(), "UTC", end)
    assert counts(found) == {name: len(got(someone)) for name, someone in people.items()}
    assert found.total == sum(map(len, got(people["weekly"])))


@pytest.mark.django_db
def test_words_are_looked_up_only_where_they_are_asked_for_and_the_store_is_read_once(
    django_assert_num_queries,
):
    release("border", title="Guards at the border")
    release("border", title="Something else")
    recent.foresee(EVERYTHING, [Schedule(frequency="instant")], "UTC", NOW)
    with django_assert_num_queries(3):
        recent.foresee(topic("border"), [Schedule(frequency="instant")], "UTC", NOW)
    worded = recent.foresee(
        Selection((Rule(words=("guards",)),)), [Schedule(frequency="instant")], "UTC", NOW
    )
    assert worded.total == 1
    release("border", title="More guards")
    again = recent.foresee(Selection((Rule(words=("guards",)),)), [Schedule(frequency="instant")], "UTC", NOW)
    assert again.total == 2


@pytest.mark.django_db
def test_the_last_three_are_found_even_where_they_are_older():
    from feeds import membership

    old = [release("border", at=NOW, published_on=(NOW - days * DAY).date()) for days in (400, 300, 200, 150)]
    membership.keep(NOW)
    found = recent.foresee(topic("border"), [Schedule(frequency="daily")], "UTC", NOW)
    assert (found.total, found.days) == (0, 90)
    assert [r.pk for r in recent.latest(topic("border"), found)] == [old[3], old[2], old[1]]
