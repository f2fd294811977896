"""Two changes of one configuration brought together. Pure.

    base -> mine, base -> theirs --merge--> document, conflicts

Field by field: what only one side changed is taken; what both changed in different ways is a conflict, in which theirs
stands until somebody chooses. Documents are complete.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from config.differences import Difference, diff
from config.sections import Document, Row, Section, sections

Place = tuple[str, str]
"""(section, key)"""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that both sides changed, and the fields in which they differ; none where one side removed it."""

    section: str
    key: str
    base: Row | None
    mine: Row | None
    theirs: Row | None
    fields: tuple[str, ...]


def merge(
    base: Document, mine: Document, theirs: Document, *, prefer: Collection[Place] | None = ()
) -> tuple[Document, list[Conflict]]:
    """`prefer`: the rows in whose conflicts mine stands, which then are none; None: all rows."""
    found, conflicts = {}, []
    for section in sections():
        kept = []
        sides = [_rows(section, document) for document in (base, mine, theirs)]
        for key in sorted(set().union(*sides)):
            b, m, t = (side.get(key) for side in sides)
            ours = prefer is None or (section.name, key) in prefer
            row, fields = _merged(b, m, t, ours)
            if fields is not None:
                conflicts.append(Conflict(section.name, key, b, m, t, fields))
            if row is not None:
                kept.append(section.complete(row))
        found[section.name] = section.sorted(kept)
    return found, conflicts


def undone(base: Document, mine: Document, theirs: Document) -> list[Difference]:
    """What changed from base to theirs, in the sections of mine, and that mine would take back or overwrite."""
    found = []
    known = {section.name: section for section in sections()}
    for change in diff(base, {name: theirs[name] for name in mine if name in theirs}):
        row = _rows(known[change.section], mine).get(change.key)
        if change.after is None or row is None:
            kept = change.after is None and row is None
        else:
            kept = all(row.get(name) == after for name, _, after in change.fields())
        if not kept:
            found.append(change)
    return found


def with_row(document: Document, place: Place, row: Row | None) -> Document:
    """The document with this row in its place, or without any there."""
    section = next(section for section in sections() if section.name == place[0])
    others = [each for each in document[section.name] if section.key_of(each) != place[1]]
    return {**document, section.name: section.sorted([*others, *([row] if row else [])])}


def _rows(section: Section, document: Mapping[str, list[Row]]) -> dict[str, Row]:
    return {section.key_of(row): row for row in document.get(section.name, [])}


def _merged(
    b: Row | None, m: Row | None, t: Row | None, ours: bool
) -> tuple[Row | None, tuple[str, ...] | None]:
    """The row, and the fields in conflict; None for no conflict."""
    if m in (b, t):
        return t, None
    if t == b:
        return m, None
    if m is None or t is None:
        return (m, None) if ours else (t, ())
    before = b or {}
    merged = dict(t)
    fields = []
    for name, value in m.items():
        if value == before.get(name) or value == t.get(name):
            continue
        if ours or (name in before and t.get(name) == before[name]):
            merged[name] = value
        else:
            fields.append(name)
    return merged, tuple(fields) or None
