"""What is due, who gets what in it, and that neither killing nor repeating changes anything."""

from __future__ import annotations

import random
import threading
from contextlib import closing
from datetime import date

import pytest
from django.db import connection, transaction

from feeds import notice, store
from feeds.models import Announcement, Newsroom, Release
from feeds.selection import EVERYTHING, UNTAGGED, of, union
from feeds.wake import open_wake
from notifier import planner, subscriptions
from notifier.models import Cadence, Chain, Delivery, Dispatch, Edition, EditionRelease, Match
from notifier.planner import DueRun
from notifier.planning import filling
from notifier.subscriptions import Wish
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
    person,
    reasons,
    release,
    topic,
    weekly,
)  # fmt: skip

TOMORROW = NOW + DAY  # after 07:00 in any zone used here

pytestmark = pytest.mark.django_db


# What is due


def test_nothing_is_due_before_the_hour_and_one_run_for_each_local_hour_after():
    person(daily(), zone="Europe/Vienna")
    person(daily(), zone="Europe/Vienna")
    person(daily(), zone="Asia/Kathmandu")
    first = NOW.replace(hour=1, minute=15) + DAY
    assert planner.due(first - SECOND) == []
    kathmandu = Chain.objects.get(zone="Asia/Kathmandu")
    assert planner.due(first) == [
        DueRun("daily", "Asia/Kathmandu", 420, TODAY + DAY, NOW, first, kathmandu.pk)
    ]
    assert [run.zone for run in planner.due(first + 5 * HOUR)] == ["Asia/Kathmandu", "Europe/Vienna"]
    assert planner.due(first) == planner.due(first)


def test_a_chain_in_which_nobody_is_left_has_no_runs():
    leaver = person(daily())
    subscriptions.leave(leaver, NOW + HOUR)
    assert planner.due(TOMORROW) == []


@pytest.mark.holds("M2")
def test_several_missed_runs_become_one():
    reader = person(daily())
    found = [release(at=NOW + n * DAY) for n in range(3)]
    assert len(planner.plan(NOW + 3 * DAY)) == 1
    assert got(reader) == [found[::-1]]
    run = Dispatch.objects.get()
    assert (run.starts_at, run.ends_at, run.local_date) == (
        NOW,
        NOW.replace(hour=7) + 3 * DAY,
        TODAY + 3 * DAY,
    )


def test_a_run_without_news_sends_nothing_and_is_made_once():
    reader = person(daily())
    assert len(planner.plan(TOMORROW)) == 1
    assert planner.plan(TOMORROW) == []
    assert got(reader) == []
    assert Dispatch.objects.get().state == Dispatch.State.READY


def test_a_local_date_has_one_run_even_if_the_rules_of_its_zone_move_it():
    person(daily())
    planner.plan(TOMORROW)
    Chain.objects.update(
        served_until=NOW.replace(hour=6) + DAY
    )  # as if the run had been at 06:00 by the old rules
    assert planner.due(TOMORROW) == []


# Who gets what


@pytest.mark.holds("M1")
def test_several_topics_bring_a_release_once_with_all_its_matching_topics_named():
    reader = person(daily(topic("border")), daily(topic("media")), daily(topic("youth")))
    found = release("border", "media", "policing")
    planner.plan(TOMORROW)
    assert got(reader) == [[found]]
    assert reasons(reader) == {found: [["topic", "border"], ["topic", "media"]]}


