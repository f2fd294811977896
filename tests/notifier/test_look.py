"""Messages and web editions in a real browser: light, dark, narrow, pictures shown and blocked, read aloud."""

import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from feeds.models import Newsroom
from notifier import letters, samples
from tests.notifier.mailing import a_dispatch, a_newsroom, a_release, hide
from tests.notifier.pages.test_editions import path_of
from tests.notifier.reading import Message

TREES = Path(__file__).parent / "trees"
NEWSROOM = Newsroom(name="OSCE newsroom", publisher="OSCE", edition_images=True)
LIGHT, DARK = False, True
WIDE, NARROW = 700, 320
TOKEN = re.compile(r"/[\w-]{46}\b")
PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def html_of(letter):
    pattern = letters.compose(letter, NEWSROOM)
    raw = pattern.fill(letters.values(pattern, 1, letter.made_at.date(), 1, "ada@example.org", "Elections"))
    return Message(raw).html


def tree_of(browser, kind):
    """Without what differs by person."""
    return TOKEN.sub("/…", browser.look(html_of(samples.letter(kind, "en"))).tree) + "\n"


@pytest.mark.holds("M4")
@pytest.mark.parametrize(
    ("kind", "language", "dark", "width"),
    [
        ("digest", "en", LIGHT, WIDE), ("digest", "en", DARK, WIDE), ("digest", "ru", LIGHT, NARROW),
        ("small digest", "ru", DARK, NARROW), ("small digest", "ar", LIGHT, NARROW), ("correction", "de", DARK, WIDE),
        ("withdrawal", "fr", LIGHT, NARROW), ("alert", "es", DARK, NARROW), ("confirm", "it", DARK, NARROW),
        ("welcome", "en", LIGHT, WIDE),
    ],
)  # fmt: skip
def test_a_message_is_accessible_and_never_scrolls_sideways(browser, kind, language, dark, width):
    sight = browser.look(html_of(samples.letter(kind, language)), dark=dark, width=width)
    assert sight.faults == []
    assert not sight.scrolls_sideways


@pytest.mark.parametrize("shown", [True, False], ids=["pictures shown", "pictures blocked"])
def test_a_message_with_pictures_is_accessible_with_and_without_them(browser, shown):
    letter = samples.letter("small digest", "en")
    address = "https://news.example.org/a.png"
    letter = replace(letter, entries=[replace(entry, image=address) for entry in letter.entries])
    sight = browser.look(html_of(letter), width=320, files={address: PICTURE} if shown else {})
    assert sight.faults == []
    assert not sight.scrolls_sideways
    assert sight.tree.count('img "The picture of this release"') == 3


@pytest.mark.parametrize("kind", ["digest", "small digest", "withdrawal", "confirm"])
def test_read_aloud_a_message_is_what_it_was(browser, kind):
    """The tree that a screen reader has. Where a change of it is meant, the file is to say the same."""
    kept = (TREES / f"{kind.replace(' ', '-')}.txt").read_text(encoding="utf-8")
    assert tree_of(browser, kind) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(("dark", "width"), [(DARK, NARROW), (LIGHT, WIDE)])
def test_a_web_edition_is_accessible_and_never_scrolls_sideways(browser, client, dark, width):
    a_newsroom()
    topics = ["elections", "border-management", "elections", "education"]
    several = [a_release(f"Release {n}", [topic], summary="About it. " * 9) for n, topic in enumerate(topics)]
    gone = a_release("Gone", ["education"], withdrawn_reason="It was not true.")
    dispatch = a_dispatch([], [*several, gone])
    hide(gone)
    sight = browser.look_at(client, path_of(dispatch), dark=dark, width=width)
    assert sight.faults == []
    assert not sight.scrolls_sideways
    assert "Withdrawn on 17 February 2025" in sight.tree
