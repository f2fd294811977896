"""Whom a release reaches, in situations with names; and the pages of people that stand beside it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from config.models import AuditEntry
from config.roles import Role
from feeds import membership, notice, readership
from feeds.models import Release, Standing
from feeds.tally import Counts
from notifier import addresses, deliveries, planner, reach, subscriptions
from notifier.models import Delivery, Dispatch, Reply, Subscriber, Suppression
from tests.notifier.correcting_kit import newsroom  # noqa: F401 - a fixture
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    daily,
    instant,
    person,
    release,
    topic,
    weekly,
)
from tests.staff import account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()


def of(pk: int, at=NOW):
    return reach.measure(Release.objects.get(pk=pk), at)


def runs(found) -> list[tuple[str, object, int]]:
    return [(one.frequency, one.at, one.people) for one in found.coming]


def test_before_it_is_shown_a_release_has_a_forecast_by_frequency_and_hour():
    person(instant(topic("youth")), daily(topic("youth")))  # the alert is theirs, the digest leaves it out
    person(daily(topic("youth")))
    person(daily(topic("youth")))
    person(weekly(topic("youth")))
    person(daily(topic("media")))
    subscriptions.pause(person(daily(topic("youth"))), NOW)
    at = NOW + 2 * DAY
    pk = release("youth", at=NOW + SECOND, state="scheduled", visible_at=at)
    found = of(pk, NOW + HOUR)
    assert (found.foreseen, found.appears, found.silence, found.mailings) == (True, at, "", [])
    assert runs(found) == [
        ("instant", None, 1),
        ("daily", at.replace(day=20, hour=7), 2),
        ("weekly", at.replace(day=24, hour=7), 1),
    ]
    assert {place.path for place in found.places} >= {"all", "topics/youth"}
    assert all(place.joined_at is None for place in found.places)


def test_what_is_silent_has_feeds_and_no_mail_ahead():
    person(instant(topic("youth")))
    pk = release("youth", at=NOW + SECOND, state="scheduled", visible_at=NOW + DAY, silent=True)
    found = of(pk)
    assert (found.silence, found.coming) == ("silent", [])
    assert found.places


def test_afterwards_it_says_who_got_it_who_gets_it_next_and_who_could_not():
    people = [person(instant(topic("youth"))) for _ in range(5)]
    person(daily(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    membership.keep(NOW + SECOND)
    assert runs(of(pk, NOW + SECOND)) == [("instant", None, 5), ("daily", NOW.replace(day=18, hour=7), 1)]
    planner.plan(NOW + SECOND)
    states = (Delivery.State.SENT, Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.SUPPRESSED)
    for who, state in zip(people, states, strict=False):
        Delivery.objects.filter(subscriber_id=who.pk).update(state=state, finished_at=NOW + MINUTE)
    dispatch = Dispatch.objects.get()
    Reply.objects.create(
        subscriber=people[0], dispatch_id=dispatch.pk, kind="hard", at=NOW + HOUR, digest="a"
    )
    found = of(pk, NOW + MINUTE)
    [mailing] = found.mailings
    assert (mailing.dispatch, mailing.at_once, mailing.bounced) == (dispatch.pk, True, 1)
    assert mailing.counts == {"sent": 2, "failed": 1, "suppressed": 1, "pending": 1}
    assert (found.sent_at_once, found.waiting, found.people_ahead) == (2, 1, 1)
    assert runs(found) == [("daily", NOW.replace(day=18, hour=7), 1)]
    assert {place.path: place.joined_at for place in found.places}["topics/youth"] == NOW + SECOND


def test_sums_that_were_kept_say_the_same_as_the_deliveries_did():
    from notifier import tallies

    for _ in range(3):
        person(daily(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    planner.plan(NOW + DAY)
    Delivery.objects.update(state=Delivery.State.SENT, finished_at=NOW + DAY)
    before = of(pk, NOW + DAY).mailings[0].counts
    tallies.count(NOW + DAY)
    assert of(pk, NOW + DAY).mailings[0].counts == before == {"sent": 3}
    assert of(pk, NOW + DAY).coming == []


def test_feeds_are_told_with_what_readers_reported_of_them():
    pk = release("youth", at=NOW + SECOND)
    membership.keep(NOW + SECOND)
    report = {(NOW.date() - timedelta(days=1), "topics/youth", "atom", "feedly"): {0: 12}}
    readership.add(Counts(traffic={}, reports=report))
    places = {place.path: place.subscribers for place in of(pk, NOW + HOUR).places}
    assert (places["topics/youth"], places["all"]) == (12, 0)


# Pages


@pytest.fixture
def sent(newsroom):  # noqa: F811
    who = person(instant(topic("youth")))
    pk = release("youth", at=NOW + SECOND, title="Youth camps open")
    planner.plan(NOW + SECOND)
    Delivery.objects.filter(lane=1).update(state=Delivery.State.SENT, finished_at=NOW + MINUTE)
    return who, Standing.objects.get(pk=pk)


def address(who: Subscriber) -> str:
    return addresses.decrypt(bytes(who.address))


def audited() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))


def page_of(who: Subscriber) -> str:
    return reverse("admin:notifier_subscriber_change", args=[who.pk])


def test_viewers_see_the_counts_of_a_release_and_no_person(sent):
    who, standing = sent
    client = account(Role.VIEWER)
    page = client.get(reverse("admin:notifier_dispatch_reach", args=[standing.pk])).content.decode()
    assert "Got it at once" in page
    assert address(who) not in page
    assert reverse("admin:notifier_subscriber_why") not in page
    for url in (
        page_of(who),
        reverse("admin:notifier_dispatch_deliveries", args=[Dispatch.objects.first().pk]),
    ):
        assert client.get(url).status_code == 403


@pytest.mark.holds("E5")
def test_the_why_page_says_the_sentence_first_and_keeps_the_address_out_of_its_own(sent):
    who, standing = sent
    desk, why = account(Role.DESK), reverse("admin:notifier_subscriber_why")
    answer = desk.post(why, {"person": address(who), "release": f"/releases/{standing.key}"})
    assert answer["Location"] == f"{why}?person={who.pk}&release={standing.key}"
    page = desk.get(answer["Location"]).content.decode()
    assert "They got it: it was handed over on 17 February 2025" in page
    assert page.index("They got it") < page.index("Details")
    assert address(who) not in page
    assert audited()[-2:] == [("looked up", f"subscriber {who.pk}"), ("explained", f"subscriber {who.pk}")]
    found = desk.post(why, {"person": str(who.pk), "release": "camps"}).content.decode()
    assert "Youth camps open" in found
    assert (
        "Nobody is subscribed"
        in desk.get(why, {"person": address(who), "release": standing.key}).content.decode()
    )


@pytest.mark.holds("S9")
def test_each_look_at_a_person_is_recorded_by_number(sent):
    who, _ = sent
    desk, find = account(Role.DESK), reverse("admin:notifier_subscriber_find")
    assert desk.post(find, {"address": address(who)})["Location"] == page_of(who)
    assert desk.post(find, {"address": str(who.pk)})["Location"] == page_of(who)
    desk.post(find, {"address": "nobody@example.org"})
    page = desk.get(page_of(who)).content.decode()
    assert address(who) in page
    assert "Youth camps open" in page
    desk.get(reverse("admin:notifier_subscription_change", args=[who.subscriptions.get().pk]))
    desk.get(reverse("admin:notifier_dispatch_deliveries", args=[Dispatch.objects.get().pk]))
    mine = f"subscriber {who.pk}"
    assert audited()[-6:] == [
        ("looked up", mine), ("looked up", mine), ("looked up", "an address that nobody has"), ("read", mine),
        ("read", mine), ("read", f"deliveries of dispatch {Dispatch.objects.get().pk}"),
    ]  # fmt: skip
    assert not AuditEntry.objects.filter(subject__contains="@").exists()


def test_the_desk_suppresses_lifts_writes_and_cancels(sent):
    who, _ = sent
    desk = account(Role.DESK)
    desk.post(page_of(who), {"do": "suppress", "reason": "", "days": "0"})
    assert not Suppression.objects.exists()
    desk.post(page_of(who), {"do": "suppress", "reason": "asked by telephone", "days": "0"})
    assert Suppression.objects.get().reason == "asked by telephone"
    assert "Nothing is sent to this address" in desk.get(page_of(who)).content.decode()
    desk.post(page_of(who), {"do": "lift", "note": "asked again"})
    assert not Suppression.objects.exists()
    desk.post(page_of(who), {"do": "letter"})
    assert Delivery.objects.filter(lane=0, subscriber_id=who.pk).count() == 1
    desk.post(page_of(who), {"do": "cancel"})
    letter = Delivery.objects.get(lane=0, subscriber_id=who.pk)
    assert (letter.state, letter.reason) == (Delivery.State.CANCELLED, "cancelled by an admin")
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == 1
    assert ("cancelled what was queued", f"subscriber {who.pk}") in audited()


@pytest.mark.holds("S9")
def test_the_desk_exports_all_that_is_held_and_erases_after_a_word_of_warning(sent):
    who, _ = sent
    desk = account(Role.DESK)
    answer = desk.post(page_of(who), {"do": "export"})
    assert answer["Content-Disposition"] == f'attachment; filename="subscriber-{who.pk}.json"'
    assert json.loads(answer.content)["person"]["address"] == address(who)
    assert audited()[-1] == ("exported", f"subscriber {who.pk}")
    erase = reverse("admin:notifier_subscriber_erase", args=[who.pk])
    assert "What stays" in desk.get(erase).content.decode()
    assert "tick the box" in desk.post(erase).content.decode()
    assert Subscriber.objects.filter(pk=who.pk).exists()
    desk.post(erase, {"sure": "on"})
    assert not Subscriber.objects.filter(pk=who.pk).exists()
    assert audited()[-1] == ("erased", f"subscriber {who.pk}")


def test_a_person_s_messages_go_on_where_a_page_ended(monkeypatch):
    who = person(instant(topic("youth")))
    for number in range(5):
        release("youth", at=NOW + number * HOUR + SECOND)
        planner.plan(NOW + number * HOUR + SECOND)
    monkeypatch.setattr(deliveries, "PAGE", 2)
    monkeypatch.setattr(deliveries, "AT_ONCE", 3)
    seen, before = [], None
    while True:
        page = deliveries.of_person(who.pk, NOW, before)
        seen += [one.dispatch for one in page.messages]
        before = page.further
        if before is None:
            break
    assert seen == list(Dispatch.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_dispatch_s_messages_go_on_where_a_page_ended_and_by_state(monkeypatch):
    people = [person(instant(topic("youth"))) for _ in range(5)]
    release("youth", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    dispatch = Dispatch.objects.get().pk
    Delivery.objects.filter(subscriber_id=people[3].pk).update(state=Delivery.State.FAILED, reason="550 no")
    monkeypatch.setattr(deliveries, "PAGE", 2)
    first = deliveries.of_dispatch(dispatch, NOW)
    second = deliveries.of_dispatch(dispatch, NOW, after=first.further)
    third = deliveries.of_dispatch(dispatch, NOW, after=second.further)
    assert [one.subscriber for page in (first, second, third) for one in page.messages] == [
        who.pk for who in people
    ]
    assert third.further is None
    [failed] = deliveries.of_dispatch(dispatch, NOW, Delivery.State.FAILED).messages
    assert (failed.subscriber, failed.reason, failed.what, failed.because) == (
        people[3].pk,
        "550 no",
        "at once",
        "Youth",
    )


def test_a_release_that_is_noticed_only_later_is_foreseen_as_it_lies_in_the_store():
    person(daily(topic("youth")))
    pk = release("youth", at=None)
    found = of(pk)
    assert (found.foreseen, [one.people for one in found.coming]) == (True, [1])
    notice.take(NOW + SECOND)
    assert not of(pk, NOW + SECOND).foreseen


def test_what_is_held_is_listed_apart_from_what_is_cancelled(sent):
    editor, dispatches = account(Role.EDITOR), reverse("admin:notifier_dispatch_changelist")
    Dispatch.objects.update(held=True, held_at=NOW)
    row = f"dispatch {Dispatch.objects.get().pk}"
    assert row in editor.get(dispatches, {"hold": "waits"}).content.decode()
    assert row not in editor.get(dispatches, {"hold": "none"}).content.decode()
    Dispatch.objects.update(cancelled_at=NOW)
    assert row not in editor.get(dispatches, {"hold": "waits"}).content.decode()
    assert row in editor.get(dispatches, {"hold": "cancelled"}).content.decode()


def test_suppressions_that_hold_are_listed_apart_from_those_that_ended(newsroom):  # noqa: F811
    desk, listed = account(Role.DESK), reverse("admin:notifier_suppression_changelist")
    Suppression.objects.create(address=b"a" * 40, reason="over", at=NOW, expires_at=NOW + HOUR)
    Suppression.objects.create(address=b"b" * 40, reason="for good", at=NOW)
    assert "for good" in (page := desk.get(listed, {"holds": "yes"}).content.decode())
    assert ">over<" not in page
    assert ">over<" in desk.get(listed, {"holds": "no"}).content.decode()
