"""What the configuration consists of: sections of rows, each kept in one model.

A document is {section: [row, …]}; a row is plain JSON with every field of its section, and the rows stand in their
section's order, so equal configurations are equal documents. Apps register their sections from `AppConfig.ready`; from
then on saving or deleting one of these models raises `Unrecorded` unless `config.revisions.recording` is active.
`QuerySet.update`, `bulk_create` and plain SQL send no signal and are not caught; the next recording notes what they
did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.db.models.signals import pre_delete, pre_save

from config.fields import Field

Row = dict[str, Any]
Document = dict[str, list[Row]]
Effect = Callable[[Document, Document, datetime], None]

recording_active: ContextVar[bool] = ContextVar("recording_active", default=False)


class ConfigurationError(Exception):
    """The configuration cannot become what was asked for; `str()` says why, a line for each reason."""


class Unrecorded(ConfigurationError):
    """Configuration was about to change outside `config.revisions.recording`."""


class Refused(ConfigurationError):
    """`reasons`: everything that is wrong, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row (`index` in its section) or one of its fields (`field`, or "")."""

    section: str
    index: int
    field: str
    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}: {self.text}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """A kind of configuration row. `name` is its name in documents and the table's in `file`.toml.

    `single`: one row at most (primary key 1), whose key is the section's name. A row's key never changes, nor do the
    `fixed` fields once `settled()`. `in_use(instance)` says why a row cannot be removed. `check(rows)` yields
    (index, field, text) for what is wrong among rows, whose own faults are replaced by defaults. `order` sorts rows,
    instead of their keys. `effect(before, after, now)` runs after the commit of a change.

    A row may go up in another: `heirs(rows)` says which keys of the past are led to which row of the present. What
    was `handed_down(before, after)` completes the rows of a document with what the heirs take over; pure.
    `inherit(instance, heir)` gives the heir all that hangs on a row that is about to be removed.
    """

    name: str
    file: str
    model: type[Model]
    fields: tuple[Field, ...]
    key: str = "slug"
    single: bool = False
    fixed: tuple[str, ...] = ()
    settled: Callable[[], bool] = lambda: False
    in_use: Callable[[Any], str] = lambda _: ""
    check: Callable[[Sequence[Row]], Iterable[tuple[int, str, str]]] = lambda _: ()
    order: Callable[[Row], Any] | None = None
    effect: Effect | None = None
    heirs: Callable[[Sequence[Row]], Mapping[str, str]] = lambda _: {}
    handed_down: Callable[[Sequence[Row], Sequence[Row]], Sequence[Row]] = lambda _before, after: after
    inherit: Callable[[Any, Any], None] = lambda _instance, _heir: None
    known: dict[str, Field] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.known.update({f.name: f for f in self.fields})

    def key_of(self, row: Mapping[str, Any]) -> str:
        return self.name if self.single else str(row.get(self.key, ""))

    def row_of(self, instance: Any) -> Row:
        return {f.name: f.read(instance) for f in self.fields}

    def rows(self) -> list[Row]:
        """All rows as they are in the database, in the section's order."""
        return self.sorted(self.row_of(instance) for instance in self.model._default_manager.all())

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        return sorted(rows, key=self.order or self.key_of)

    def complete(self, row: Mapping[str, Any]) -> Row:
        """The row with its defaults filled in, fields in the section's order."""
        return {f.name: row.get(f.name, f.default) for f in self.fields}

    def label(self, row: Mapping[str, Any]) -> str:
        return self.name if self.single else f"{self.name} {self.key_of(row)!r}"

    def faults(self, rows: Sequence[Any]) -> Iterator[Fault]:
        """Everything that is wrong with `rows`, as plain values from outside."""
        seen: set[str] = set()
        for index, row in enumerate(rows):
            if not isinstance(row, dict):
                yield Fault(self.name, index, "", self.name, "must be a table")
                continue
            label = self.label(row)
            for name, text in self._faults_of(row):
                yield Fault(self.name, index, name, label, text)
            if self.key_of(row) in seen:
                yield Fault(self.name, index, self.key, label, "is given twice")
            seen.add(self.key_of(row))
        if all(isinstance(row, dict) for row in rows):
            for index, name, text in self.check([self._sound(row) for row in rows]):
                yield Fault(self.name, index, name, self.label(rows[index]), text)

    def _sound(self, row: Row) -> Row:
        """The complete row, with a default (or "") for each field that is missing or wrong."""
        right = {f.name for f in self.fields if f.name in row and not f.kind(row[f.name])}
        neutral = {f.name: "" if f.default is None else f.default for f in self.fields}
        return {name: row[name] if name in right else value for name, value in neutral.items()}

    def _faults_of(self, row: Row) -> Iterator[tuple[str, str]]:
        for name in row.keys() - self.known.keys():
            yield name, f"{name} is no field here; there are {', '.join(self.known)}"
        for f in self.fields:
            if f.name not in row:
                if f.default is None:
                    yield f.name, f"{f.name} is missing"
            elif wrong := f.kind(row[f.name]):
                yield f.name, f"{f.name} {wrong}"

    def apply(self, rows: Sequence[Row]) -> None:
        """Make the database hold exactly these complete rows. Raises Refused for what still refers to a row."""
        found = {self.key_of(self.row_of(i)): i for i in self.model._default_manager.all()}
        rows = self.handed_down([self.row_of(instance) for instance in found.values()], rows)
        for late in (False, True):
            for row in rows:
                key = self.key_of(row)
                found[key] = self._put(found.get(key), row, late=late)
        wanted, heirs = {self.key_of(row) for row in rows}, self.heirs(rows)
        gone = [instance for key, instance in found.items() if key not in wanted]
        for key in found.keys() - wanted:
            if key in heirs:
                self.inherit(found[key], found[heirs[key]])
        if reasons := [reason for instance in gone if (reason := self.why_kept(instance))]:
            raise Refused(reasons)
        for instance in gone:
            instance.delete()

    def refusals(self, rows: Sequence[Row]) -> list[str]:
        """Why these complete rows cannot take the place of those there are, without trying it."""
        kept, heirs = {self.key_of(row) for row in rows}, self.heirs([self.complete(row) for row in rows])
        gone = (i for i in self.model._default_manager.all() if self.key_of(self.row_of(i)) not in kept)
        return [
            reason
            for instance in gone
            if self.key_of(self.row_of(instance)) not in heirs and (reason := self.why_kept(instance))
        ]

    def _put(self, instance: Any, row: Row, *, late: bool) -> Any:
        fields = [f for f in self.fields if f.late == late]
        if instance is not None and all(f.read(instance) == row[f.name] for f in fields):
            return instance
        if instance is None:
            instance = self.model(pk=1) if self.single else self.model()
        for f in fields:
            f.write(instance, row[f.name])
        instance.save()
        return instance

    def why_kept(self, instance: Any) -> str:
        """Why this row cannot be removed; "" if it can."""
        label = self.label(self.row_of(instance))
        uses = [self.in_use(instance), *(use(instance) for use in _uses.get(self.name, ()))]
        return "; ".join(f"{label} cannot be removed: {use}" for use in uses if use)


