"""Selections: what they match, why, and that equal meaning is equal JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, BadSelection, Facts, Rule, Selection, of, union

ASHGABAT = Facts(
    frozenset({"ashgabat"}), frozenset({"border", "terrorism"}), "news", "en", "Dogs at the border"
)
BISHKEK = Facts(
    frozenset({"bishkek"}), frozenset({"arms", "border", "terrorism"}), "news", "ru", "Сапёры учатся"
)
UNLABELLED = Facts(type="news", language="en", text="A statement")


def test_both_must_fit():
    chosen = of(offices=["ashgabat"], topics=["border"])
    assert chosen.matches(ASHGABAT)
    assert not chosen.matches(BISHKEK)
    assert chosen.reasons(ASHGABAT) == (("office", "ashgabat"), ("topic", "border"))


def test_either_is_enough():
    chosen = of(offices=["ashgabat"], topics=["arms"], either=True)
    assert chosen.matches(ASHGABAT)
    assert chosen.matches(BISHKEK)
    assert chosen.reasons(BISHKEK) == (("topic", "arms"),)


def test_untagged_is_a_value_beside_the_others():
    chosen = of(offices=["bishkek", UNTAGGED])
    assert [chosen.matches(facts) for facts in (ASHGABAT, BISHKEK, UNLABELLED)] == [False, True, True]
    assert chosen.reasons(UNLABELLED) == ((UNTAGGED, ""),)


def test_all_matching_topics_are_named():
    assert of(topics=["border", "terrorism"]).reasons(ASHGABAT) == (
        ("topic", "border"),
        ("topic", "terrorism"),
    )


def test_words_are_whole_words_in_any_script_and_case():
    assert Selection((Rule(words=("САПЁРЫ",)),)).matches(BISHKEK)
    assert not Selection((Rule(words=("сап",)),)).matches(BISHKEK)
    assert Selection((Rule(words=("at  the border",)),)).matches(ASHGABAT)


def test_exclusions_belong_to_their_rule():
    chosen = Selection((Rule(topics=("border",), not_topics=("arms",)), Rule(offices=("bishkek",))))
    assert chosen.matches(ASHGABAT)
    assert chosen.reasons(BISHKEK) == (("office", "bishkek"),)


def test_languages():
    assert Selection((Rule(languages=("RU",)),)).matches(BISHKEK)
    assert not Selection((Rule(languages=("ru",)),)).matches(ASHGABAT)


def test_nothing_and_everything():
    assert not NOTHING.matches(ASHGABAT)
    assert EVERYTHING.reasons(ASHGABAT) == (("all", ""),)
    assert union([NOTHING, of(topics=["border"]), EVERYTHING]) == EVERYTHING
    assert of() == EVERYTHING


@pytest.mark.parametrize(
    "junk", [None, [], {}, {"rules": 3}, {"rules": [3]}, {"rules": [{"x": []}]}, {"rules": [{"topics": "a"}]}]
)
def test_what_is_no_selection_is_refused_with_its_own_error(junk):
    with pytest.raises(BadSelection):
        Selection.from_json(junk)


SLUGS = st.lists(
    st.sampled_from(["ashgabat", "bishkek", "border", "arms", "terrorism", UNTAGGED]), max_size=3
)
RULES = st.builds(
    Rule, offices=SLUGS.map(tuple), topics=SLUGS.map(tuple), not_topics=SLUGS.map(tuple),
    words=st.lists(st.text(max_size=5), max_size=2).map(tuple),
)  # fmt: skip
SELECTIONS = st.lists(RULES, max_size=3).map(lambda rules: Selection(tuple(rules)))
FACTS = st.builds(Facts, offices=SLUGS.map(frozenset), topics=SLUGS.map(frozenset), text=st.text(max_size=20))


@given(SELECTIONS, st.randoms())
def test_same_meaning_same_hash(selection, random):
    shuffled = list(selection.rules) * 2
    random.shuffle(shuffled)
    again = Selection(
        tuple(Rule(**{k: tuple(reversed(v)) for k, v in r.to_json().items()}) for r in shuffled)
    )
    assert again.digest == selection.digest


@given(SELECTIONS)
def test_json_and_back(selection):
    assert Selection.from_json(json.loads(json.dumps(selection.to_json()))) == selection


@given(st.lists(SELECTIONS, max_size=4), FACTS)
def test_a_union_matches_what_any_of_them_does(selections, facts):
    assert union(selections).matches(facts) == any(selection.matches(facts) for selection in selections)


@given(SELECTIONS, FACTS)
def test_there_is_a_reason_exactly_where_there_is_a_match(selection, facts):
    assert bool(selection.reasons(facts)) == selection.matches(facts)
