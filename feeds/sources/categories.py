"""From the categories of an upstream feed to offices, topics and a type, by rules of the source. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["office", "topic", "type", "nothing"]
# Where our own feeds, and those of others who write them so, keep the kinds apart: https://…/offices/
_OWN = re.compile(r"/(office|topic|type)s/?$")
# Google's mark of what sort of entry it is, in every feed of its systems.
_NO_LABELS = frozenset({"http://schemas.google.com/g/2005#kind"})


class Category(NamedTuple):
    """As it stands in a feed. `scheme` is a domain in RSS; `label` may be empty, and is then the term."""

    scheme: str
    term: str
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.term


class Rule(BaseModel):
    """Which categories are what. Each of `scheme` (Atom's, or the domain of RSS), `label` and `prefix` that is given
    must fit; `name` is what it is called here, if not as it is there."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    scheme: str = Field("", description="The category's scheme (Atom) or domain (RSS), in full.")
    label: str = Field(
        "", description="The category's label or term, in full; small and capital letters are one."
    )
    prefix: str = Field("", description="What the label begins with; it is taken off.")
    to: Kind = Field(description="office, topic, type or nothing.")
    name: str = Field("", description="The label to take instead.")

    @model_validator(mode="after")
    def _says_which(self) -> Rule:
        if not (self.scheme or self.label or self.prefix):
            raise ValueError("a rule names a scheme, a label or a prefix")
        return self

    def fits(self, category: Category) -> bool:
        names = {category.label.casefold(), category.term.casefold()}
        return (
            (not self.scheme or self.scheme == category.scheme)
            and (not self.label or self.label.casefold() in names)
            and (not self.prefix or category.name.casefold().startswith(self.prefix.casefold()))
        )

    def called(self, label: str) -> str:
        return self.name or label[len(self.prefix) :].strip()


@dataclass(frozen=True, slots=True)
class Rules:
    """The first rule that fits decides; what none fits is what its scheme says, or else `rest`."""

    rules: Sequence[Rule] = ()
    rest: Kind = "topic"

    def sort(self, categories: Iterable[Category]) -> Sorted:
        """Each label once, in the order given; of several types, the first."""
        found: dict[str, dict[str, None]] = {"office": {}, "topic": {}, "type": {}, "nothing": {}}
        for category in categories:
            kind, name = self._decide(category)
            if name:
                found[kind][name] = None
        return Sorted(tuple(found["office"]), tuple(found["topic"]), next(iter(found["type"]), ""))

    def _decide(self, category: Category) -> tuple[str, str]:
        for rule in self.rules:
            if rule.fits(category):
                return rule.to, rule.called(category.name)
        own = _OWN.search(category.scheme)
        kind = "nothing" if category.scheme in _NO_LABELS else self.rest
        return own[1] if own else kind, category.name


@dataclass(frozen=True, slots=True)
class Sorted:
    """Labels by what they are."""

    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    type: str = ""


USUAL = Rules()
