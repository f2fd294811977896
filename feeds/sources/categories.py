"""From the categories of an upstream feed to offices, topics and a type, by rules of the source. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["office", "topic", "type", "nothing"]
# Where our own feeds, and those of others who write them so, keep the kinds apart: https://…/offices/
_OWN = re.compile(r"/(office|topic|type)s/?$")


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

    def fits(self, scheme: str, label: str) -> bool:
        return (
            (not self.scheme or self.scheme == scheme)
            and (not self.label or self.label.casefold() == label.casefold())
            and (not self.prefix or label.casefold().startswith(self.prefix.casefold()))
        )

    def called(self, label: str) -> str:
        return self.name or label[len(self.prefix) :].strip()


@dataclass(frozen=True, slots=True)
class Rules:
    """The first rule that fits decides; what none fits is what its scheme says, or else `rest`."""

    rules: Sequence[Rule] = ()
    rest: Kind = "topic"

    def sort(self, categories: Iterable[tuple[str, str]]) -> Sorted:
        """`categories` are (scheme, label)."""
        found: dict[str, list[str]] = {"office": [], "topic": [], "type": [], "nothing": []}
        for scheme, label in categories:
            kind, name = self._decide(scheme, label)
            if name and name not in found[kind]:
                found[kind].append(name)
        kinds = found["type"]
        return Sorted(tuple(found["office"]), tuple(found["topic"]), kinds[0] if kinds else "")

    def _decide(self, scheme: str, label: str) -> tuple[str, str]:
        for rule in self.rules:
            if rule.fits(scheme, label):
                return rule.to, rule.called(label)
        own = _OWN.search(scheme)
        return own[1] if own else self.rest, label


@dataclass(frozen=True, slots=True)
class Sorted:
    """Labels by what they are."""

    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    type: str = ""


USUAL = Rules()
