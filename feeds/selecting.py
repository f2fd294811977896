"""Selections as the query of an address, and back: their terms by slug. Pure.

    ?office=vienna&office=tirana&topic=borders&not-topic=youth&type=news&language=fr&q=human+rights
    ?topic=borders&office.2=vienna&topic.2=youth

Repeated names and commas both mean "any of". A number after a name says to which rule it belongs; without one, to the
first. Equal selections have one canonical query, whatever the order. A name that is none of these is refused, so that a
slip of the pen never means everything; marks of campaigns and the language of a page (`lang`) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import urlencode

from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, BadSelection, Rule, Selection

MOST_TERMS = 100
LONGEST_WORDS = 200
# name in the query -> field of the rule
FIELDS = {
    "office": "offices", "topic": "topics", "type": "types", "language": "languages", "q": "words",
    "not-office": "not_offices", "not-topic": "not_topics", "not-type": "not_types", "not-language": "not_languages",
    "not-q": "not_words",
}  # fmt: skip
_WORDS = frozenset({"q", "not-q"})
_NAME = re.compile(rf"({'|'.join(FIELDS)})(?:\.([1-9][0-9]{{0,2}}))?")
_PASSED_OVER = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|mc_[ce]id|_ga|_gl|_hs\w+|[a-z]{1,4}clid|msclkid|gad_source|gbraid|wbraid|igsh(id)?|lang",
    re.ASCII,
)
"""What campaigns, mail programs and social networks add to any address, and the language a page is asked for in."""


class UnknownNames(BadSelection):
    """A query has names that say nothing of a selection: `names`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(name[:40] for name in names)
        super().__init__(f"there is no parameter {', no '.join(self.names)}; there are {', '.join(FIELDS)}")


def read(query: Mapping[str, Iterable[str]]) -> Selection:
    """The selection that a query means; without a name, everything.

    A rule of which nothing is left is none. Raises UnknownNames for names that are neither ours nor added by campaigns,
    BadSelection for more than 100 terms, or for words longer than 200 characters.
    """
    if strange := strange_names(query):
        raise UnknownNames(strange)
    rules: dict[int, dict[str, tuple[str, ...]]] = {}
    terms = 0
    for written, given in query.items():
        found = _NAME.fullmatch(written)
        if found is None:
            continue
        values = tuple(_values(found[1], given))
        terms += len(values)
        rules.setdefault(int(found[2] or 1), {})[FIELDS[found[1]]] = values
    if terms > MOST_TERMS:
        raise BadSelection(f"a selection has at most {MOST_TERMS} terms")
    said = tuple(rule for values in rules.values() if (rule := Rule(**values)) != Rule())
    return Selection(said) if said else EVERYTHING


def is_name(name: str) -> bool:
    """Whether a name in a query says something of a selection."""
    return _NAME.fullmatch(name) is not None


def strange_names(query: Iterable[str], others: Collection[str] = ()) -> list[str]:
    """Names that are neither ours, nor among `others`, nor such as campaigns add to any address."""
    return [
        name
        for name in query
        if not is_name(name) and name not in others and not _PASSED_OVER.fullmatch(name)
    ]


def pairs(selection: Selection) -> list[tuple[str, str]]:
    """The canonical query as names and values: rules in their order, names in that of `FIELDS`, values sorted."""
    return [
        (name if number == 1 else f"{name}.{number}", value)
        for number, rule in enumerate(selection.rules, 1)
        for name, field in FIELDS.items()
        for value in getattr(rule, field)
    ]


def write(selection: Selection) -> str:
    """The canonical query of a selection; "" for everything. Raises BadSelection for one that selects nothing."""
    if selection == NOTHING:
        raise BadSelection("a selection without any rule selects nothing")
    return urlencode(pairs(selection))


def describe(selection: Selection, names: Mapping[str, Mapping[str, str]]) -> str:
    """What a selection chooses, in its terms' names and in no language of its own.

    "Vienna, Tirana · Border management · “human rights” · ≠ Youth"; rules stand side by side with a plus sign.
    """
    return " + ".join(_described(rule, names) for rule in selection.rules)


def unknown(selection: Selection, names: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The offices, topics and types it names that do not exist, as "office x"."""
    found = []
    for rule in selection.rules:
        for name, field in FIELDS.items():
            known = names.get(field.removeprefix("not_"))
            if known is not None:
                found += [
                    f"{name.removeprefix('not-')} {slug}"
                    for slug in getattr(rule, field)
                    if slug not in known and slug != UNTAGGED
                ]
    return list(dict.fromkeys(found))


def _described(rule: Rule, names: Mapping[str, Mapping[str, str]]) -> str:
    parts = [
        ("" if not field.startswith("not_") else "≠ ")
        + ", ".join(_named(field, value, names) for value in values)
        for field in FIELDS.values()
        if (values := getattr(rule, field))
    ]
    return " · ".join(parts) or "*"


def _named(field: str, value: str, names: Mapping[str, Mapping[str, str]]) -> str:
    if field.endswith("words"):
        return f"“{value}”"
    return names.get(field.removeprefix("not_"), {}).get(value, value)


def _values(name: str, given: Iterable[str]) -> Iterator[str]:
    for value in given:
        for one in [value] if name in _WORDS else value.split(","):
            if len(one) > LONGEST_WORDS:
                raise BadSelection(f"{name}: at most {LONGEST_WORDS} characters")
            if one.strip():
                yield one.strip()
