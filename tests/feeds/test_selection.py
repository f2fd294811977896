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


def test_a_language_may_be_left_out_and_a_region_does_not_matter():
    chosen = Selection((Rule(not_languages=("ru-KG",)),))
    assert [chosen.matches(facts) for facts in (ASHGABAT, BISHKEK)] == [True, False]
    assert Selection((Rule(languages=("pt-BR",)),)).matches(Facts(language="pt"))


def test_untagged_can_be_left_out_too_and_is_a_value_of_types():
    labelled = Selection((Rule(not_topics=(UNTAGGED,)),))
    assert [labelled.matches(facts) for facts in (ASHGABAT, UNLABELLED)] == [True, False]
    untyped = Selection((Rule(types=(UNTAGGED, "report")),))
    assert [untyped.matches(facts) for facts in (ASHGABAT, Facts())] == [False, True]


def test_a_rule_that_another_implies_is_left_out():
    wide, narrow = (
        Rule(topics=("border", "arms")),
        Rule(topics=("border",), offices=("bishkek",), not_types=("news",)),
    )
    assert Selection((narrow, wide)) == Selection((wide,))
    assert Selection((wide, Rule(topics=("border",), offices=("x",)), Rule())) == EVERYTHING
    excluding = Rule(topics=("border",), not_types=("news",))
    assert len(Selection((excluding, Rule(topics=("border",), not_types=("report",)))).rules) == 2
    assert Selection((wide,)).covers(Selection((narrow,)))
    assert not Selection((narrow,)).covers(Selection((wide,)))


def test_digests_of_what_people_have_chosen_so_far_stay():
    known = Selection(
        (Rule(topics=("border",), words=("human rights",)), Rule(offices=(UNTAGGED,), topics=(UNTAGGED,)))
    )
    assert known.digest == "e5fc7ac65e314c2bf1ccf0b857765fedb4adaec5013173e35484c843b64cc99c"


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
    not_offices=SLUGS.map(tuple), types=SLUGS.map(tuple), not_types=SLUGS.map(tuple),
    languages=st.lists(st.sampled_from(["en", "RU"])), not_languages=st.lists(st.sampled_from(["en", "de-AT"])),
    words=st.lists(st.text(max_size=5), max_size=2).map(tuple),
)  # fmt: skip
SELECTIONS = st.lists(RULES, max_size=3).map(lambda rules: Selection(tuple(rules)))
TERMS = SLUGS.map(lambda slugs: frozenset(slugs) - {UNTAGGED})
FACTS = st.builds(
    Facts, offices=TERMS, topics=TERMS, text=st.text(max_size=20), type=st.sampled_from(["", "border"]),
    language=st.sampled_from(["", "en", "ru", "de-DE"]),
)  # fmt: skip


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


@given(st.lists(RULES, max_size=3), FACTS)
def test_what_is_left_out_as_implied_is_not_missed(rules, facts):
    assert Selection(tuple(rules)).matches(facts) == any(rule.matches(facts) for rule in rules)


@given(RULES, FACTS)
def test_a_rule_says_what_kept_it_from_matching(rule, facts):
    assert rule.matches(facts) == (not list(rule.missing(facts)) and not list(rule.excluded(facts)))
