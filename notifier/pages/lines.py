"""The choice so far as a sentence that can be changed: each term leads to the choice without it, each line can be
opened or removed. Every state is an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from feeds.selection import Rule, Selection
from feeds.templating import language
from notifier import interests
from notifier.foresight import Foresight
from notifier.interests import Term
from notifier.pages.choice import ANYTHING, Choice, fields_of

_WHAT = "%(what)s"


@dataclass(frozen=True, slots=True)
class Chip:
    """A term and the query without it."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of a line, `before` and `after` its terms: "from [Bishkek] [Ashgabat]"."""

    before: str
    chips: list[Chip]
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """`opened`, `removed`: the queries with this line open, and without it. `brings`: what it alone brings; None for a
    line that is still to be filled.
    """

    parts: list[Part]
    is_open: bool
    opened: str
    removed: str
    brings: Foresight | None


def of(choice: Choice, brings: Callable[[Selection], Foresight]) -> list[Line]:
    """The lines in an order that does not hang on which is open. None while nothing is chosen."""
    held = _Held.of(choice)
    known = interests.names(choice.selection, language())
    found = [_line(held, number, known, brings) for number in held.order()]
    return found if choice.selection != Selection((ANYTHING,)) else []


def another(choice: Choice) -> str:
    """The query with one more line, which is open and empty."""
    held = _Held.of(choice)
    return held.query([ANYTHING, *held.rules])


@dataclass(frozen=True, slots=True)
class _Held:
    """Lines as rules, the open one first. `pair`: two rules of which either is enough, where the first line is that."""

    rules: tuple[Rule, ...]
    pair: tuple[Rule, ...]
    untagged: bool

    @classmethod
    def of(cls, choice: Choice) -> _Held:
        own = choice.open_rules
        both = replace(choice, either=False).open_rules
        has_empty = not own and choice.others
        first = (ANYTHING,) if has_empty else both
        return cls((*first, *choice.others), own if len(own) > 1 else (), choice.untagged)

    def order(self) -> list[int]:
        return sorted(range(len(self.rules)), key=lambda n: (self.rules[n] == ANYTHING, str(self.rules[n])))

    def query(self, rules: Sequence[Rule], *, pair: bool = False) -> str:
        """Of these lines, the first open; an empty one has no fields, and that it is there shows by the others."""
        found = fields_of(rules[0]) if rules else []
        if pair and rules and rules[0].offices and rules[0].topics:
            found.append(("join", "or"))
        for number, rule in enumerate(rules[1:], 2):
            found += fields_of(rule, number)
        return urlencode([*found, ("untagged", "1")] if self.untagged else found)


def _line(held: _Held, number: int, known: Any, brings: Callable[[Selection], Foresight]) -> Line:
    rule = held.rules[number]
    others = [one for n, one in enumerate(held.rules) if n != number]
    said = (held.pair if number == 0 else ()) or (rule,)
    return Line(
        list(_parts(held, number, known)),
        number == 0,
        held.query([rule, *others]),
        held.query(others),
        None if rule == ANYTHING else brings(Selection(said)),
    )


def _parts(held: _Held, number: int, known: Any) -> Iterator[Part]:
    rule = held.rules[number]
    is_pair = number == 0 and bool(held.pair)
    for phrase, terms in (*interests.positive(rule), interests.negative(rule)):
        if terms:
            either = is_pair and terms[0].field == "offices"
            yield _part(_("or from %(what)s") if either else phrase, terms, held, number, known)


def _part(phrase: str, terms: Iterable[Term], held: _Held, number: int, known: Any) -> Part:
    before, _what, after = phrase.partition(_WHAT)
    chips = [Chip(interests.name_of(term, known), _without(term, held, number)) for term in terms]
    return Part(before.strip(), chips, after.strip())


def _without(term: Term, held: _Held, number: int) -> str:
    """The query without this term; a line that loses its last one goes. The line that is open stays open."""
    rule = held.rules[number]
    left = replace(rule, **{term.field: tuple(v for v in getattr(rule, term.field) if v != term.value)})
    rules = [left if n == number else one for n, one in enumerate(held.rules)]
    if left == ANYTHING:
        del rules[number]
    return held.query(rules, pair=bool(held.pair))
