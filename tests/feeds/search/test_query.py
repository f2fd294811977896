"""What is typed is read as words, phrases and exclusions, and nothing is too odd for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.search.query import Query, read, tokens
from feeds.search.snippets import marked, snippet


def test_words_phrases_and_exclusions() -> None:
    query = read('border "human rights" -training kyrg')
    assert query.wanted == (("border",), ("human", "rights"), ("kyrg",))
    assert query.without == (("training",),)
    assert query.is_open
    assert query.said == ("border", "human rights", "kyrg")


@pytest.mark.parametrize("text", ['border "human rights"', "border -train", "border a"])
def test_only_a_bare_last_word_may_go_on(text: str) -> None:
    assert not read(text).is_open


def test_hyphens_join_and_quotes_of_any_kind_hold() -> None:
    assert read("co-operation").wanted == (("co", "operation"),)
    assert read("«права человека»").wanted == (("права", "человека"),)
    assert read('"never closed').wanted == (("never", "closed"),)


def test_case_and_accents_do_not_matter() -> None:
    assert tokens("Émigrés STRASSE Straße ёлка") == ["emigres", "strasse", "strasse", "елка"]
    assert tokens("安全保障") == list("安全保障")


@pytest.mark.parametrize(
    "text", ["", " ", '"', "-", "--", '""', "-a", "***", "\0", "\ud800", "NEAR(", "'&|!:*<->"]
)
def test_what_is_no_query_is_empty_or_words(text: str) -> None:
    assert isinstance(read(text), Query)


@given(st.text(st.characters(), max_size=400), st.text(st.characters(), max_size=400))
def test_no_text_is_too_odd(text: str, other: str) -> None:
    query = read(text)
    marked(other, query), snippet(other, query, 50)


def test_a_snippet_marks_its_words_and_escapes_all_else() -> None:
    text = "x " * 300 + "the <b>border</b> guards of Kyrgyzstan" + " y" * 300
    found = str(snippet(text, read("border kyrgyz")))
    assert "&lt;b&gt;<mark>border</mark>&lt;/b&gt; guards of <mark>Kyrgyzstan</mark>" in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) < 340
