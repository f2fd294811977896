"""A correction that is marked "notify" reaches those who received the mistake, once, and nobody else."""

from __future__ import annotations

import os
import random

import pytest

from feeds.models import Release
from notifier import addresses, corrections, subscriptions
from notifier.correcting import dispatching, recipients
from notifier.corrections import CannotMark
from notifier.models import CorrectionDue, Delivery, Subscriber
from tests.notifier.correcting_kit import (  # noqa: F401 - one is a fixture
    MORNING,
    RIGHT,
    WRONG,
    a_meeting,
    corrected,
    look,
    mail,
    newsroom,
    rewrite,
    told,
)
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
from tests.notifier.postman import Received, carry

LIVES = int(os.environ.get("HERALD_LIVES", "2"))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newsroom")]


def test_at_once_for_those_at_once_and_in_the_next_digest_for_the_others():
    ada, bob, eve = person(instant()), person(daily()), person(instant(topic("borders")))
    a_release = a_meeting()
    assert [m.subscriber for m in mail(NOW + 2 * MINUTE)] == [ada.pk]
    assert [m.subscriber for m in mail(MORNING)] == [bob.pk]
    corrected(a_release, MORNING + HOUR)
    [at_once] = mail(MORNING + HOUR)
    assert (at_once.subscriber, at_once.subject) == (ada.pk, "Corrected: A meeting")
    assert "Editor’s note: It is Tuesday." in at_once.words
    assert f"Before: {WRONG}" in at_once.words
    assert f"Now: {RIGHT}" in at_once.words
    assert at_once.message["List-Unsubscribe"].startswith("<http")
    [later] = mail(MORNING + DAY)
    assert (later.subscriber, later.subject) == (bob.pk, "Corrected: A meeting")
    assert mail(MORNING + 2 * DAY) == []
    assert eve.pk not in CorrectionDue.objects.values_list("subscriber", flat=True)


def test_in_a_digest_it_stands_beside_what_is_new():
    bob = person(daily())
    a_release = a_meeting()
    mail(MORNING)
    corrected(a_release, MORNING + HOUR)
    release(at=MORNING + 2 * HOUR, title="Something new")
    person(daily())  # who has received nothing
    first, second = sorted(mail(MORNING + DAY), key=lambda m: m.subscriber)
    assert first.subscriber == bob.pk
    assert first.subject == "1 new, 1 corrected: Something new"
    assert f"Now: {RIGHT}" in first.words
    assert "Something new" in first.words
    assert "Tuesday" not in second.words


def test_what_has_not_left_yet_leaves_in_the_right_text_and_needs_no_correction():
    people = [person(daily()) for _ in range(3)]
    a_release = a_meeting()
    look(MORNING)
    [first] = carry(MORNING, limit=1)
    assert WRONG in first.words
    corrected(a_release, MORNING + MINUTE)
    look(MORNING + MINUTE)
    rest = carry(MORNING + MINUTE)
    assert len(rest) == 2
    assert all(RIGHT in m.words and WRONG not in m.words and m.version == 2 for m in rest)
    assert told(mail(MORNING + DAY)) == [first.subscriber]
    assert {p.pk for p in people} == {m.subscriber for m in [first, *rest]}


def test_what_is_on_its_way_while_it_is_marked_is_found_when_the_relay_has_answered():
    ada = person(instant())
    a_release = a_meeting()
    look(NOW + 2 * MINUTE)
    at = NOW + 3 * MINUTE

    def meanwhile() -> None:
        corrected(a_release, at)
        look(at)
        assert not CorrectionDue.objects.exists()

    [wrong] = carry(at, between=meanwhile)
    assert WRONG in wrong.words
    assert told(mail(at + SECOND)) == []
    assert told(mail(at + 15 * SECOND)) == [ada.pk]
    assert told(mail(at + MINUTE)) == []


@pytest.mark.parametrize(("after_dot", "reached"), [(True, True), (False, False)])
def test_what_may_have_arrived_counts_as_received(after_dot: bool, reached: bool):
    ada = person(instant())
    a_release = a_meeting()
    look(NOW + 2 * MINUTE)
    at = NOW + 3 * MINUTE
    version = {"version": 1 if after_dot else 0}
    carry(at, state=Delivery.State.DEFERRED, after_dot=after_dot, next_try_at=at + 5 * MINUTE, **version)
    corrected(a_release, at + MINUTE)
    messages = mail(at + MINUTE) + mail(at + 6 * MINUTE)
    assert told(messages) == ([ada.pk] if reached else [])
    assert next(m for m in messages if "Before: " not in m.words).words.count(RIGHT) == 1


