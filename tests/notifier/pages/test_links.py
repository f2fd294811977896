"""The pages behind the links of messages: confirm, manage, unsubscribe."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from notifier import subscriptions
from notifier.models import Subscriber
from notifier.pages import links
from notifier.tokens import Purpose
from tests.feeds.stories import NOW
from tests.notifier.pages.people import (
    ANNA,
    DAY,
    STATES,
    addresses_of_pages,
    anna,
    everything,
    person,
)
from tests.wellformed import page, words


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.MANAGE, Purpose.UNSUBSCRIBE])
def test_a_link_that_does_not_work_says_what_to_do_next(
    client: Client, purpose: Purpose, at: dict[str, datetime]
) -> None:
    good = links.link(purpose, person(), NOW)
    another = Purpose.UNSUBSCRIBE if purpose is Purpose.CONFIRM else Purpose.CONFIRM
    foreign = links.link(another, anna(), NOW).replace(another.word, purpose.word)
    nobody = links.link(purpose, Subscriber(pk=10**9), NOW)
    page(client.get(good))
    at["now"] = NOW + purpose.days * DAY
    page(client.get(good))
    broken(client, good[:-1], 404)
    broken(client, foreign, 404)
    broken(client, nobody, 404)
    broken(client, good[:-4] + "é%00", 404)
    at["now"] += DAY
    broken(client, good, 410)
    assert anna().state == "active"


def broken(client: Client, path: str, status: int) -> None:
    for answer in (client.get(path), client.post(path)):
        tree = page(answer, status)
        assert tree.xpath("//main//li//a/@href")[0] in {"/", "/manage/"}
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.holds("S7")
@pytest.mark.usefixtures("x")
def test_pages_behind_a_link_leave_no_trace(client: Client) -> None:
    found = person()
    for purpose in (Purpose.CONFIRM, Purpose.MANAGE, Purpose.UNSUBSCRIBE):
        answer = client.get(links.link(purpose, found, NOW))
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert ANNA not in answer.content.decode()
        assert (purpose is Purpose.CONFIRM) or "a…@example.org" in answer.content.decode()


@pytest.mark.usefixtures("x")
def test_pages_behind_a_link_speak_the_subscribers_language(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(language="ru"), NOW)
    answer = client.get(link, headers={"Accept-Language": "de"})
    assert (page(answer).get("lang"), answer.headers["Content-Language"]) == ("ru", "ru")
    assert page(client.get(f"{link}?lang=fr")).get("lang") == "fr"


@pytest.mark.usefixtures("x")
def test_a_confirmation_link_brings_nobody_back_who_left(client: Client) -> None:
    found = person()
    subscriptions.leave(found, NOW)
    tree = page(client.post(links.link(Purpose.CONFIRM, found, NOW)))
    assert (words(tree.find(".//h1")), anna().state) == ("You have unsubscribed", "left")


@pytest.mark.holds("M6")
@pytest.mark.usefixtures("x")
def test_one_click_needs_no_cookie_no_referer_and_can_be_repeated() -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(), NOW - timedelta(days=730))
    provider = Client(enforce_csrf_checks=True)
    for _ in range(3):
        answer = provider.post(
            link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert (answer.status_code, anna().state) == (200, "left")
        assert not answer.cookies


@pytest.mark.usefixtures("x")
def test_one_click_as_form_data_and_with_an_odd_body_works_too() -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(), NOW)
    assert Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert anna().state == "left"
    subscriptions.come_back(anna(), NOW)
    assert Client().post(link, b"\xff\x00", content_type="application/octet-stream").status_code == 200
    assert anna().state == "left"


@pytest.mark.holds("S1")
@pytest.mark.usefixtures("x")
def test_no_page_changes_anything_when_it_is_only_looked_at() -> None:
    people = [person(address=f"{state}@example.org", confirmed=state != "pending") for state in STATES]
    subscriptions.pause(people[2], NOW)
    subscriptions.leave(people[3], NOW)
    paths = list(dict.fromkeys(path for one in people for path in addresses_of_pages(one)))
    before = everything()
    assert len(before) > 20
    for path in paths:
        expected = {405} if path.startswith("/webhooks/") else {200, 302}
        if path.startswith("/feeds/private/"):  # as long as nothing is chosen
            expected = {200, 404}
        for method in ("get", "head", "get"):
            assert getattr(Client(), method)(path).status_code in expected, path
        sly = "?act=leave&edit=1&done=1&email=a@example.org&List-Unsubscribe=One-Click&lang=ru"
        # 400: a page of choices refuses what is no choice.
        assert Client().get(path + sly).status_code in {*expected, 400}, path
    assert everything() == before
