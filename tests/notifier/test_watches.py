""" "Tell me if this changes": each change and a withdrawal, at once, for a year, ended by one click."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client

from config import clock
from feeds.models import Newsroom, Release, Standing
from notifier import addresses, asks, corrections, subscriptions, tokens, watches
from notifier.models import Subscriber, Suppression, Watch
from notifier.tokens import Purpose
from tests.notifier.correcting_kit import a_meeting, mail, rewrite, told
from tests.notifier.pages.people import everything
from tests.notifier.planning_kit import DAY, HOUR, MINUTE, NOW, daily, instant, person
from tests.notifier.postman import carry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at(monkeypatch):
    Newsroom.objects.bulk_create(
        [Newsroom(pk=1, name="Newsroom", list_domain="example.org")], ignore_conflicts=True
    )
    moment = {"now": NOW}
    monkeypatch.setattr(clock, "now", lambda: moment["now"])
    return moment


def key(release_id: int) -> str:
    return Standing.objects.get(pk=release_id).key


def link(message, way: str) -> str:
    found = re.search(rf"/{way}/[\w/-]+", message.text)
    assert found, message.text
    return found[0]


def asked(release_id: int, now: datetime, address: str = "quoter@example.org"):
    answer = Client().post(f"/watch/{key(release_id)}", {"email": address})
    asks.deal(now)
    return answer


def test_from_the_page_of_a_release_to_the_first_change_and_out_again_by_one_click(at):
    a_release = a_meeting()
    page = Client().get(f"/releases/{key(a_release)}").content.decode()
    assert f'action="/watch/{key(a_release)}"' in page
    assert asked(a_release, NOW).status_code == 303
    [letter] = carry(NOW)
    assert "A meeting" in letter.words
    way_in = link(letter, "watch")
    before = everything()
    for method in ("get", "head"):
        assert getattr(Client(), method)(way_in).status_code == 200
    assert everything() == before
    assert "We tell you" in Client().post(way_in).content.decode()
    quoter = Subscriber.objects.get()
    assert (quoter.state, quoter.cadences.count()) == (Subscriber.State.ACTIVE, 0)

    rewrite(a_release, NOW + HOUR)
    [message] = mail(NOW + HOUR)
    assert (message.subscriber, message.subject) == (quoter.pk, "Corrected: A meeting")
    assert "You asked to be told if this release changes." in message.words
    one_click = str(message.message["List-Unsubscribe"]).strip("<>").partition("/unwatch")[2]
    assert message.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Client().get(f"/unwatch{one_click}").status_code == 200
    assert Watch.objects.filter(ended_at=None).count() == 1
    answer = Client().post(f"/unwatch{one_click}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert Client().post(f"/unwatch{one_click}").status_code == 200
    rewrite(a_release, NOW + 2 * HOUR, summary="There is none.")
    assert mail(NOW + 2 * HOUR) == []
    quoter.refresh_from_db()
    assert quoter.state == Subscriber.State.ACTIVE


def test_each_change_and_the_withdrawal_but_nothing_cosmetic_and_nothing_from_before():
    a_release = a_meeting()
    rewrite(a_release, NOW + 2 * MINUTE, summary="The meeting is on Sunday.")
    ada = person(daily())
    watches.begin(ada, a_release, NOW + HOUR)
    assert mail(NOW + HOUR) == []
    rewrite(a_release, NOW + 2 * HOUR, summary="The meeting  is on Sunday.")
    assert mail(NOW + 2 * HOUR) == []
    rewrite(a_release, NOW + 3 * HOUR)
    [message] = mail(NOW + 3 * HOUR)
    assert "Before: The meeting is on Sunday." in message.words
    rewrite(a_release, NOW + 4 * HOUR, state=Release.State.WITHDRAWN, withdrawn_reason="No meeting.")
    [message] = mail(NOW + 4 * HOUR)
    assert message.subject == "Withdrawn: A meeting"
    assert "No meeting." in message.words
    assert mail(NOW + 5 * HOUR) == []


def test_who_watches_and_received_it_is_told_once():
    ada, bob = person(instant()), person(instant())
    a_release = a_meeting()
    mail(NOW + 2 * MINUTE)
    watches.begin(ada, a_release, NOW + HOUR)
    rewrite(a_release, NOW + 2 * HOUR)
    assert told(mail(NOW + 2 * HOUR)) == [ada.pk]
    corrections.mark(a_release, "", "command:test", NOW + 3 * HOUR)
    assert told(mail(NOW + 3 * HOUR)) == [bob.pk]
    rewrite(a_release, NOW + 4 * HOUR, summary="Or on Friday.")
    corrections.mark(a_release, "", "command:test", NOW + 4 * HOUR)
    assert told(mail(NOW + 4 * HOUR)) == [ada.pk, bob.pk]


def test_beside_each_release_in_a_mail_there_is_a_link(at):
    ada = person(instant())
    a_release = a_meeting()
    [message] = mail(NOW + 2 * MINUTE)
    at["now"] = NOW + 3 * MINUTE
    way = link(message, "watch")
    assert way.startswith(f"/watch/{key(a_release)}/")
    Client().post(way)
    assert watches.is_watching(ada, a_release, at["now"])
    manage = link(message, "manage")
    assert "A meeting" in Client().get(manage).content.decode()
    Client().post(manage, {"act": "unwatch", "key": key(a_release)})
    assert not watches.is_watching(ada, a_release, at["now"])


def test_it_ends_after_a_year_by_leaving_and_waits_through_a_pause():
    a_release = a_meeting()
    old, leaver, paused = (person(daily()) for _ in range(3))
    watches.begin(old, a_release, NOW)
    for one in (leaver, paused):
        watches.begin(one, a_release, NOW + 360 * DAY)
    mail(NOW + 365 * DAY)
    subscriptions.leave(leaver, NOW + 365 * DAY)
    subscriptions.pause(paused, NOW + 365 * DAY)
    rewrite(a_release, NOW + 366 * DAY)
    assert told(mail(NOW + 366 * DAY)) == []
    subscriptions.resume(paused, NOW + 367 * DAY, missed=False)
    assert told(mail(NOW + 367 * DAY)) == [paused.pk]


def test_every_address_gets_the_same_answer_and_few_letters(at):
    a_release = a_meeting()
    known = addresses.decrypt(bytes(person(daily()).address))
    left = person(daily())
    subscriptions.leave(left, NOW)
    Suppression.objects.create(address=addresses.encrypt("bounced@example.org"), reason="5.1.1", at=NOW)
    typed = ["new@example.org", known, addresses.decrypt(bytes(left.address)), "bounced@example.org"]
    answers = [asked(a_release, NOW, address) for address in typed * 3]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (303, "/subscribe/sent")
    }
    assert len(carry(NOW)) == 3
    left.refresh_from_db()
    assert left.state == Subscriber.State.LEFT
    assert Client().post(f"/watch/{key(a_release)}", {"email": "nonsense"}).status_code == 422
    assert Client().get("/watch/nothing").status_code == 404


def test_tokens_of_another_purpose_are_refused():
    a_release = a_meeting()
    ada = person(daily())
    for purpose in Purpose:
        token = tokens.make(purpose, ada.pk, 0, NOW.date())
        for way in ("watch", "unwatch"):
            status = Client().post(f"/{way}/{key(a_release)}/{token}").status_code
            assert status == (200 if way == purpose.word else 404), (way, purpose)


def test_who_had_left_comes_back_for_the_release_alone():
    a_release = a_meeting()
    ada = person(daily())
    subscriptions.leave(ada, NOW + HOUR)
    watches.begin(ada, a_release, NOW + 2 * HOUR)
    ada.refresh_from_db()
    assert (ada.state, ada.cadences.count()) == (Subscriber.State.ACTIVE, 0)
    assert mail(NOW + 3 * DAY) == []
    subscriptions.change(ada, now=NOW + 3 * DAY, language="fr")
    rewrite(a_release, NOW + 4 * DAY)
    assert len(mail(NOW + 4 * DAY)) == 1
