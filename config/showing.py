"""What differs between two configurations, for people who are no programmers: row by row, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst

from config.differences import Difference
from config.sections import Document, Fault, Row, Section, sections
from config.threeway import Conflict

NOTHING = "(empty)"


@dataclass(frozen=True, slots=True)
class Value:
    """A field and what is wrong with it; `before` and `after` in words."""

    label: str
    before: str
    after: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A row: "Topic Border management". `action` is created, changed or removed; `faults`: of the row as a whole."""

    section: str
    key: str
    title: str
    action: str
    values: tuple[Value, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that was changed on both sides. Each value: (label, as it was, in the draft, as it is now)."""

    section: str
    key: str
    title: str
    values: tuple[tuple[str, str, str, str], ...]


def changes(
    differences: Iterable[Difference], faults: Sequence[Fault] = (), document: Document | None = None
) -> list[Change]:
    """`faults` are those of `document`, and stand at the fields they are about."""
    wrong: dict[tuple[str, str, str], list[str]] = {}
    known = _known()
    for fault in faults:
        rows = (document or {}).get(fault.section, [])
        row = rows[fault.index] if fault.index < len(rows) else {}
        key = known[fault.section].key_of(row) if fault.section in known else ""
        wrong.setdefault((fault.section, key, fault.field), []).append(fault.text)
    return [_change(known[one.section], one, wrong) for one in differences]


def elsewhere(faults: Sequence[Fault], differences: Iterable[Difference], document: Document) -> list[str]:
    """The faults of rows that do not differ, a sentence each."""
    known, shown = _known(), {(one.section, one.key) for one in differences if one.after is not None}
    return [
        str(fault)
        for fault in faults
        if (fault.section, known[fault.section].key_of(document[fault.section][fault.index])) not in shown
    ]


def choices(conflicts: Iterable[Conflict]) -> list[Choice]:
    """What somebody has to choose, row by row."""
    known = _known()
    return [_choice(known[one.section], one) for one in conflicts]


def _choice(section: Section, conflict: Conflict) -> Choice:
    row = conflict.theirs or conflict.mine or conflict.base or {}
    base, mine, theirs = (side or {} for side in (conflict.base, conflict.mine, conflict.theirs))
    values = tuple(
        (
            _label(section, name),
            in_words(base.get(name)),
            in_words(mine.get(name)),
            in_words(theirs.get(name)),
        )
        for name in conflict.fields
    )
    if not conflict.fields:
        states = ("there" if conflict.base else "not there"), _state(conflict.mine), _state(conflict.theirs)
        values = (("The whole row", *states),)
    return Choice(conflict.section, conflict.key, _title(section, row, conflict.key), values)


def _state(row: Row | None) -> str:
    return "changed" if row else "removed"


def _known() -> dict[str, Section]:
    return {section.name: section for section in sections()}


def _change(section: Section, difference: Difference, wrong: dict[tuple[str, str, str], list[str]]) -> Change:
    row = difference.after or difference.before or {}

    def faults(field: str) -> tuple[str, ...]:
        return tuple(wrong.get((difference.section, difference.key, field), ()))

    values = [
        Value(_label(section, name), in_words(before), in_words(after), faults(name))
        for name, before, after in difference.fields()
        if difference.action == "changed" or (name != section.key and (before or after))
    ]
    shown = {name for name, _, _ in difference.fields()}
    values += [
        Value(_label(section, name), in_words(row.get(name)), in_words(row.get(name)), faults(name))
        for name in section.known
        if name not in shown and faults(name)
    ]
    title = _title(section, row, difference.key)
    return Change(
        difference.section, difference.key, title, difference.action,
        tuple(values) if difference.action != "removed" else (), faults(""),
    )  # fmt: skip


def _title(section: Section, row: Row, key: str) -> str:
    kind = capfirst(str(section.model._meta.verbose_name))
    name = row.get("name") or row.get("title") or key
    return kind if section.single else f"{kind} {name}"


def _label(section: Section, name: str) -> str:
    languages = dict(settings.LANGUAGES)
    if name in languages:
        return str(languages[name])
    try:
        words = str(getattr(section.model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        words = name.replace("_", " ")
    return str(capfirst(words))


def in_words(value: Any) -> str:
    """A value of a document as text; several, one a line."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_in_line(item)}" for name, item in sorted(value.items()))
    if isinstance(value, list):
        apart = "\n" if any(isinstance(item, dict) or len(str(item)) > 20 for item in value) else ", "
        return apart.join(map(_in_line, value))
    return str(value)


def _in_line(value: Any) -> str:
    return in_words(value).replace("\n", "; ")
