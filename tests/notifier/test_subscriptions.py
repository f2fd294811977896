"""Asking, confirming, changing, pausing, leaving, coming back."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.db import connection

from feeds import notice
from feeds.selection import EVERYTHING, NOTHING, Selection, of
from notifier import addresses, cadences, planner, subscriptions
from notifier.cadences import Owed
from notifier.matching import Candidate
from notifier.models import Cadence, Chain, Delivery, Schedule, Subscriber, Subscription
from notifier.subscriptions import BadWish, Wish
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    daily,
    got,
    instant,
    person,
    release,
    topic,
    weekly,
)  # fmt: skip
from tests.notifier.test_matching import candidate

pytestmark = pytest.mark.django_db

WAY = {"language": "en", "zone": "Europe/Vienna", "origin": "page"}
State = Subscriber.State


def ask(address: str, *wishes: Wish, now: datetime = NOW) -> Subscriber:
    return subscriptions.ask(address, wishes, **WAY, now=now)


def when(subscriber: Subscriber, frequency: str = "daily") -> tuple[str, int, str]:
    chain = subscriber.cadences.get(frequency=frequency).chain
    return chain.zone, chain.minutes[0], chain.weekdays


# Asking


def test_one_who_asks_is_pending_and_gets_nothing_until_they_confirm():
    alice = ask(" Alice@Example.org", daily(topic("border")))
    assert (alice.state, alice.domain, alice.zone, alice.confirmed_at) == (
        State.PENDING, "example.org", "Europe/Vienna", None,
    )  # fmt: skip
    assert addresses.decrypt(alice.address) == "alice@example.org"
    assert not alice.cadences.exists()
    confirmed = subscriptions.confirm(alice.pk, NOW + HOUR)
    assert (confirmed.state, confirmed.confirmed_at) == (State.ACTIVE, NOW + HOUR)
    cadence = alice.cadences.get()
    assert (cadence.since, cadence.joined_at, cadence.language) == (NOW + HOUR, NOW + HOUR, "en")
    assert cadence.interest.selection == topic("border").to_json()


def test_a_new_wish_replaces_what_is_pending():
    ask("alice@example.org", daily(topic("border")), instant())
    alice = ask("ALICE@example.org", weekly(topic("media")))
    assert subscriptions.wishes_of(alice) == [weekly(topic("media"))]
    assert Subscription.objects.count() == 1


def test_asking_for_an_active_address_changes_nothing():
    alice = subscriptions.confirm(ask("alice@example.org", daily(topic("border"))), NOW)
    again = ask("alice@example.org", instant(), now=NOW + DAY)
    assert (again.pk, again.state) == (alice.pk, State.ACTIVE)
    assert subscriptions.wishes_of(alice) == [daily(topic("border"))]


def test_confirming_twice_is_confirming_once_and_whoever_left_stays_away():
    alice = subscriptions.confirm(ask("alice@example.org", daily()), NOW)
    subscriptions.confirm(alice, NOW + DAY)
    assert (alice.confirmed_at, alice.cadences.get().since) == (NOW, NOW)
    subscriptions.leave(alice, NOW + DAY)
    assert subscriptions.confirm(alice, NOW + DAY).state == State.LEFT


@pytest.mark.django_db(transaction=True)
def test_two_requests_for_one_address_at_once_are_one_subscriber():
    barrier, faults = threading.Barrier(2), []

    def request() -> None:
        try:
            barrier.wait(10)
            ask("alice@example.org", daily(), instant())
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    requests = [threading.Thread(target=request) for _ in range(2)]
    for thread in requests:
        thread.start()
    for thread in requests:
        thread.join()
    assert faults == []
    assert Subscriber.objects.count() == 1
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize(
    ("wishes", "complaint"),
    [
        ([], "nothing was chosen"),
        ([Wish(EVERYTHING, "hourly")], "expected one of instant, several, daily, weekly, monthly"),
        ([Wish(NOTHING, "daily")], "selects nothing"),
        ([Wish(EVERYTHING, "daily", 1440)], "0 to 1439"),
        ([Wish(EVERYTHING, "weekly", 0, "8")], "1 \\(Monday\\) to 7"),
    ],
)
def test_what_cannot_be_wished(wishes, complaint):
    with pytest.raises(BadWish, match=complaint):
        ask("alice@example.org", *wishes)
    assert not Subscriber.objects.exists()


def test_an_unknown_zone_and_what_is_no_address_are_refused():
    with pytest.raises(BadWish, match="Mars/Olympus"):
        subscriptions.ask(
            "a@example.org", [daily()], language="en", zone="Mars/Olympus", origin="page", now=NOW
        )
    with pytest.raises(addresses.BadAddress):
        ask("nobody", daily())


def test_found_by_address_in_whatever_case():
    alice = ask("alice@example.org", daily())
    assert subscriptions.find("Alice@EXAMPLE.org") == alice
    assert subscriptions.find("bob@example.org") is None


# What wishes come to


def test_a_cadence_is_the_union_of_the_wishes_and_slower_ones_leave_out_what_comes_sooner():
    bob = person(daily(topic("a")), daily(topic("b")), instant(topic("c")), weekly(), now=NOW)
    interests = {c.frequency: (c.interest.selection, c.minus.selection) for c in bob.cadences.all()}
    a, b, c = ({"topics": [slug]} for slug in "abc")
    assert interests == {
        "instant": ({"rules": [c]}, {"rules": []}),
        "daily": ({"rules": [a, b]}, {"rules": [c]}),
        "weekly": ({"rules": [{}]}, {"rules": [a, b, c]}),
    }


def test_times_are_the_persons_else_the_schedules():
    Schedule.objects.bulk_create(
        [
            Schedule(frequency="daily", times="06:00", weekdays="12345"),
            Schedule(frequency="weekly", times="09:00", weekdays="5"),
        ]
    )
    usual = person(Wish(EVERYTHING, "daily"), Wish(EVERYTHING, "weekly"), instant(), zone="Europe/Vienna")
    assert when(usual) == ("Europe/Vienna", 360, "12345")
    assert when(usual, "weekly") == ("Europe/Vienna", 540, "5")
    assert when(usual, "instant") == ("UTC", 0, "1234567")
    own = person(
        Wish(topic("a"), "daily"), Wish(topic("b"), "daily", 0, "76"), Wish(EVERYTHING, "weekly", 1, "32")
    )
    assert (when(own), when(own, "weekly")) == (("UTC", 0, "67"), ("UTC", 1, "2"))


def test_those_with_the_same_hour_share_a_chain():
    for _ in range(3):
        person(daily(), instant())
    assert Chain.objects.count() == 2


# Changing


def test_a_change_ends_the_old_wishes_and_keeps_what_is_not_named():
    bob = person(daily(topic("a")), zone="Europe/Vienna", language="fr")
    subscriptions.change(bob.pk, [daily(topic("b"), 0)], now=NOW + HOUR)
    assert [(s.ended_at, s.minute) for s in bob.subscriptions.order_by("pk")] == [
        (NOW + HOUR, 420),
        (None, 0),
    ]
    subscriptions.change(bob, zone="Asia/Kathmandu", minute=90, now=NOW + HOUR)
    assert (bob.zone, bob.language, when(bob)) == ("Asia/Kathmandu", "fr", ("Asia/Kathmandu", 90, "1234567"))
    subscriptions.change(bob, language="de", now=NOW + HOUR)
    assert bob.cadences.get().language == "de"


def test_a_change_to_what_is_already_so_touches_nothing():
    bob = person(daily(), instant())
    before = list(Cadence.objects.values())
    subscriptions.change(bob, [daily(), instant()], zone="UTC", language="en", now=NOW + DAY)
    assert list(Cadence.objects.values()) == before
    assert Subscription.objects.count() == 2


def test_nothing_is_changed_for_one_who_left_and_a_pending_one_gets_no_cadence():
    bob, carol = person(daily()), ask("carol@example.org", daily())
    subscriptions.leave(bob, NOW)
    subscriptions.change(bob, [instant()], now=NOW)
    assert not bob.subscriptions.filter(frequency="instant").exists()
    subscriptions.change(carol, [instant()], now=NOW)
    assert (subscriptions.wishes_of(carol), carol.cadences.exists()) == ([instant()], False)


@pytest.mark.holds("M2", "M10")
def test_one_who_moves_the_hour_is_covered_without_gap_or_overlap():
    bob = person(daily(minute=420))
    seven, before, after = NOW.replace(hour=7) + DAY, release(at=NOW + HOUR), NOW.replace(hour=8) + DAY
    planner.plan(seven)
    between = release(at=seven + MINUTE)
    subscriptions.change(bob, minute=480, now=seven + 2 * MINUTE)
    planner.plan(after)
    assert got(bob) == [[before], [between]]
    planner.plan(seven + DAY)
    assert got(bob) == [[before], [between]]


@pytest.mark.holds("M10")
def test_moving_from_daily_to_weekly_takes_along_what_is_owed():
    bob = person(daily())
    owed = release(at=NOW + HOUR)
    subscriptions.change(bob, [weekly(weekday="3")], now=NOW + 2 * HOUR)
    planner.plan(NOW + 2 * DAY)
    assert got(bob) == [[owed]]


@pytest.mark.holds("M10")
def test_moving_to_at_once_sends_what_is_owed_now():
    bob = person(daily())
    owed = release(at=NOW + HOUR)
    subscriptions.change(bob, [instant()], now=NOW + 2 * HOUR)
    planner.plan(NOW + 2 * HOUR)
    assert got(bob) == [[owed]]


@pytest.mark.holds("M10")
def test_alerts_that_are_added_take_nothing_from_the_next_digest():
    bob = person(daily())
    owed = release("border", at=NOW + HOUR)
    subscriptions.change(bob, [daily(), instant(topic("border"))], now=NOW + 2 * HOUR)
    planner.plan(NOW + 2 * HOUR)
    assert got(bob) == []
    at_once = release("border", at=NOW + 3 * HOUR)
    planner.plan(NOW + 3 * HOUR)
    planner.plan(NOW + DAY)
    assert got(bob) == [[at_once], [owed]]


@pytest.mark.holds("M10")
def test_alerts_that_are_given_up_do_not_come_again_in_the_digest():
    bob = person(daily(), instant(topic("border")))
    had = release("border", at=NOW + HOUR)
    planner.plan(NOW + HOUR)
    settling = release("border", at=NOW + HOUR + SECOND)
    planner.plan(NOW + HOUR + SECOND)
    subscriptions.change(bob, [daily()], now=NOW + HOUR + 2 * SECOND)
    planner.plan(NOW + 2 * HOUR)
    planner.plan(NOW + DAY)
    assert got(bob) == [[had], [settling]]


@pytest.mark.holds("M10")
def test_what_waits_for_the_settling_time_is_not_lost_by_a_change():
    bob, carol = person(instant(topic("border"))), person(instant(topic("border")))
    first = release("border", "media", at=NOW + HOUR)
    planner.plan(NOW + HOUR)
    waiting = release("border", "media", at=NOW + HOUR + SECOND)
    release(at=NOW + HOUR + SECOND)
    person(instant(), now=NOW)
    planner.plan(NOW + HOUR + 2 * SECOND)  # a run without those who settle
    subscriptions.change(bob, [instant(topic("media"))], now=NOW + HOUR + 3 * SECOND)
    planner.plan(NOW + 2 * HOUR)
    assert got(bob) == got(carol) == [[first], [waiting]]


def test_a_new_selection_at_a_new_frequency_begins_now():
    bob = person(weekly(topic("border"), weekday="5"))
    release("media", at=NOW + HOUR)
    subscriptions.change(
        bob, [weekly(topic("border"), weekday="5"), daily(topic("media"))], now=NOW + 2 * HOUR
    )
    planner.plan(NOW + DAY)
    assert got(bob) == []


A, B = topic("a"), topic("b")


@pytest.mark.parametrize(
    ("owed", "wanted", "expected"),
    [
        ({"daily": (A, 1)}, {"daily": A}, {"daily": 1}),
        ({"daily": (A, 1)}, {"daily": B}, {"daily": 1}),
        ({}, {"daily": A}, {"daily": 9}),
        ({"daily": (A, 1)}, {"weekly": A}, {"weekly": 2}),  # from where the first that is owed was announced
        ({"daily": (A, 3)}, {"weekly": A}, {"weekly": 9}),  # nothing is owed
        ({"daily": (A, 1)}, {"weekly": EVERYTHING, "instant": B}, {"weekly": 2, "instant": 9}),
        ({"daily": (A, 1), "weekly": (B, 0)}, {"daily": of(topics=["a", "b"])}, {"daily": 1}),
        ({"daily": (A, 7), "weekly": (B, 0)}, {"daily": of(topics=["a", "b"])}, {"daily": 5}),
        ({"daily": (A, 1)}, {"daily": EVERYTHING, "instant": A}, {"daily": 1, "instant": 9}),
    ],
)
def test_what_a_new_cadence_takes_over(owed, wanted, expected):
    """`a` was announced at minute 2 and `b` at minute 5; the change is at minute 9."""

    def at(minute: int) -> datetime:
        return candidate(0, minute=minute).at

    announced: list[Candidate] = [candidate(1, "a", minute=2), candidate(2, "b", minute=5)]
    before: dict[str, Owed] = {f: Owed(selection, at(since)) for f, (selection, since) in owed.items()}
    after: dict[str, Selection] = wanted
    assert cadences.carried(before, after, at(9), announced) == {
        f: at(since) for f, since in expected.items()
    }


# Pausing, leaving, coming back


def test_after_a_pause_with_what_was_missed_or_without():
    bob, carol = person(daily()), person(daily())
    before = release(at=NOW + HOUR)
    for somebody in (bob, carol):
        subscriptions.pause(somebody, NOW + 2 * HOUR)
        subscriptions.pause(somebody, NOW + 3 * HOUR)
        assert subscriptions.is_paused(somebody)
    missed = release(at=NOW + 2 * DAY)
    assert planner.plan(NOW + 3 * DAY) == []
    subscriptions.resume(bob, NOW + 3 * DAY, missed=True)
    subscriptions.resume(carol, NOW + 3 * DAY, missed=False)
    after = release(at=NOW + 3 * DAY + HOUR)
    planner.plan(NOW + 4 * DAY)
    assert (got(bob), got(carol)) == ([[after, missed, before]], [[after]])


def test_whoever_leaves_gets_nothing_more_and_what_was_queued_is_cancelled():
    bob = person(daily(), instant())
    release()
    planner.plan(NOW)
    assert len(got(bob)) == 1
    subscriptions.leave(bob, NOW + SECOND)
    subscriptions.leave(bob, NOW + MINUTE)
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.finished_at) == (Delivery.State.CANCELLED, "left", NOW + SECOND)
    assert (bob.state, bob.left_at, subscriptions.wishes_of(bob)) == (State.LEFT, NOW + SECOND, [])
    release(at=NOW + HOUR)
    assert planner.plan(NOW + DAY) == []


def test_leaving_does_not_touch_what_was_sent_nor_the_mail_of_others():
    bob, carol = person(instant()), person(instant())
    release()
    planner.plan(NOW)
    Delivery.objects.filter(subscriber_id=bob.pk).update(state=Delivery.State.SENT)
    subscriptions.leave(bob, NOW)
    states = dict(Delivery.objects.values_list("subscriber_id", "state"))
    assert states == {bob.pk: Delivery.State.SENT, carol.pk: Delivery.State.PENDING}


def test_one_who_comes_back_within_thirty_days_gets_what_was_missed():
    bob = person(daily())
    missed = release(at=NOW + HOUR)
    subscriptions.leave(bob, NOW + 2 * HOUR)
    assert subscriptions.come_back(bob, NOW + DAY)
    assert (bob.state, bob.left_at, subscriptions.wishes_of(bob)) == (State.ACTIVE, None, [daily()])
    planner.plan(NOW + 2 * DAY)
    assert got(bob) == [[missed]]
    subscriptions.leave(bob, NOW + 2 * DAY)
    assert not subscriptions.come_back(bob, NOW + 33 * DAY)
    assert not subscriptions.come_back(ask("carol@example.org", daily()), NOW)


def test_one_who_left_and_asks_again_begins_anew():
    bob = person(daily(topic("a")))
    release("a", "b", at=NOW + HOUR)
    subscriptions.leave(bob, NOW + 2 * HOUR)
    again = ask(addresses.decrypt(bob.address), daily(topic("b")), now=NOW + DAY)
    assert (again.pk, again.state, again.left_at) == (bob.pk, State.PENDING, None)
    assert not again.cadences.exists()
    subscriptions.confirm(again, NOW + DAY)
    planner.plan(NOW + 2 * DAY)
    assert got(bob) == []


def test_a_change_is_never_before_what_has_been_announced():
    """Two hosts, one clock behind: whoever confirms there gets what is announced from then on, and not before."""
    release(at=NOW + HOUR)
    notice.advance(NOW + 2 * HOUR)
    late = person(instant(), now=NOW)
    assert late.cadences.get().joined_at == NOW + 2 * HOUR
    found = release(at=NOW + MINUTE)
    planner.plan(NOW + MINUTE)
    assert got(late) == [[found]]
