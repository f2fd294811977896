"""Runs at once, and what is announced, edited, labelled or withdrawn at the very edge of a window."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feeds import notice
from feeds.models import Release, Topic
from feeds.selection import of
from notifier import planner, subscriptions
from notifier.models import Dispatch, Settling
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TODAY,
    daily,
    got,
    instant,
    label,
    person,
    reasons,
    release,
    topic,
    weekly,
)  # fmt: skip

TOMORROW = NOW + DAY  # after 07:00 in any zone used here

pytestmark = pytest.mark.django_db


# The window's edges


@pytest.mark.holds("M3")
def test_announced_at_the_windows_end_is_in_the_next_one():
    reader, end = person(daily()), NOW.replace(hour=7) + DAY
    last, at_end = release(at=end - SECOND), release(at=end)
    planner.plan(end)
    assert got(reader) == [[last]]
    planner.plan(end + DAY)
    assert got(reader) == [[last], [at_end]]


@pytest.mark.holds("M3")
def test_a_clock_that_is_behind_announces_nothing_into_a_window_that_is_planned():
    reader, end = person(daily()), NOW.replace(hour=7) + DAY
    planner.plan(end + MINUTE)
    late = release(at=end - MINUTE)
    planner.plan(end + DAY)
    assert got(reader) == [[late]]


@pytest.mark.holds("M3")
def test_back_dated_within_the_age_that_is_announced():
    reader = person(daily())
    planner.plan(TOMORROW)
    found = release(at=TOMORROW + HOUR, published_on=TODAY - timedelta(days=5))
    release(at=TOMORROW + HOUR, published_on=TODAY - timedelta(days=8))
    planner.plan(TOMORROW + DAY)
    assert got(reader) == [[found]]


@pytest.mark.holds("M3")
def test_labelled_late_it_reaches_those_who_match_only_now_and_have_not_had_it():
    everything, media = person(daily()), person(daily(topic("media")))
    border, either = person(daily(topic("border"))), person(daily(of(topics=["border", "media"])))
    found = release("media")
    planner.plan(TOMORROW)
    label(found, "border", at=TOMORROW)
    changed = subscriptions.change(media, [daily(topic("border"))], now=TOMORROW)  # had it as media
    planner.plan(TOMORROW + DAY)
    planner.plan(TOMORROW + 2 * DAY)
    assert [got(p) for p in (everything, changed, border, either)] == [[[found]]] * 4
    assert reasons(border) == {found: [["topic", "border"]]}


@pytest.mark.holds("M3")
def test_an_embargoed_release_comes_when_it_is_out():
    reader = person(instant())
    found = release(at=NOW, visible_at=NOW + HOUR)
    assert planner.plan(NOW) == []
    notice.release_due(NOW + HOUR)
    notice.take(NOW + HOUR)
    planner.plan(NOW + HOUR)
    assert got(reader) == [[found]]


@pytest.mark.holds("M3")
def test_withdrawn_before_planning_it_goes_to_nobody():
    reader = person(daily())
    gone, stays = release(), release(at=NOW + SECOND)
    Release.objects.filter(pk=gone).update(state="withdrawn")
    notice.take(NOW + MINUTE)
    planner.plan(TOMORROW)
    assert got(reader) == [[stays]]


@pytest.mark.holds("M3")
def test_what_was_passed_over_at_once_while_it_was_withdrawn_comes_in_the_digest():
    reader = person(instant(topic("border")), daily())
    found = release("border")
    Release.objects.filter(pk=found).update(state="withdrawn")
    notice.take(NOW)
    planner.plan(NOW)
    Release.objects.filter(pk=found).update(state="published")
    notice.take(NOW + HOUR)
    planner.plan(NOW + HOUR)
    assert got(reader) == []
    planner.plan(TOMORROW)
    assert got(reader) == [[found]]


@pytest.mark.holds("M3")
def test_edited_after_it_was_announced_it_comes_once_in_its_present_state():
    reader = person(daily(), weekly(weekday="3"))
    found = release(title="As it was")
    planner.plan(TOMORROW)
    Release.objects.filter(pk=found).update(title="As it should be")
    notice.take(TOMORROW)
    planner.plan(TOMORROW + 2 * DAY)
    assert got(reader) == [[found]]


# At once


def test_what_is_announced_at_this_very_instant_leaves_at_once():
    reader = person(instant())
    found = release(at=NOW)
    assert len(planner.plan(NOW)) == 1
    assert got(reader) == [[found]]
    assert planner.plan(NOW) == []


def test_a_run_at_once_that_fits_nobody_leaves_no_dispatch():
    person(instant(topic("border")))
    release("media")
    assert planner.plan(NOW) == []
    assert not Dispatch.objects.exists()
    assert planner.due(NOW) == []


def test_what_follows_within_the_settling_time_waits_and_leaves_as_one():
    reader, other = person(instant(topic("border"))), person(instant(topic("media")))
    first = release("border")
    planner.plan(NOW)
    second = release("border", at=NOW + 10 * SECOND)
    planner.plan(NOW + 10 * SECOND)
    media = release("media", at=NOW + 20 * SECOND)
    third = release("border", at=NOW + 20 * SECOND)
    planner.plan(NOW + 20 * SECOND)
    assert (got(reader), got(other)) == ([[first]], [[media]])
    planner.plan(NOW + 59 * SECOND)
    assert got(reader) == [[first]]
    planner.plan(NOW + 60 * SECOND)
    assert got(reader) == [[first], [third, second]]
    assert planner.plan(NOW + HOUR) == []


@pytest.mark.parametrize("gone", ["youth", "media", ""])
def test_a_label_that_goes_while_alerts_settle_over_a_digest_loses_nothing(gone):
    """What waits for the end of the settling is taken from the digest: it must not fall between the two."""
    reader = person(instant(topic("youth")), daily(topic("media")))
    seven = NOW.replace(hour=7) + DAY
    first = release("youth", at=seven - 40 * SECOND)
    planner.plan(seven - 40 * SECOND)
    second = release("youth", "media", at=seven - 20 * SECOND)
    planner.plan(seven - 20 * SECOND)
    assert got(reader) == [[first]]
    planner.plan(seven)
    Release.objects.get(pk=second).topics.remove(*Topic.objects.filter(slug=gone))
    notice.take(seven + 10 * SECOND)
    for later in (20 * SECOND, MINUTE, HOUR, DAY):
        planner.plan(seven + later)
    assert got(reader) == [[first], [second]]


def test_one_who_joins_a_settling_interest_gets_what_is_announced_from_then_on():
    early = person(instant())
    release()
    planner.plan(NOW)
    second = release(at=NOW + 10 * SECOND)
    late = person(instant(), now=NOW + 20 * SECOND)
    third = release(at=NOW + 30 * SECOND)
    planner.plan(NOW + 61 * SECOND)
    assert got(early)[1:] == [[third, second]]
    assert got(late) == [[third]]


def test_a_clock_that_is_set_back_does_not_hold_alerts():
    reader = person(instant(), now=NOW - DAY)
    first = release(at=NOW)
    planner.plan(NOW)
    second = release(at=NOW - HOUR)
    planner.plan(NOW - HOUR)
    assert got(reader) == [[first], [second]]


def test_settlings_of_interests_that_got_nothing_more_are_forgotten():
    person(instant(topic("border")))
    person(instant(topic("media")))
    release("border")
    planner.plan(NOW)
    release("media", at=NOW + HOUR)
    planner.plan(NOW + HOUR)
    kept = Settling.objects.get()
    assert kept.interest.selection == topic("media").to_json()
