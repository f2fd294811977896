"""The whole way of a reader in a real browser, by the keyboard alone."""

from __future__ import annotations

import re

import pytest

from feeds.models import Topic
from notifier import planner
from tests.browser import faults
from tests.feeds.stories import NOW, TODAY, settle, write
from tests.notifier.pages.people import DAY, anna, deal
from tests.notifier.postman import carry

FARTHEST = 150  # presses of Tab to anything on a page


def reach(page, selector):
    """Go on by Tab until what has the focus fits."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard: {page.locator('main').inner_text()}")


def press(page, selector, key="Enter"):
    """Reach it, press a key on it, and be where that leads."""
    reach(page, selector)
    seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert seen != "none", f"{selector} does not show that it has the focus"
    go(page, key)


def go(page, key="Enter"):
    """Press a key that leads on."""
    with page.expect_navigation():
        page.keyboard.press(key)


def heading(page):
    return page.locator("h1").inner_text()


def choose(page):
    """From the front page to the message: tick a topic, look, first mistake the address, then send it."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reach(page, "input[name=topic][value=borders]")
    page.keyboard.press("Space")
    press(page, ".choose button[type=submit]")
    assert page.locator(".sentence mark").all_inner_texts() == ["Border management"]
    reach(page, "#email")
    page.keyboard.type("anna")
    go(page)
    assert page.locator(".wrongs a").count() == 1
    wrong = faults(page)
    press(page, ".wrongs a")
    assert page.evaluate("document.activeElement.id") == "email", "the complaint leads to its field"
    page.keyboard.press("Control+a")
    page.keyboard.type("anna@example.org")
    go(page)
    assert "/subscribe/sent" in page.url
    return wrong


def change(page):
    reach(page, "#frequency")
    page.keyboard.press("ArrowDown")
    press(page, "button[value=save]")
    return page.locator("[role=status]").first.inner_text()


def confirm(page):
    press(page, "main button[type=submit]")
    return heading(page)


def links(received, word):
    return re.findall(rf"https?://[^\s/]+(/{word}/[\w/-]+)", received.text)


@pytest.mark.holds("P1", "P2")
@pytest.mark.usefixtures("x")
def test_from_the_front_page_to_the_first_digest_and_out_and_back_by_keyboard_alone(site, at):
    with site.window() as window:
        window.open("/")
        assert window.do(choose) == []
        deal()
        [letter] = carry(NOW)
        window.open(links(letter, "confirm")[0])
        assert window.do(confirm) == "You are subscribed"

        write("Guards train again", TODAY, (Topic.objects.get(slug="borders"),))
        settle(NOW)
        at["now"] = NOW + DAY
        planner.plan(at["now"])
        digest = next(message for message in carry(at["now"]) if "Guards train again" in message.text)
        window.open(links(digest, "manage")[0])
        assert "Done" in window.do(change)

        window.open(links(digest, "unsubscribe")[0])
        assert window.do(confirm) == "You have unsubscribed"
        assert anna().state == "left"
        assert window.do(confirm) == "You are subscribed again"
        assert anna().state == "active"
