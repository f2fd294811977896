"""Which releases somebody means: one notion for feed addresses, saved feeds and subscriptions.

A `Selection` is a list of rules; a release matches if any rule does. A `Rule` is offices AND topics AND types AND
languages AND words, each "any of" and empty for "any", with exclusions of its own. Terms are slugs; UNTAGGED among the
offices, topics or types means a release that carries none. A rule that another one implies is left out, so what means
the same has one form. Everything here is plain values: no database, no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from feeds import words

UNTAGGED = "untagged"

Reason = tuple[str, str]
"""Why a release matches, as (kind, slug or word): ("topic", "border-management"), ("untagged", "")."""


class BadSelection(ValueError):
    """What was given is no selection; `str()` says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What matching needs to know of a release. `text` is title and summary; `language` a BCP 47 tag."""

    offices: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    type: str = ""
    language: str = ""
    text: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "offices": sorted(self.offices),
            "topics": sorted(self.topics),
            "type": self.type,
            "language": self.language,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], text: str = "") -> Facts:
        return cls(
            frozenset(value.get("offices", ())),
            frozenset(value.get("topics", ())),
            value.get("type", ""),
            value.get("language", ""),
            text,
        )

    @property
    def untagged(self) -> bool:
        return not self.offices and not self.topics


@dataclass(frozen=True, slots=True)
class Rule:
    """Any of these offices, and any of these topics, and … Each field is a sorted tuple without repetition."""

    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    not_offices: tuple[str, ...] = ()
    not_topics: tuple[str, ...] = ()
    not_types: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _FIELDS:
            given = getattr(self, name)
            if given != ():  # Most are, of each of the many selections that planning reads.
                values = {_tidy(name, value) for value in given}
                object.__setattr__(self, name, tuple(sorted(values - {""})))

    def matches(self, facts: Facts) -> bool:
        # Field by field and not by their names: planning does this more often than anything else.
        return (
            (not self.offices or _carries(facts.offices, self.offices))
            and (not self.topics or _carries(facts.topics, self.topics))
            and (not self.types or _has(facts, "types", self.types))
            and (not self.languages or _has(facts, "languages", self.languages))
            and not (self.not_offices and _carries(facts.offices, self.not_offices))
            and not (self.not_topics and _carries(facts.topics, self.not_topics))
            and not (self.not_types and _has(facts, "types", self.not_types))
            and not (self.not_languages and _has(facts, "languages", self.not_languages))
            and (not self.words or _has(facts, "words", self.words))
            and not (self.not_words and _has(facts, "words", self.not_words))
        )

    def missing(self, facts: Facts) -> Iterator[str]:
        """The fields of which the release has none of the values asked for."""
        return (
            name for name in _POSITIVE if getattr(self, name) and not _has(facts, name, getattr(self, name))
        )

    def excluded(self, facts: Facts) -> Iterator[str]:
        """The fields, such as "not_topics", by which the release is left out."""
        return (
            name for name in _NEGATIVE if getattr(self, name) and _has(facts, name[4:], getattr(self, name))
        )

    def implies(self, other: Rule) -> bool:
        """Whether `other` certainly matches all that this rule does."""
        asked = (set(getattr(self, name)) for name in _POSITIVE)
        wider = (set(getattr(other, name)) for name in _POSITIVE)
        return all(
            not more or (less and less <= more) for less, more in zip(asked, wider, strict=True)
        ) and all(set(getattr(other, name)) <= set(getattr(self, name)) for name in _NEGATIVE)

    def reasons(self, facts: Facts) -> frozenset[Reason]:
        """What of the rule the release fulfils, given that it matches. A rule without conditions: ("all", "")."""
        found: set[Reason] = {("topic", slug) for slug in self.topics if slug in facts.topics}
        found.update([("office", slug) for slug in self.offices if slug in facts.offices])
        if facts.type and facts.type in self.types:
            found.add(("type", facts.type))
        if self.words:
            found.update([("word", word) for word in self.words if words.says(facts.text, word)])
        if (not facts.offices and UNTAGGED in self.offices) or (not facts.topics and UNTAGGED in self.topics):
            found.add((UNTAGGED, ""))
        return frozenset(found or {("all", "")})

    def to_json(self) -> dict[str, list[str]]:
        return {name: list(getattr(self, name)) for name in _FIELDS if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of rules in canonical order. Without rules it matches nothing; `Rule()` matches everything."""

    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if len(self.rules) > 1:
            object.__setattr__(self, "rules", tuple(sorted(_needed(set(self.rules)), key=_rule_order)))

    def matches(self, facts: Facts) -> bool:
        return any(rule.matches(facts) for rule in self.rules)

    def reasons(self, facts: Facts) -> tuple[Reason, ...]:
        """Why a release matches, over all rules, sorted; empty if it does not."""
        return tuple(sorted({r for rule in self.rules if rule.matches(facts) for r in rule.reasons(facts)}))

    def covers(self, other: Selection) -> bool:
        """Whether this certainly matches all that `other` does. Judged by rules: a no may be a yes in effect."""
        return all(any(rule.implies(wider) for wider in self.rules) for rule in other.rules)

    def to_json(self) -> dict[str, Any]:
        """The canonical form: equal selections give equal JSON."""
        return {"rules": [rule.to_json() for rule in self.rules]}

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hex."""
        return hashlib.sha256(_canonical(self.to_json()).encode()).hexdigest()

    @classmethod
    def from_json(cls, value: Any) -> Selection:
        """Raises BadSelection for anything that is not the JSON of a selection."""
        if not isinstance(value, dict) or not isinstance(value.get("rules"), list):
            raise BadSelection('a selection is {"rules": [{"topics": […]}, …]}')
        return cls(tuple(_rule_from_json(rule) for rule in value["rules"]))


_FIELDS = tuple(f.name for f in fields(Rule))
_POSITIVE = tuple(name for name in _FIELDS if not name.startswith("not_"))
_NEGATIVE = tuple(name for name in _FIELDS if name.startswith("not_"))


def of(
    offices: Iterable[str] = (),
    topics: Iterable[str] = (),
    types: Iterable[str] = (),
    *,
    either: bool = False,
) -> Selection:
    """The selection of a simple form: both must fit, or (`either`) one rule for each kind. Nothing chosen: everything.

    `untagged` among the offices is always a rule of its own: "also what nobody has labelled yet".
    """
    offices, topics, types = set(offices), set(topics), tuple(types)
    also_untagged = UNTAGGED in offices | topics
    offices -= {UNTAGGED}
    topics -= {UNTAGGED}
    rules = [Rule(offices=(UNTAGGED,), topics=(UNTAGGED,))] if also_untagged else []
    if either and offices and topics:
        rules += [Rule(offices=tuple(offices), types=types), Rule(topics=tuple(topics), types=types)]
    elif offices or topics or types or not rules:
        rules.append(Rule(offices=tuple(offices), topics=tuple(topics), types=types))
    return Selection(tuple(rules))


def union(selections: Iterable[Selection]) -> Selection:
    """Everything that any of them matches."""
    return Selection(tuple(rule for selection in selections for rule in selection.rules))


def _has(facts: Facts, name: str, wanted: tuple[str, ...]) -> bool:
    """Whether a release has one of the values `wanted` in the field `name` of a rule."""
    if name in {"offices", "topics"}:
        return _carries(getattr(facts, name), wanted)
    if name == "words":
        return any(words.says(facts.text, word) for word in wanted)
    if name == "languages":
        return _primary(facts.language) in wanted
    return (facts.type or UNTAGGED) in wanted


def _carries(carried: frozenset[str], wanted: tuple[str, ...]) -> bool:
    return not carried.isdisjoint(wanted) if carried else UNTAGGED in wanted


def _needed(rules: Collection[Rule]) -> Iterable[Rule]:
    """Those that no other one implies. Two that imply each other are equal."""
    return (rule for rule in rules if not any(rule != other and rule.implies(other) for other in rules))


def _rule_order(rule: Rule) -> str:
    return _canonical(rule.to_json())


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _tidy(name: str, value: str) -> str:
    if name.endswith("words"):
        return words.tidy(value)
    return _primary(value) if name.endswith("languages") else value.strip()


def _primary(language: str) -> str:
    """ "pt" of "pt-BR" """
    return language.strip().partition("-")[0].lower()


def _rule_from_json(value: Any) -> Rule:
    if not isinstance(value, dict):
        raise BadSelection('a rule is an object, such as {"topics": ["border-management"]}')
    unknown = set(value) - set(_FIELDS)
    if unknown:
        raise BadSelection(f"a rule knows no {', '.join(sorted(unknown))}; it knows {', '.join(_FIELDS)}")
    for name, values in value.items():
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise BadSelection(f"{name}: expected a list of strings")
    return Rule(**{name: tuple(values) for name, values in value.items()})


NOTHING = Selection()
EVERYTHING = Selection((Rule(),))
