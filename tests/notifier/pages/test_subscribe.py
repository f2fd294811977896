"""Asking for mail: through the form, and what everybody is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client

from feeds.selection import Rule, Selection
from notifier import addresses, subscriptions
from notifier.models import Cadence, Delivery, Edition, Subscriber, Suppression
from notifier.pages import links
from notifier.tokens import Purpose
from tests.feeds.stories import NOW
from tests.notifier.pages.people import (
    ANNA,
    DAY,
    FORM,
    MINUTE,
    anna,
    deal,
    letters,
    person,
)
from tests.wellformed import page, words


@pytest.mark.holds("P2")
@pytest.mark.usefixtures("x")
def test_from_the_form_to_the_first_message_and_out_again(client: Client) -> None:
    tree = page(client.get("/?topic=borders"))
    form = tree.xpath("//form[@method='post']")[0]
    fields = {i.get("name"): i.get("value") for i in form.xpath(".//input")}
    fields |= {s.get("name"): s.xpath("string(.//option[@selected]/@value)") for s in form.xpath(".//select")}
    asked = Client(enforce_csrf_checks=True)
    asked.cookies = client.cookies
    answer = asked.post("/subscribe", {**fields, "email": "Anna@Example.org "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscribe/sent")
    page(client.get("/subscribe/sent"))
    assert (letters(), anna().state) == (["confirm"], "pending")

    link = links.link(Purpose.CONFIRM, anna(), NOW)
    assert "Border management" in words(page(client.get(link)))
    assert anna().state == "pending"
    done = page(asked.post(link))
    assert words(done.find(".//h1")) == "You are subscribed"
    cadence = Cadence.objects.get()
    assert (cadence.frequency, cadence.chain.times, cadence.chain.zone) == ("daily", "07:00", "Europe/Vienna")

    manage = done.xpath("//a[contains(@href, '/manage/')]/@href")[0]
    leave = page(client.get(manage)).xpath("//form[contains(@action, '/unsubscribe/')]/@action")[0]
    left = page(asked.post(leave, {"act": "leave"}))
    assert (words(left.find(".//h1")), anna().state) == ("You have unsubscribed", "left")
    back = page(asked.post(leave, {"act": "undo"}))
    assert (words(back.find(".//h1")), anna().state) == ("You are subscribed again", "active")


@pytest.mark.usefixtures("x")
def test_any_selection_can_be_asked_for_by_mail_and_is_just_that(client: Client) -> None:
    query = "topic=borders&q=guards&not-language=fr&office.2=rome"
    answer = client.get(f"/subscribe?{query}")
    assert answer.headers["Location"] == f"/?{query}#yours"
    tree = page(client.get(f"/?{query}"))
    (chosen,) = tree.xpath("//input[@name='selection']/@value")
    client.post("/subscribe", {**{k: v for k, v in FORM.items() if k != "topic"}, "selection": chosen})
    expected = Selection(
        (Rule(topics=("borders",), words=("guards",), not_languages=("fr",)), Rule(offices=("rome",)))
    )
    assert [(w.selection, w.frequency) for w in subscriptions.wishes_of(anna())] == [(expected, "daily")]
    confirm = words(page(client.get(links.link(Purpose.CONFIRM, anna(), NOW))))
    assert "with the words “guards”, but not French; and everything from Rome" in confirm


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("query", ["topic=nothing", "q=" + "x" * 201, "office.2=\x00"])
def test_a_selection_that_cannot_be_is_not_recorded(client: Client, query: str) -> None:
    tree = page(client.post("/subscribe", {**FORM, "selection": query}), status=422)
    assert "choose anew" in words(tree.xpath("//div[@role='alert']")[0])
    assert not Subscriber.objects.exists()


@pytest.mark.usefixtures("x")
def test_a_form_from_elsewhere_is_refused_and_says_what_to_do() -> None:
    stranger = Client(enforce_csrf_checks=True)
    tree = page(stranger.post("/subscribe", FORM), status=403)
    assert "send the form once more" in words(tree)
    assert not Subscriber.objects.exists()


@pytest.mark.holds("S4")
@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "a b@example.org", "anna@example.org\r\nBcc: b@example.org", '"a b"@example.org',
     "a@[127.0.0.1]", "anna@gmail", "anna\x00@example.org", "a" * 65 + "@example.org", "\u202egro.elpmaxe@anna",
     "anna@example.org,b@example.org"],
)  # fmt: skip
def test_what_is_no_address_comes_back_with_a_message_at_the_field(client: Client, typed: str) -> None:
    tree = page(client.post("/subscribe", {**FORM, "email": typed}), status=422)
    field = tree.get_element_by_id("email")
    assert field.get("aria-invalid") == "true"
    assert "name@example.org" in words(tree.get_element_by_id(field.get("aria-describedby")))
    assert tree.xpath("//div[@role='alert']//a/@href") == ["#email"]
    assert tree.xpath("//input[@type='hidden'][@name='topic']/@value") == ["borders"]
    assert not Subscriber.objects.exists()


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("field", "value"),
    [("frequency", "hourly"), ("minute", "1440"), ("minute", "x"), ("zone", "Mars/Olympus"), ("zone", "../etc/passwd"),
     ("language", "tlh")],
)  # fmt: skip
def test_what_the_form_does_not_offer_is_refused(client: Client, field: str, value: str) -> None:
    tree = page(client.post("/subscribe", {**FORM, field: value}), status=422)
    assert tree.xpath("//div[@role='alert']//a/@href") == [f"#{field}"]
    assert not Subscriber.objects.exists()


@pytest.mark.usefixtures("x")
def test_everybody_gets_the_same_answer(client: Client) -> None:
    person(address="active@example.org")
    person(address="pending@example.org", confirmed=False)
    subscriptions.leave(person(address="left@example.org"), NOW)
    person(address="bounced@example.org", confirmed=False)
    Suppression.objects.create(address=addresses.encrypt("bounced@example.org"), reason="5.1.1", at=NOW)
    answers = set()
    for name in ("new", "active", "pending", "left", "bounced"):
        for path in ("/subscribe", "/manage/"):
            answer = client.post(path, {**FORM, "email": f"{name}@example.org"})
            answers.add((answer.status_code, answer.headers["Location"], answer.content))
    assert answers == {(303, "/subscribe/sent", b"")}
    assert sorted(letters()) == ["confirm", "confirm", "confirm", "manage"]


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("asked", "letter"),
    [({"topic": "policing", "frequency": "instant"}, "add"), ({}, "manage"), ({"minute": "600"}, "manage")],
)  # fmt: skip
def test_who_is_subscribed_is_offered_what_they_do_not_have_and_nothing_changes(
    client: Client, asked: dict[str, str], letter: str
) -> None:
    person()
    before = subscriptions.wishes_of(anna())
    client.post("/subscribe", {**FORM, **asked})
    assert letters() == [letter]
    assert subscriptions.wishes_of(anna()) == before


@pytest.mark.usefixtures("x")
def test_an_address_gets_one_letter_in_a_quarter_of_an_hour_and_three_a_day(
    client: Client, at: dict[str, datetime]
) -> None:
    for minutes in (0, 5, 14, 15, 20, 29, 31, 60, 120, 600):
        at["now"] = NOW - 12 * timedelta(hours=1) + minutes * MINUTE
        client.post("/subscribe", FORM)
        deal()
    assert len(letters()) == 3
    times = list(Edition.objects.order_by("pk").values_list("dispatch__made_at", flat=True))
    assert [(b - a) >= 15 * MINUTE for a, b in pairwise(times)] == [True, True]
    at["now"] = NOW + 12 * timedelta(hours=1)
    client.post("/subscribe", FORM)
    assert len(letters()) == 4


@pytest.mark.usefixtures("x")
def test_a_suppression_that_has_expired_holds_no_more(client: Client) -> None:
    Suppression.objects.create(
        address=addresses.encrypt(ANNA), reason="4.2.2", at=NOW - DAY, expires_at=NOW - MINUTE
    )
    client.post("/subscribe", FORM)
    assert letters() == ["confirm"]


@pytest.mark.usefixtures("x")
def test_an_unknown_address_gets_no_letter_from_the_lost_link_page(client: Client) -> None:
    page(client.get("/manage/"))
    page(client.post("/manage/", {"email": "nobody@"}), status=422)
    client.post("/manage/", {"email": "nobody@example.org"})
    deal()
    assert not Delivery.objects.exists()
