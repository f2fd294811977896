"""Terms that were merged into others: whoever names the old one means the new one.

Selections that people and newsrooms keep are never rewritten; they are led to the present terms each time they are
read. So nobody loses anything, and an earlier configuration is restored byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.db.models import Value

from feeds.models import Office, ReleaseType, Topic
from feeds.selection import Facts, Rule, Selection

MODELS: dict[str, type[Office | Topic | ReleaseType]] = {
    "offices": Office, "topics": Topic, "types": ReleaseType,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Former:
    """For each kind: slug that once was -> slug in which it went up."""

    offices: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.offices or self.topics or self.types)

    def facts(self, facts: Facts) -> Facts:
        """What a release that still carries former labels is labelled with."""
        if not self:
            return facts
        return replace(
            facts,
            offices=frozenset(_led(self.offices, facts.offices)),
            topics=frozenset(_led(self.topics, facts.topics)),
            type=self.types.get(facts.type, facts.type),
        )

    def selection(self, selection: Selection) -> Selection:
        """What a selection that names former terms means."""
        return Selection(tuple(map(self._rule, selection.rules))) if self else selection

    def _rule(self, rule: Rule) -> Rule:
        named = {
            name: tuple(_led(getattr(self, kind.name), getattr(rule, name)))
            for kind in fields(self)
            for name in (kind.name, f"not_{kind.name}")
        }
        return replace(rule, **named)


def known() -> Former:
    """As the newsroom's terms say it now."""
    offices, *others = (
        model._default_manager.exclude(former=[]).order_by().values_list(Value(kind), "slug", "former")
        for kind, model in MODELS.items()
    )
    rows = list(offices.union(*others, all=True))  # one statement: asked several times for each release
    return Former(
        **{kind: of_rows((slug, former) for of, slug, former in rows if of == kind) for kind in MODELS}
    )


def of_rows(rows: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """From (slug, its former slugs). Other programs write terms too, so anything may stand there."""
    return {
        old: slug
        for slug, former in rows
        if isinstance(former, list)
        for old in former
        if isinstance(old, str)
    }


def _led(there: Mapping[str, str], slugs: Iterable[str]) -> list[str]:
    return [there.get(slug, slug) for slug in slugs]
