"""Which of many selections a release fits, found from what it carries instead of by asking each of them. Pure.

Every distinct rule is posted under the terms of one of its conditions, the one that tells most. A release is looked up
by its own terms; only the rules found there are judged. So the cost follows the rules that nearly fit, not how many
there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from feeds import words
from feeds.selection import UNTAGGED, Facts, Reason, Rule, Selection

_ANY = ("", "")

Term = tuple[str, str]
Because = tuple[Reason, ...]


class Inverted:
    """An index of selections by number."""

    def __init__(self, selections: Mapping[int, Selection]) -> None:
        chosen_by: dict[Rule, list[int]] = defaultdict(list)
        for number, selection in selections.items():
            for rule in selection.rules:
                chosen_by[rule].append(number)
        self._rules = [(rule, _whole(rule), numbers) for rule, numbers in chosen_by.items()]
        self._posted: dict[Term, list[int]] = defaultdict(list)
        for place, (rule, _, _) in enumerate(self._rules):
            for term in set(_terms(rule)):
                self._posted[term].append(place)

    def reasons(self, facts: Facts) -> dict[int, tuple[Reason, ...]]:
        """By number, the selections that the release fits, and why, as `Selection.reasons` has it."""
        found: dict[int, tuple[Reason, ...]] = {}
        for rule, whole, numbers in self._fitting(facts):
            because = whole or tuple(sorted(rule.reasons(facts)))
            for number in numbers:
                had = found.get(number)
                found[number] = because if had is None else tuple(sorted({*had, *because}))
        return found

    def fitting(self, facts: Facts) -> set[int]:
        """The numbers of the selections that the release fits."""
        return {number for _, _, numbers in self._fitting(facts) for number in numbers}

    def _fitting(self, facts: Facts) -> Iterator[tuple[Rule, Because | None, list[int]]]:
        for place in {place for term in _carried(facts) for place in self._posted.get(term, ())}:
            rule, whole, numbers = self._rules[place]
            if whole or rule.matches(facts):
                yield rule, whole, numbers


def _whole(rule: Rule) -> Because | None:
    """Why every release fits that is found under the rule's term: where that one topic or office is all there is to it,
    as half of all choices are.
    """
    for kind, name in (("topic", "topics"), ("office", "offices")):
        values: tuple[str, ...] = getattr(rule, name)
        if len(values) == 1 and values[0] != UNTAGGED and rule == Rule(**{name: values}):
            return ((kind, values[0]),)
    return None


def _terms(rule: Rule) -> Iterator[Term]:
    """The terms one of which a release must carry to fit the rule."""
    if rule.words:
        yield from (("word", words.piece(word)) for word in rule.words)
        return
    for name in ("topics", "offices", "types", "languages"):
        if values := getattr(rule, name):
            yield from ((name, value) for value in values)
            return
    yield _ANY


def _carried(facts: Facts) -> Iterator[Term]:
    """All terms under which a rule that the release fits may be posted."""
    yield _ANY
    yield from (("topics", slug) for slug in facts.topics or (UNTAGGED,))
    yield from (("offices", slug) for slug in facts.offices or (UNTAGGED,))
    yield "types", facts.type or UNTAGGED
    yield "languages", facts.language.split("-")[0]
    yield from (("word", piece) for piece in words.pieces(facts.text))
