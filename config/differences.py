"""What differs between two configuration documents. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.sections import Document, Row, sections


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that was created (`before` is None), changed, or removed (`after` is None)."""

    section: str
    key: str
    before: Row | None
    after: Row | None

    @property
    def action(self) -> str:
        return "created" if self.before is None else "removed" if self.after is None else "changed"

    @property
    def subject(self) -> str:
        return self.section if self.key == self.section else f"{self.section} {self.key}"

    def fields(self) -> list[tuple[str, Any, Any]]:
        """(field, before, after) for each field that differs."""
        before, after = self.before or {}, self.after or {}
        names = [*after, *(name for name in before if name not in after)]
        return [(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]

    def __str__(self) -> str:
        if self.action != "changed":
            return f"{self.subject} {self.action}"
        changes = "; ".join(f"{n}: {_shown(old)} -> {_shown(new)}" for n, old, new in self.fields())
        return f"{self.subject} changed: {changes}"


def diff(before: Document, after: Document) -> list[Difference]:
    """What must change in `before` to get `after`; a section that `after` lacks is left alone."""
    found = []
    for section in sections():
        if section.name not in after:
            continue
        old = {section.key_of(row): row for row in before.get(section.name, [])}
        new = {section.key_of(row): row for row in after[section.name]}
        found += [
            Difference(section.name, key, old.get(key), new.get(key))
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key)
        ]
    return found


def canonical(document: Mapping[str, Any]) -> str:
    """The one text of a document: keys sorted, two spaces, a newline at the end."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