def test_by_what_a_person_has_now_and_nothing_for_those_who_left():
    to_instant, to_weekly, paused, left, back = (person(daily()) for _ in range(5))
    a_release = a_meeting()
    assert len(mail(MORNING)) == 5
    subscriptions.change(to_instant, [instant()], now=MORNING + HOUR)
    subscriptions.change(to_weekly, [weekly()], now=MORNING + HOUR)
    subscriptions.pause(paused, MORNING + HOUR)
    subscriptions.leave(left, MORNING + HOUR)
    corrected(a_release, MORNING + 2 * HOUR)
    subscriptions.leave(back, MORNING + 3 * HOUR)
    subscriptions.come_back(back, MORNING + 4 * HOUR)
    assert told(mail(MORNING + 2 * HOUR)) == [to_instant.pk]
    assert told(mail(MORNING + DAY)) == [back.pk]
    subscriptions.resume(paused, MORNING + 2 * DAY, missed=True)
    assert told(mail(MORNING + 3 * DAY)) == [paused.pk]
    assert told([m for day in range(4, 9) for m in mail(MORNING + day * DAY)]) == [to_weekly.pk]


def test_whoever_turns_to_mail_at_once_while_it_waits_gets_it_soon():
    bob = person(weekly())
    a_release = a_meeting()
    mail(MORNING + 6 * DAY)
    at = MORNING + 7 * DAY
    corrected(a_release, at)
    assert told(mail(at)) == []
    subscriptions.change(bob, [instant()], now=at + HOUR)
    assert told([m for minute in range(0, 200, 5) for m in mail(at + HOUR + minute * MINUTE)]) == [bob.pk]


def test_whoever_left_and_asks_anew_later_has_nothing_due():
    bob = person(daily())
    a_release = a_meeting()
    mail(MORNING)
    corrected(a_release, MORNING + HOUR)
    look(MORNING + HOUR)
    subscriptions.leave(bob, MORNING + 2 * HOUR)
    address = addresses.decrypt(bytes(bob.address))
    asked = subscriptions.ask(
        address, [daily()], language="en", zone="UTC", origin="page", now=MORNING + 3 * HOUR
    )
    subscriptions.confirm(asked, MORNING + 3 * HOUR)
    assert mail(MORNING + DAY) == []


def test_one_version_is_marked_once_and_what_nobody_saw_cannot_be():
    person(instant())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    corrected(a_release, NOW + HOUR)
    with pytest.raises(CannotMark, match="already"):
        corrections.mark(a_release, "", "command:test", NOW + 2 * HOUR)
    hidden = release(title="Later", visible_at=NOW + 90 * DAY)
    with pytest.raises(CannotMark, match="not been shown"):
        corrections.mark(hidden, "", "command:test", NOW)


def test_a_cosmetic_edit_makes_no_version_to_mark_again():
    person(instant())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    corrected(a_release, NOW + HOUR)
    rewrite(a_release, NOW + 2 * HOUR, summary=RIGHT.replace(" ", "  "))
    with pytest.raises(CannotMark, match="already"):
        corrections.mark(a_release, "", "command:test", NOW + 2 * HOUR)


def test_a_newer_correction_takes_the_place_of_one_that_has_not_left():
    bob = person(weekly())
    a_release = a_meeting()
    at = MORNING + 7 * DAY
    mail(at)
    corrected(a_release, at + HOUR)
    look(at + HOUR)
    rewrite(a_release, at + 2 * HOUR, summary="The meeting is on Friday.")
    corrections.mark(a_release, "It is Friday.", "command:test", at + 2 * HOUR)
    [message] = mail(at + 7 * DAY)
    assert message.subscriber == bob.pk
    assert message.words.count("Now:") == 1
    assert "Now: The meeting is on Friday." in message.words
    assert f"Before: {WRONG}" in message.words or f"Before: {RIGHT}" in message.words


def test_back_to_the_text_that_was_received_is_no_correction_for_those_who_have_it():
    person(weekly())
    a_release = a_meeting()
    at = MORNING + 7 * DAY
    mail(at)
    corrected(a_release, at + HOUR)
    look(at + HOUR)
    rewrite(a_release, at + 2 * HOUR, summary=WRONG)
    corrections.mark(a_release, "It was right.", "command:test", at + 2 * HOUR)
    assert mail(at + 7 * DAY) == []


def test_one_that_is_queued_gives_way_to_a_newer_one():
    bob = person(daily())
    a_release = a_meeting()
    mail(MORNING)
    corrected(a_release, MORNING + HOUR)
    look(MORNING + DAY)  # planned, and not sent
    rewrite(a_release, MORNING + DAY, summary="The meeting is on Friday.")
    corrections.mark(a_release, "It is Friday.", "command:test", MORNING + DAY)
    assert mail(MORNING + DAY + MINUTE) == []
    [message] = mail(MORNING + 2 * DAY)
    assert message.subscriber == bob.pk
    assert "Friday" in message.words


