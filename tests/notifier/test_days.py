"""Figures by day, and the dashboard that shows them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from config import clock, roles
from feeds.models import Announcement, FeedDay
from feeds.selection import EVERYTHING, of
from notifier import days, tallies
from notifier.days import What
from notifier.interests import interest_for
from notifier.models import Cadence, DayCount, Delivery, Frequency, Reply, Subscriber
from tests.notifier.mailing import (
    MORNING,
    a_chain,
    a_dispatch,
    a_newsroom,
    a_release,
    a_topic,
    an_office,
    subscribers,
)
from tests.staff import account, words

pytestmark = pytest.mark.django_db
NOW = MORNING.replace(hour=12)
TODAY = NOW.date()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def newsroom(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()
    roles.sync()
    a_newsroom()
    a_topic("borders", "Border <b>management</b>")
    an_office("kyiv", "Kyiv office")


def follows(person, selection, frequency=Frequency.DAILY, **more):
    interest = interest_for(selection)
    return Cadence.objects.create(
        subscriber=person, frequency=frequency, chain=a_chain(frequency), interest=interest, minus=interest,
        language="en", since=NOW, joined_at=NOW, **more,
    )  # fmt: skip


def counted(what, slug="", day=TODAY):
    return DayCount.objects.filter(day=day, what=what, slug=slug).values_list("count", flat=True).first()


def test_how_many_follow_a_topic_and_an_office():
    ada, bob, eve = subscribers(3)
    follows(ada, of(["kyiv"], ["borders"]))
    follows(bob, of([], ["borders"]))
    follows(eve, EVERYTHING)
    follows(eve, of([], ["borders"]), Frequency.WEEKLY, paused_at=NOW)
    days.keep(NOW)
    assert counted(What.PEOPLE) == 3
    assert counted(What.TOPIC, "borders") == 2
    assert counted(What.OFFICE, "kyiv") == 1


def test_what_nobody_follows_any_more_is_not_counted_on():
    [ada] = subscribers(1)
    cadence = follows(ada, of([], ["borders"]))
    days.keep(NOW - 2 * HOUR)
    cadence.delete()
    days.keep(NOW)
    assert counted(What.TOPIC, "borders") is None
    assert days.read(TODAY, 2).level(What.TOPIC, "borders") == [None, 0]


def test_what_happened_on_a_day_is_counted_on_it():
    ada, bob, eve = subscribers(3)
    yesterday = NOW - DAY
    Announcement.objects.create(release_id=1, at=yesterday, seq=1)
    Announcement.objects.create(release_id=1, at=NOW, seq=2, before={"topics": []})  # it got a label
    Subscriber.objects.filter(pk=ada.pk).update(confirmed_at=yesterday)
    Subscriber.objects.filter(pk=bob.pk).update(left_at=NOW, state="left")
    for n, kind in enumerate(("hard", "soft", "complaint", "auto")):
        Reply.objects.create(subscriber=eve, dispatch_id=1, kind=kind, at=NOW, digest=str(n))
    days.keep(NOW)
    found = days.read(TODAY, 2)
    assert found.days == [TODAY - DAY, TODAY]
    assert {what: found.flow(what) for what in days.FLOWS} == {
        What.RELEASES: [1, 0], What.MESSAGES: [0, 0], What.JOINED: [1, 0], What.LEFT: [0, 1],
        What.BOUNCES: [0, 2], What.COMPLAINTS: [0, 1],
    }  # fmt: skip
    assert found.level(What.PEOPLE) == [None, 2]


def test_messages_are_those_sent_whether_their_dispatch_was_counted_or_not():
    a_dispatch(subscribers(3), [a_release()], made_at=NOW - DAY)
    Delivery.objects.all().update(state=Delivery.State.SENT, finished_at=NOW)
    going = a_dispatch(list(Subscriber.objects.all()), [a_release()], made_at=NOW)
    first = Delivery.objects.filter(dispatch_id=going.pk).order_by("subscriber_id").first()
    Delivery.objects.filter(dispatch_id=going.pk, subscriber_id=first.subscriber_id).update(
        state=3, finished_at=NOW
    )
    assert tallies.count(NOW) == 1
    days.keep(NOW)
    assert days.read(TODAY, 2).flow(What.MESSAGES) == [3, 1]


def test_a_dispatch_that_is_made_while_they_are_counted_waits_for_the_next_time():
    people, late = subscribers(2), []

    def made_after(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if not late and "counted_at" in sql and sql.startswith("SELECT"):
            late.append(a_dispatch(people, [a_release()], made_at=NOW))
            Delivery.objects.all().update(state=Delivery.State.SENT, finished_at=NOW)
        return found

    with connection.execute_wrapper(made_after):
        days.keep(NOW)
    assert late
    assert days.read(TODAY, 1).flow(What.MESSAGES) == [0]
    days.keep(NOW + HOUR)
    assert days.read(TODAY, 1).flow(What.MESSAGES) == [2]


def test_it_is_counted_once_in_an_hour_and_a_day_is_closed_after_its_end():
    assert days.keep(NOW)
    assert not days.keep(NOW + timedelta(minutes=59))
    Announcement.objects.create(release_id=1, at=NOW + 11 * HOUR, seq=1)
    assert days.keep(NOW + 13 * HOUR)
    assert counted(What.RELEASES) == 1
    assert DayCount.objects.filter(day=TODAY, what=What.PEOPLE).count() == 1


def test_days_on_which_no_scheduler_ran_are_made_up_for():
    days.keep(NOW)
    Announcement.objects.create(release_id=1, at=NOW + 5 * DAY, seq=1)
    days.keep(NOW + 10 * DAY)
    found = days.read(TODAY + 10 * DAY, 11)
    assert sum(found.flow(What.RELEASES)) == 1
    assert found.level(What.PEOPLE)[1:-1] == [None] * 9


def test_the_first_time_it_looks_back_as_far_as_makes_sense():
    Announcement.objects.create(release_id=1, at=NOW - 30 * DAY, seq=1)
    days.keep(NOW)
    assert counted(What.RELEASES, day=TODAY - 30 * DAY) == 1


# The page


def test_the_dashboard_shows_charts_with_the_same_in_a_table():
    [ada] = subscribers(1)
    follows(ada, of(["kyiv"], ["borders"]))
    days.keep(NOW)
    for back in range(3):
        DayCount.objects.update_or_create(
            day=TODAY - back * DAY, what=What.MESSAGES, slug="", defaults={"count": 1000 + back}
        )
    FeedDay.objects.create(day=TODAY, feed="all", requests=4321)
    Reply.objects.create(subscriber=ada, dispatch_id=1, kind="hard", at=NOW, digest="x")
    html = account().get("/admin/dashboard/?days=7").content.decode()
    page = words(html)
    for said in (
        "3,003 sent in 7 days.", "17 Feb 2025 0 1,000 0 0 0 0 1 4,321", "example.org 1 0", "Kyiv office 1 0",
        "daily 07:00 Europe/Vienna 1", "Tue 18 Feb, 06:00",
    ):  # fmt: skip
        assert said in page, said
    assert "Border &lt;b&gt;management" in html
    assert html.count('role="img"') == 6
    for figure in re.findall(r"<figure.*?</figure>", html, re.S):
        name = re.search(r'aria-describedby="([^"]+)"', figure)[1]
        assert f'id="{name}"' in figure
    assert "example.org" in page
    assert "person0@" not in html


def test_an_installation_of_today_has_a_dashboard_too():
    page = words(account().get("/admin/dashboard/?days=no").content.decode())
    assert "Nobody has counted them yet." in page
    assert "Nobody has chosen a digest yet." in page
    assert "Nothing came back in 30 days." in page


def test_the_page_asks_the_same_few_questions_however_many_people_there_are(django_assert_max_num_queries):
    for person in subscribers(30):
        follows(person, of([], ["borders"]))
    days.keep(NOW)
    client = account()
    with django_assert_max_num_queries(45):
        client.get("/admin/dashboard/?days=365")
    assert days.read(date(2025, 2, 17), 1).slugs(What.TOPIC) == ["borders"]