_sections: dict[str, Section] = {}
_uses: dict[str, list[Callable[[Any], str]]] = {}


def register(section: Section) -> None:
    """Make `section` part of the configuration, and guard its model."""
    _sections[section.name] = section
    pre_save.connect(_before_save, sender=section.model, dispatch_uid=f"section {section.name}")
    pre_delete.connect(_before_delete, sender=section.model, dispatch_uid=f"section {section.name}")


def register_use(name: str, use: Callable[[Any], str]) -> None:
    """Another app's reason why a row of section `name` cannot be removed: `use(instance)`, "" for none."""
    _uses.setdefault(name, []).append(use)


def sections() -> tuple[Section, ...]:
    """All registered sections, in the order of their registration."""
    return tuple(_sections.values())


def section_of(model: type[Model]) -> Section | None:
    return next((section for section in sections() if section.model is model), None)


def document() -> Document:
    """The whole configuration as it is now."""
    return {section.name: section.rows() for section in sections()}


def faults(wanted: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with a document from outside, or a part of one."""
    found: list[Fault] = []
    for name, rows in wanted.items():
        section = _sections.get(name)
        if section is None:
            found.append(Fault(name, 0, "", name, f"is no section; there are {', '.join(_sections)}"))
        elif not isinstance(rows, list):
            found.append(Fault(name, 0, "", name, "must be a list of tables"))
        elif section.single and len(rows) > 1:
            found.append(Fault(name, 1, "", name, "is given twice"))
        else:
            found.extend(section.faults(rows))
    return found


def completed(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> Document:
    """A sound document with its defaults, and with what rows take over from those that go up in them."""
    return {
        section.name: section.sorted(
            section.handed_down(
                before.get(section.name, ()), [section.complete(row) for row in wanted[section.name]]
            )
        )
        for section in sections()
        if section.name in wanted
    }


def _before_save(sender: type[Model], instance: Any, update_fields: Any = None, **_: Any) -> None:
    section = section_of(sender)
    if section is None or (update_fields and section.known.keys().isdisjoint(update_fields)):
        return  # fields that are no configuration, such as when a source was first fetched
    if not recording_active.get():
        raise Unrecorded(
            f"{section.label(section.row_of(instance))}: saved outside config.revisions.recording()"
        )
    stored = sender._default_manager.filter(pk=instance.pk).first() if instance.pk else None
    if stored is None:
        return
    before, after = section.row_of(stored), section.row_of(instance)
    fixed: tuple[str, ...] = () if section.single else (section.key,)
    fixed += section.fixed if section.settled() else ()
    if changed := [name for name in fixed if before[name] != after[name]]:
        raise Refused([f"{section.label(before)}: {name} never changes" for name in changed])


def _before_delete(sender: type[Model], instance: Any, **_: Any) -> None:
    section = section_of(sender)
    if section is None:
        return
    if not recording_active.get():
        raise Unrecorded(
            f"{section.label(section.row_of(instance))}: deleted outside config.revisions.recording()"
        )
    if reason := section.why_kept(instance):
        raise Refused([reason])