def test_a_withdrawal_is_told_to_those_who_received_it_and_replaces_a_correction():
    ada, bob = person(instant()), person(daily())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    mail(MORNING)
    corrected(a_release, MORNING + HOUR)
    assert told(mail(MORNING + HOUR)) == [ada.pk]
    Release.objects.filter(pk=a_release).update(
        state=Release.State.WITHDRAWN, withdrawn_reason="There is no meeting."
    )
    corrections.mark(a_release, "", "command:test", MORNING + 2 * HOUR)
    [at_once] = mail(MORNING + 2 * HOUR)
    [later] = mail(MORNING + DAY)
    assert [at_once.subscriber, later.subscriber] == [ada.pk, bob.pk]
    for message in (at_once, later):
        assert message.subject == "Withdrawn: A meeting"
        assert "There is no meeting." in message.words
        assert RIGHT not in message.words


def test_a_notice_of_withdrawal_that_is_queued_is_not_sent_of_what_is_shown_again():
    person(daily())
    a_release = a_meeting()
    mail(MORNING)
    Release.objects.filter(pk=a_release).update(state=Release.State.WITHDRAWN)
    corrections.mark(a_release, "", "command:test", MORNING + HOUR)
    look(MORNING + DAY)
    Release.objects.filter(pk=a_release).update(state=Release.State.PUBLISHED)
    assert mail(MORNING + DAY + MINUTE) == []


def test_killed_at_any_moment_and_run_again_it_comes_once(monkeypatch):
    """Each step is broken off after what it wrote last, and begun anew."""
    people = [person(instant() if n % 2 else daily()) for n in range(30)]
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    mail(MORNING)
    corrected(a_release, MORNING + HOUR)
    monkeypatch.setattr("notifier.correcting.recipients.RANGE", 7)
    monkeypatch.setattr("notifier.correcting.dispatching.RANGE", 4)
    rolls = random.Random(5)
    messages: list[Received] = []
    for step in range(60):
        now = MORNING + HOUR + step * HOUR
        with pytest.MonkeyPatch.context() as patch:
            if step % 3:
                left = iter(range(rolls.randrange(1, 12)))
                for module in (recipients, dispatching):
                    patch.setattr(module, "_execute", _until(left, module._execute))
            try:
                look(now)
            except KeyboardInterrupt:
                continue
        messages += carry(now)
    assert told(messages) == sorted(p.pk for p in people)


def _until(left, execute):
    """`execute`, as often as there is something `left`; then the process is killed."""

    def broken_off(statement, values):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return execute(statement, values)

    return broken_off


@pytest.mark.holds("E2")
@pytest.mark.parametrize("seed", range(LIVES))
def test_random_lives(seed: int):
    """People receive, change, pause, leave and come back; then a correction, and lives go on to their end."""
    life = random.Random(seed)
    wishes = [
        lambda: [instant()],
        lambda: [daily()],
        lambda: [weekly()],
        lambda: [instant(), daily(topic("media"))],
    ]
    people = [person(*life.choice(wishes)()) for _ in range(6)]
    a_release = a_meeting("borders")
    now = NOW + MINUTE
    received: set[int] = set()
    messages: list[Received] = []
    corrected_at = life.randrange(8, 20)
    for step in range(45):
        now += life.choice((MINUTE, 10 * MINUTE, HOUR, 7 * HOUR, DAY))
        if step > 30:
            now += 20 * HOUR
        for message in mail(now):
            messages.append(message)
            if step < corrected_at and WRONG in message.words:
                received.add(message.subscriber)
        if step == corrected_at:
            corrected(a_release, now)
        who = life.choice(people)
        who.refresh_from_db()
        act = life.choice(("change", "pause", "resume", "leave", "back", "news")) if step < 32 else ""
        if act == "change" and who.state == Subscriber.State.ACTIVE:
            subscriptions.change(who, life.choice(wishes)(), now=now)
        elif act == "pause":
            subscriptions.pause(who, now)
        elif act == "resume":
            subscriptions.resume(who, now, missed=life.random() < 0.5)
        elif act == "leave" and life.random() < 0.4:
            subscriptions.leave(who, now)
        elif act == "back":
            subscriptions.come_back(who, now)
        elif act == "news":
            release("media", at=now, title="Other news")
        elif step == 32:
            for one in people:
                subscriptions.resume(one, now, missed=True)
    left = {p.pk for p in people if not p.refresh_from_db() and p.state == Subscriber.State.LEFT}
    reached = told(messages)
    assert len(reached) == len(set(reached)), "somebody was told twice"
    assert set(reached) <= received, "somebody was told who had received nothing"
    assert received - left <= set(reached), f"not told: {received - left - set(reached)}"
