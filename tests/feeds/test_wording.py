"""What counts as a change that a reader should see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import wording
from feeds.wording import fingerprint, places, words, words_of


def of(**parts: str) -> str:
    return fingerprint(**{"title": "", "summary": "", "body": "", "note": "", "date": "2025-02-17", **parts})


COSMETIC = {
    "quotation marks": ("title", "“It’s” «new»", "\"It's\" 'new'"),
    "dashes": ("title", "10–12 May — new", "10-12 May - new"),
    "white space": ("summary", "one  two\nthree", "one two\u00a0three"),
    "composed letters": ("title", "Kyi\u0308v", "Ky\u00efv"),
    "soft hyphens": ("title", "co\u00adoperation", "cooperation"),
    "emphasis": ("body", "<p>A <b>b</b>old word</p>", "<p>A bold <em>word</em></p>"),
    "paragraphs": ("body", "<p>One</p><p>two</p>", "<div>One<br>two</div>\n"),
    "entities": ("body", "Bosnia &amp; Herzegovina&nbsp;2&#39;s", "Bosnia & Herzegovina 2's"),
    "comments": ("body", "a<!-- 5 > 3 --> b", "a b"),
    "images": ("body", "<p>a<img src='x.jpg' alt='b'></p>", "<p>a</p>"),
    "the scheme of a link": ("body", "<a href='http://a.example/x/'>x</a>", '<A HREF="https://a.example/x">x</A>'),
    "the marks of a campaign": (
        "body", "<a href='https://a.example/x?id=2&amp;utm_source=mail&utm_medium=x#top'>x</a>",
        "<a class=y href=https://a.example/x?id=2>x</a>",
    ),
}  # fmt: skip
SIGNIFICANT = {
    "a letter": ("title", "Ten officers", "Ten Officers"),
    "a figure": ("summary", "10 officers", "12 officers"),
    "a figure between brackets": ("title", "less <5 % and >3 %", "less <7 % and >3 %"),
    "a full stop": ("summary", "It is. So", "It is So"),
    "a diacritic": ("title", "Résumé", "Resume"),
    "where a link leads": (
        "body",
        "<a href='https://a.example/x'>x</a>",
        "<a href='https://a.example/y'>x</a>",
    ),
    "a telephone number": ("body", "<a href='tel:+431'>call</a>", "<a href='tel:+432'>call</a>"),
    "a link more": ("body", "see x", "see <a href='https://a.example/'>x</a>"),
    "the date": ("date", "2025-02-17", "2025-02-16"),
    "the note": ("note", "", "It was eleven."),
}


@pytest.mark.parametrize("case", COSMETIC)
@pytest.mark.holds("F2")
def test_cosmetic(case):
    field, before, after = COSMETIC[case]
    assert of(**{field: before}) == of(**{field: after})


@pytest.mark.parametrize("case", SIGNIFICANT)
@pytest.mark.holds("F2")
def test_significant(case):
    field, before, after = SIGNIFICANT[case]
    assert of(**{field: before}) != of(**{field: after})


def test_text_does_not_slip_from_one_field_into_the_next():
    assert of(title="a b") != of(title="a", summary="b")
    assert of(body="a") != of(note="a")


def test_a_fingerprint_tells_how_it_was_made():
    assert wording.comparable(of(title="x"))
    assert not wording.comparable("0" * 64)
    assert len(of(title="x")) <= 64


@given(st.text())
def test_anything_has_words_places_and_a_fingerprint(text):
    assert words(words(text)) == words(text)
    assert isinstance(words_of(text), str)
    assert isinstance(places(text), list)
    assert of(title=text, body=text) == of(title=text, body=text)
