"""Asking for more than one has: the letter that offers it, and the page behind its link."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from feeds.models import Topic
from feeds.selection import of
from notifier import offers, post, subscriptions, tokens
from notifier.models import Cadence, Delivery, Dispatch, Edition, Subscriber
from notifier.subscriptions import Wish
from notifier.tokens import Purpose
from tests.feeds.stories import NOW
from tests.notifier.pages.people import DAY, FORM, an_offer, anna, deal, everything, letters, person
from tests.notifier.reading import message
from tests.wellformed import page, words

POLICING = Wish(of(topics=["policing"]), "weekly", 480)


def link(dispatch: Dispatch, subscriber: Subscriber | None = None) -> str:
    token = tokens.make(Purpose.ADD, (subscriber or anna()).pk, dispatch.pk, NOW.date())
    return f"/add/{token}"


def had() -> list[Wish]:
    return subscriptions.wishes_of(anna())


@pytest.mark.usefixtures("x")
def test_from_the_form_of_another_feed_to_one_wish_more(client: Client) -> None:
    person()
    client.post("/subscribe", {**FORM, "topic": "policing", "frequency": "weekly", "minute": "480"})
    deal()
    dispatch = Dispatch.objects.get(editions__layout="add")
    mail = message(dispatch, anna())
    assert str(mail.headers["subject"]) == "Add this to your subscription?"
    assert "list-unsubscribe" not in mail.headers
    assert "Policing · Once a week: Monday, 08:00, Vienna time" in " ".join(mail.text.split())
    assert "So far you get:" in mail.text
    (address,) = [href for href in mail.links() if "/add/" in href]
    assert address in mail.text
    assert [href for href in mail.links() if "/manage/" in href]

    path = "/add/" + address.rpartition("/")[2]
    shown = page(Client().get(path))
    assert words(shown.find(".//h1")) == "Add this to your subscription?"
    assert "Policing" in words(shown)
    assert len(had()) == 1
    for _ in range(2):
        done = page(Client(enforce_csrf_checks=True).post(path))
        assert words(done.find(".//h1")) == "You are subscribed"
        assert [(it.frequency, it.selection) for it in had()] == [
            ("daily", of(topics=["borders"])), ("weekly", of(topics=["policing"])),
        ]  # fmt: skip
    assert sorted(Cadence.objects.values_list("frequency", flat=True)) == ["daily", "weekly"]


@pytest.mark.usefixtures("x")
def test_a_wish_at_a_frequency_that_is_had_comes_with_the_others_at_their_hour(client: Client) -> None:
    path = link(an_offer(person(), Wish(of(topics=["policing"]), "daily", 1080)))
    assert "Every day at 07:00" in words(page(client.get(path)))
    page(client.post(path))
    assert [it.minute for it in had()] == [420, 420]
    assert Cadence.objects.get().chain.times == "07:00"


@pytest.mark.usefixtures("x")
def test_what_is_had_already_needs_no_button(client: Client) -> None:
    path = link(an_offer(person(POLICING)))
    before = everything()
    tree = page(client.get(path))
    assert words(tree.find(".//h1")) == "You are subscribed"
    assert not tree.xpath("//form[@method='post'][not(@action)]")
    page(client.post(path))
    assert everything() == before


@pytest.mark.usefixtures("x")
def test_terms_that_were_merged_meanwhile_are_those_they_went_up_in(client: Client) -> None:
    path = link(an_offer(person(), Wish(of(topics=["constables"]), "weekly", 480)))
    Topic.objects.filter(slug="policing").update(former=["constables"])
    page(client.post(path))
    assert had()[1].selection == of(topics=["policing"])


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("again", [False, True])
def test_who_left_meanwhile_stays_away(client: Client, again: bool) -> None:
    path = link(an_offer(person()))
    subscriptions.leave(anna(), NOW)
    if again:
        person(confirmed=False)
    before = had()
    for answer in (client.get(path), client.post(path)):
        assert words(page(answer).find(".//h1")) == "You have unsubscribed"
    assert (anna().state, had()) == ("pending" if again else "left", before)


@pytest.mark.usefixtures("x")
def test_who_paused_goes_on_pausing(client: Client) -> None:
    path = link(an_offer(person()))
    subscriptions.pause(anna(), NOW)
    assert "Paused" in words(page(client.post(path)))
    assert len(had()) == 2
    assert not Cadence.objects.filter(paused_at=None).exists()


@pytest.mark.usefixtures("x")
def test_a_link_that_was_forged_or_is_too_old_adds_nothing(client: Client, at: dict[str, datetime]) -> None:
    dispatch = an_offer(person())
    good = link(dispatch)
    manage = tokens.make(Purpose.MANAGE, anna().pk, dispatch.pk, NOW.date())
    other = post.letter(anna(), "manage", {"choices": []}, NOW)
    bad = [good[:-1], "/add/" + "A" * 46, f"/add/{manage}", link(other), link(Dispatch(pk=10**9)),
           link(dispatch, Subscriber(pk=10**9))]  # fmt: skip
    for path in bad:
        for answer in (client.get(path), client.post(path)):
            page(answer, 404)
    at["now"] = NOW + 7 * DAY
    page(client.get(good))
    at["now"] = NOW + 8 * DAY
    for answer in (client.get(good), client.post(good)):
        assert "7 days" in words(page(answer, 410))
    assert len(had()) == 1


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    "wish", [None, {}, {"selection": {"rules": []}, "frequency": "daily"}, {"selection": 1, "frequency": "daily"},
             {**offers.to_json(POLICING), "frequency": "hourly"}, {**offers.to_json(POLICING), "colour": "red"}]
)  # fmt: skip
def test_a_letter_whose_wish_cannot_be_read_offers_nothing(client: Client, wish: object) -> None:
    dispatch = an_offer(person())
    Edition.objects.filter(dispatch=dispatch).update(content={"wish": wish})
    page(client.get(link(dispatch)), 404)


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("language", ["fr", "de", "it", "ru", "es"])
def test_letter_and_page_speak_the_subscribers_language(client: Client, language: str) -> None:
    found = person(language=language)
    client.post("/subscribe", {**FORM, "topic": "policing"})
    assert letters() == ["add"]
    mail = message(Dispatch.objects.get(editions__layout="add"), found)
    assert mail.headers["content-language"] == language
    assert "Add this" not in mail.text
    tree = page(client.get(link(Dispatch.objects.get(editions__layout="add"))))
    assert tree.get("lang") == language
    assert words(tree.find(".//h1")) == str(mail.headers["subject"])
    assert Delivery.objects.count() == 1
