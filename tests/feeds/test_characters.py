"""Characters that do not show: kept where a script needs them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import characters, normalise

TRICKY = st.text(
    st.sampled_from(
        "ab\u05d0\u0627\u0e01\u1019\u0915\u094d\u4e00\U0001f469\U0001f3f4\U000e0067\U000e007f\ufe0f\u0301\u0327\n "
        "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u0378\u2329\ud800\x00"
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian: without the joiner another word
        "क्\u200dष",  # Devanagari
        "👩\u200d👩\u200d👧",  # a family
        "❤\ufe0f\u200d🔥",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
        "ភាសា\u200bខ្មែរ",  # Khmer, where a line may break
        "שלום \u200e(abc)\u200e",
        "שלום \u2068abc\u2069 שלום",
        "“Quoted” – Привет, été",
    ],
)
def test_what_a_script_needs_is_kept(text):
    assert normalise.line(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("bor\u200bder", "border"),
        ("bor\u00adder", "border"),
        ("\ufeffborder", "border"),
        ("bor\u200d\u200cder", "border"),
        ("\u202egpj.exe", "gpj.exe"),
        ("border \u2066guards", "border guards"),
        ("a\U000e0061\U000e0062", "a"),
        ("שלום \u202babc", "שלום \u202babc\u202c"),
        ("שלום\u2069 \u202c", "שלום"),
        ("ש\u2067a\u202ab\u2069c", "ש\u2067a\u202ab\u202c\u2069c"),
        ("e\u200b\u0301", "é"),
    ],
)
def test_what_misleads_or_hides_is_not(text, left):
    assert normalise.line(text) == left


def test_in_html_too_even_where_it_is_written_as_a_reference():
    assert normalise.markup("<p>a&#x202e;b&shy;c&ZeroWidthSpace;</p>") == "<p>abc</p>"


def test_a_letter_keeps_thirty_marks():
    assert normalise.line("a" + "\u0327\u0301" * 50_000) == unicodedata.normalize(
        "NFC", "a" + "\u0327\u0301" * 15
    )


@given(TRICKY)
def test_what_is_left_is_fit_to_store_and_twice_is_once(text):
    once = characters.shown(text)
    assert not characters.ILLEGAL.search(once)
    for function in (normalise.line, normalise.text, normalise.summary, normalise.plain, normalise.fold):
        assert function(function(text)) == function(text)
    for line in normalise.text(text).split("\n"):
        opened = sum(line.count(one) for one in "\u202a\u202b\u2066\u2067\u2068")
        assert opened == sum(line.count(one) for one in "\u202c\u2069")
