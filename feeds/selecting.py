"""Selections as the query of an address, and back: one rule, its terms by slug. Pure.

    ?office=vienna&office=tirana&topic=borders&not-topic=youth&type=news&language=fr&q=human+rights

Repeated names and commas both mean "any of". Equal selections have one canonical query, whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from feeds.selection import UNTAGGED, BadSelection, Rule, Selection

MOST_TERMS = 100
LONGEST_WORDS = 200
# name in the query -> field of the rule
FIELDS = {
    "office": "offices", "topic": "topics", "type": "types", "language": "languages", "q": "words",
    "not-office": "not_offices", "not-topic": "not_topics", "not-type": "not_types", "not-q": "not_words",
}  # fmt: skip
_WORDS = frozenset({"q", "not-q"})


def read(query: Mapping[str, Iterable[str]]) -> Selection:
    """The selection that a query means; without a known name, everything.

    Names that are none of ours are passed over: readers and mail programs add theirs. Raises BadSelection for more than
    100 terms, or for words longer than 200 characters.
    """
    values = {FIELDS[name]: tuple(_values(name, given)) for name, given in query.items() if name in FIELDS}
    if sum(map(len, values.values())) > MOST_TERMS:
        raise BadSelection(f"a selection has at most {MOST_TERMS} terms")
    return Selection((Rule(**values),))


def write(selection: Selection) -> str:
    """The canonical query of a selection of one rule: names in the order of `FIELDS`, values sorted."""
    (rule,) = selection.rules
    pairs = [(name, value) for name, field in FIELDS.items() for value in getattr(rule, field)]
    return urlencode(pairs)


def describe(selection: Selection, names: Mapping[str, Mapping[str, str]]) -> str:
    """What a selection of one rule chooses, in its terms' names and in no language of its own.

    "Vienna, Tirana · Border management · “human rights” · ≠ Youth"
    """
    (rule,) = selection.rules
    parts = [
        ("" if not field.startswith("not_") else "≠ ")
        + ", ".join(_named(field, value, names) for value in values)
        for field in FIELDS.values()
        if (values := getattr(rule, field))
    ]
    return " · ".join(parts) or "*"


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
    return found


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