@pytest.mark.holds("M1")
def test_what_came_at_once_is_not_in_the_digest_and_a_digest_without_news_is_no_message():
    reader = person(instant(topic("border")), daily(), weekly(weekday="3"))
    fast, slow = release("border"), release("media", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    planner.plan(TOMORROW)
    planner.plan(TOMORROW + DAY)
    assert got(reader) == [[fast], [slow]]


def test_untagged_is_a_choice():
    reader = person(instant(of([UNTAGGED], ["border"])))
    found = [release(), release("border", at=NOW + SECOND), release("media", at=NOW + 2 * SECOND)]
    planner.plan(NOW + MINUTE)
    assert got(reader) == [[found[1], found[0]]]


@pytest.mark.holds("M1")
def test_a_language_group_comes_once_in_ones_own_language():
    Newsroom.objects.bulk_create([Newsroom(pk=1, language="en")])
    reader, lecteur, leser = (person(daily(), language=language) for language in ("en", "fr", "de"))
    english = release(language="en")
    french = release(language="fr", translation_of_id=english, at=NOW + HOUR)
    planner.plan(TOMORROW)
    newcomer = person(daily(), now=TOMORROW)
    russian = release(language="ru", translation_of_id=english, at=TOMORROW + HOUR)
    planner.plan(TOMORROW + DAY)
    assert (got(reader), got(lecteur), got(leser)) == ([[english]], [[french]], [[english]])
    assert got(newcomer) == [[russian]]


@pytest.mark.holds("M1")
def test_a_translation_that_came_at_once_keeps_the_original_out_of_a_digest_that_is_planned_late():
    reader = person(daily(of(topics=["border", "media"])), instant(topic("border")))
    original = release("media")
    translation = release("border", at=NOW.replace(hour=8) + DAY, language="fr", translation_of_id=original)
    planner.plan(NOW.replace(hour=9) + DAY)
    planner.plan(NOW + 2 * DAY)
    assert got(reader) == [[translation]]


@pytest.mark.holds("M1")
def test_a_translation_of_what_came_at_once_and_was_withdrawn_then_is_not_in_the_digest():
    reader = person(daily(of(topics=["border", "media"])), instant(topic("media")))
    original = release("media")
    planner.plan(NOW)
    Release.objects.filter(pk=original).update(state="withdrawn")
    release("border", at=NOW + HOUR, language="fr", translation_of_id=original)
    planner.plan(TOMORROW)
    assert got(reader) == [[original]]


def test_equal_content_is_one_edition_and_its_releases_are_recorded():
    everything, both = person(daily()), person(daily(of(topics=["border", "media"])))
    first, second = person(daily(topic("border"))), person(weekly(topic("border"), weekday="2"))
    found = release("border", "media")
    planner.plan(TOMORROW)
    editions = Edition.objects.all()
    assert sorted(edition.content[0]["because"] for edition in editions) == [
        [["all", ""]],
        [["topic", "border"]],
        [["topic", "border"]],  # of another dispatch
        [["topic", "border"], ["topic", "media"]],
    ]
    assert {(row.release_id, row.group) for row in EditionRelease.objects.all()} == {(found, found)}
    assert all(got(reader) == [[found]] for reader in (everything, both, first, second))
    planner.plan(TOMORROW + HOUR)
    assert Delivery.objects.count() == 4


def test_a_delivery_tells_lane_edition_and_what_had_been_chosen():
    reader = person(instant(topic("border")))
    release("border")
    (dispatch,) = planner.plan(NOW)
    row = Delivery.objects.get()
    assert (row.dispatch_id, row.subscriber_id, row.state) == (dispatch, reader.pk, Delivery.State.PENDING)
    assert (row.lane, row.interest_id) == (Dispatch.Lane.ALERT, reader.cadences.get().interest_id)
    edition = Edition.objects.get(pk=row.edition_id)
    assert (edition.layout, edition.language, edition.dispatch_id) == ("alert", "en", dispatch)
    assert Dispatch.objects.get().made_at == NOW


# Killed, repeated, at the same time


def ten_people() -> list:
    people = [person(daily(topic(("border", "media")[n % 2]))) for n in range(9)]
    return [*people, person(daily())]


def ledger() -> list[tuple[int, int, list[int]]]:
    editions = dict(Edition.objects.values_list("pk", "content"))
    rows = Delivery.objects.order_by("dispatch_id", "subscriber_id")
    return [(row.subscriber_id, row.lane, [i["release"] for i in editions[row.edition_id]]) for row in rows]


def uninterrupted() -> list[tuple[int, int, list[int]]]:
    """What the ledger would say if nothing went wrong."""
    with transaction.atomic():
        planner.plan(TOMORROW)
        found = ledger()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("ranges", [0, 1, 3, 99])
def test_killed_between_any_two_steps_and_resumed_equals_uninterrupted(ranges):
    ten_people()
    release("border")
    expected = uninterrupted()
    assert len(expected) == 6
    (run,) = planner.due(TOMORROW)
    notice.advance(run.ends_at)
    dispatch = planner.begin(run, TOMORROW)
    assert dispatch is not None
    for _ in range(ranges):
        filling.fill_range(dispatch, 2)
    assert Dispatch.objects.get().state == Dispatch.State.FILLING
    assert planner.begin(run, TOMORROW) is None
    assert planner.plan(TOMORROW + HOUR) == [dispatch]
    assert Dispatch.objects.get().state == Dispatch.State.READY
    assert ledger() == expected


def test_planned_twice_equals_once():
    ten_people()
    release("border")
    planner.plan(TOMORROW)
    before = ledger()
    (run,) = [DueRun("daily", "UTC", 420, TODAY + DAY, NOW, TOMORROW, Chain.objects.get().pk)]
    assert planner.begin(run, TOMORROW) is None
    assert planner.plan(TOMORROW) == []
    assert not filling.fill_range(Dispatch.objects.get().pk, 5)
    assert ledger() == before


def test_nothing_begins_while_a_dispatch_is_not_filled():
    ten_people()
    person(instant())
    release("border")
    alert, digest = planner.due(TOMORROW)
    assert (alert.frequency, digest.frequency) == ("instant", "daily")
    notice.advance(alert.ends_at)
    assert planner.begin(alert, TOMORROW) is not None
    assert planner.begin(digest, TOMORROW) is None


def test_a_change_while_a_dispatch_is_filled_is_handed_what_it_holds():
    people = ten_people()
    found = release("border")
    (run,) = planner.due(TOMORROW)
    notice.advance(run.ends_at)
    dispatch = planner.begin(run, TOMORROW)
    assert dispatch is not None
    filling.fill_range(dispatch, 2)
    subscriptions.change(people[8], [daily(topic("policing"))], now=TOMORROW)  # had chosen border
    subscriptions.change(people[7], [daily(topic("border"))], now=TOMORROW)  # had chosen media
    planner.plan(TOMORROW)
    planner.plan(TOMORROW + DAY)
    assert got(people[8]) == [[found]]
    assert got(people[7]) == []


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_make_each_run_once():
    ten_people()
    person(instant())
    person(weekly(weekday="2"), zone="Europe/Vienna")
    release("border")
    done, faults, barrier = [], [], threading.Barrier(2)

    def plan() -> None:
        try:
            barrier.wait(10)
            done.extend(planner.plan(TOMORROW))
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    planners = [threading.Thread(target=plan) for _ in range(2)]
    for thread in planners:
        thread.start()
    for thread in planners:
        thread.join()
    assert faults == []
    planner.plan(TOMORROW)
    assert set(Dispatch.objects.values_list("state", flat=True)) == {Dispatch.State.READY}
    assert Dispatch.objects.count() == 3
    assert Delivery.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_senders_are_woken_when_a_dispatch_is_ready():
    person(instant(topic("youth")))
    release("youth", at=NOW + SECOND)
    dispatch = planner.begin(planner.due(NOW + SECOND)[0], NOW + SECOND)
    with closing(open_wake()) as woken:
        while woken.wait(0.1):  # what was before
            pass
        planner.complete(dispatch, NOW + SECOND)
        assert woken.wait(10)


# By interest equals by subscriber


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.holds("M1")
def test_by_interest_equals_by_subscriber(seed):
    """Thirty people with random wishes, some joined within the window, against each person looked at alone."""
    chance = random.Random(seed)
    people, topics = [], ("a", "b", "c", "d")

    def join(now) -> None:
        chosen = [of(topics=chance.sample(topics, chance.randint(1, 3))) for _ in range(chance.randint(1, 3))]
        people.append(
            person(*(Wish(s, "daily", 420) for s in chosen), now=now, language=chance.choice(["en", "fr"]))
        )

    for minute in range(20):
        if minute % 2 == 0:
            join(NOW + minute * MINUTE)
        group = release(*chance.sample(topics, chance.randint(0, 2)), at=NOW + minute * MINUTE + SECOND)
        if chance.random() < 0.3:
            release(
                *chance.sample(topics, 2),
                at=NOW + minute * MINUTE + SECOND,
                language="fr",
                translation_of_id=group,
            )
    planner.plan(TOMORROW)
    announced = list(Announcement.objects.order_by("at", "pk").values_list("release_id", "at"))
    shown = store.load(release_id for release_id, _ in announced)
    for reader in people:
        wanted = union(wish.selection for wish in subscriptions.wishes_of(reader))
        since = Cadence.objects.get(subscriber=reader).since
        expected: dict[int, list[int]] = {}
        for release_id, at in announced:
            if at >= since and wanted.matches(store.facts(shown[release_id])):
                expected.setdefault(shown[release_id].standing.group, []).append(release_id)
        messages = got(reader)
        assert len(messages) == bool(expected)
        given = messages[0] if messages else []
        assert len(given) == len(expected)
        for versions in expected.values():
            (chosen,) = set(versions) & set(given)
            if len(versions) == 2:
                assert store.facts(shown[chosen]).language == reader.language


def test_what_one_audience_shares_costs_by_interest_and_not_by_person(django_assert_max_num_queries):
    for _ in range(12):
        person(daily(EVERYTHING))
    release()
    with django_assert_max_num_queries(70):
        planner.plan(TOMORROW)
    assert Match.objects.count() == Edition.objects.count() == 1
    assert Delivery.objects.count() == 12


def test_a_day_of_its_own_for_those_who_chose_working_days():
    reader = person(Wish(EVERYTHING, "daily", 420, "12345"))
    friday, saturday = (release(at=NOW + n * DAY) for n in (4, 5))
    for n in range(1, 9):
        planner.plan(NOW + n * DAY)
    assert got(reader) == [[saturday, friday]]
    assert date(2025, 2, 24) in Dispatch.objects.values_list("local_date", flat=True)
