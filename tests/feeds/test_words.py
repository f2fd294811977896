"""Words and phrases are found in any script, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.words import says, tidy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("İstanbul’da toplantı", "istanbul"),
        ("ISTANBUL", "ıstanbul"),
        ("Café society", "cafe\u0301"),
        ("They don’t know", "DON'T"),
        ("Counter‑terrorism week", "counter terrorism"),
        ("counter terrorism", "counter-terrorism"),
        ("An e\u00admail", "email"),
        ("Human\u00a0rights for all", "human  RIGHTS"),
        ("Straße", "STRASSE"),
        ("ＯＳＣＥ", "osce"),
        ("安全会議が開かれた", "会議"),
        ("在OSCE会议上", "osce"),
        ("ｶﾞｽ事故", "ガス"),
        ("การประชุม", "ประชุม"),
        ("Сапёры учатся", "САПЁРЫ"),
        ("قال مُحَمَّد اليوم", "محمد"),
        ("می\u200cخواهم", "میخواهم"),
        ("C++ and Rust", "c++"),
    ],
)
def test_it_is_said(text, words):
    assert says(text, tidy(words))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Сапёры", "сап"),
        ("Cafe\u0301", "cafe"),
        ("किताब", "क"),
        ("schön", "schon"),
        ("borderline", "border"),
        ("a_border", "border"),
        ("human, and other, rights", "human rights"),
        ("anything - at all", "-"),
        ("anything", "\u00ad"),
    ],
)
def test_it_is_not(text, words):
    assert not says(text, tidy(words))


@given(st.text(max_size=30))
def test_the_one_form_is_its_own(text):
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(max_size=20), st.text(max_size=20), st.text(min_size=1, max_size=10))
def test_a_word_that_stands_alone_is_always_found(before, after, word):
    if tidy(word).replace("-", ""):
        assert says(f"{before}, {word}, {after}", tidy(word))
