"""The one way in which the configuration changes.

    recording(actor, way) -> lock -> document before -> (the change) -> document after
                          -> Revision and an AuditEntry for each row that differs -> commit -> effects

Whoever changes a configuration model does it inside `recording`; whoever has a whole document uses `apply`; whoever
wants to see what would come of a change makes it inside `trying`, which takes it back.

An actor is `account:<id>`, `command:<name>`, `setup` or `start`; a way is admin, command, api, setup, start or store
(found changed by SQL).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from config import origin
from config.auditing import record as audit
from config.differences import Difference, canonical, diff
from config.models import AuditEntry, Revision
from config.sections import (
    ConfigurationError,
    Document,
    Refused,
    Section,
    Unrecorded,
    completed,
    document,
    faults,
    recording_active,
    register,
    register_use,
    sections,
)

__all__ = [
    "ConfigurationError",
    "Difference",
    "Document",
    "Recording",
    "Refused",
    "Section",
    "Stale",
    "Tried",
    "Unrecorded",
    "apply",
    "at",
    "audit",
    "canonical",
    "completed",
    "current",
    "diff",
    "document",
    "ensure_defaults",
    "recording",
    "refusals",
    "register",
    "register_use",
    "restore",
    "trying",
    "whole",
]

_LOCK = 0x436F6E66696700  # "Config", for PostgreSQL's advisory locks
_log = structlog.stdlib.get_logger(__name__)


class Stale(ConfigurationError):
    """Somebody else changed the configuration since the revision this change was made from."""

    def __init__(self, base: int, present: int, since: list[Difference]) -> None:
        lines = "".join(f"\n  {difference}" for difference in since)
        super().__init__(f"the configuration is at revision {present}, not {base}; since then:{lines}")


@dataclass
class Recording:
    """A change being made; `revision` is there once it is written, unless nothing changed."""

    actor: str
    way: str
    note: str
    now: datetime
    revision: Revision | None = None


_present: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording(actor: str, way: str, note: str = "", *, now: datetime) -> Iterator[Recording]:
    """A transaction in which configuration may change; alone at a time. An inner one joins the outer."""
    outer = _present.get()
    if outer is not None:
        yield outer
        return
    present = Recording(actor, way, note, now)
    with transaction.atomic():
        _lock()
        before = document()
        _note_drift(before, now)
        with _active(present):
            yield present
        present.revision = _write(before, document(), present)


@dataclass
class Tried:
    """The configuration as it was at revision `base`, and as a change made it that was then taken back."""

    before: Document
    after: Document
    base: int


@contextmanager
def trying(now: datetime) -> Iterator[Tried]:
    """A transaction in which configuration may change, and that leaves nothing: no row, no revision, no effect."""
    with transaction.atomic():
        _lock()
        before = document()
        tried = Tried(before, before, current())
        try:
            with _active(Recording("", "", "", now)):
                yield tried
                tried.after = document()
        finally:
            transaction.set_rollback(True)


@contextmanager
def _active(present: Recording) -> Iterator[None]:
    token, active = _present.set(present), recording_active.set(True)
    try:
        yield
    finally:
        _present.reset(token)
        recording_active.reset(active)


def apply(
    wanted: Mapping[str, Any], actor: str, way: str, note: str = "", *, now: datetime, base: int | None = None
) -> Revision | None:
    """Make the configuration what the document says; sections it lacks stay as they are.

    Returns the new revision, or None if nothing changed. Raises Refused with every fault at once, and Stale if `base`
    is given and is not the present revision (0: there is none yet).
    """
    if wrong := faults(wanted):
        raise Refused([str(fault) for fault in wrong])
    with recording(actor, way, note, now=now) as present:
        if base is not None and base != current():
            raise Stale(base, current(), diff(at(base) if base else {}, document()))
        for section in sections():
            if section.name in wanted:
                section.apply([section.complete(row) for row in wanted[section.name]])
    return present.revision


def refusals(wanted: Mapping[str, Any]) -> list[str]:
    """Everything for which `apply` would refuse this document, as things stand. Changes nothing."""
    if wrong := faults(wanted):
        return [str(fault) for fault in wrong]
    return [
        reason
        for section in sections()
        if section.name in wanted
        for reason in section.refusals(wanted[section.name])
    ]


def restore(number: int, actor: str, way: str, *, now: datetime) -> Revision | None:
    """Make the configuration what it was at revision `number`. Raises Refused where something grew from it since."""
    return apply(at(number), actor, way, f"revision {number} restored", now=now)


def at(number: int) -> Document:
    """The whole configuration at a revision, with what fields have come since. Raises Refused if there is none such."""
    found = Revision.objects.filter(number=number).values_list("document", flat=True).first()
    if found is None:
        raise Refused([f"there is no revision {number}"])
    return whole(found)


def whole(document: Mapping[str, Any]) -> Document:
    """A recorded document in the form that documents have now."""
    return {
        section.name: section.sorted(section.complete(row) for row in document[section.name])
        for section in sections()
        if section.name in document
    }


def current() -> int:
    """The number of the present revision; 0 before the first."""
    return Revision.objects.order_by("-number").values_list("number", flat=True).first() or 0


def ensure_defaults(folder: Path, now: datetime) -> Revision | None:
    """At the first start: the defaults in `folder`; a file in $HERALD_HOME/config takes the place of its namesake.

    Does nothing when there is a revision already. Raises Refused for faults in the files.
    """
    if current():
        return None
    from config import files  # loaded where it is used: once in the life of an installation

    own = Path(settings.HERALD_HOME) / "config"
    wanted = files.read(folder) | (files.read(own) if own.is_dir() else {})
    try:
        return apply(wanted, "start", "start", "first start", now=now, base=0)
    except Stale:
        return None  # another process was first


def _lock() -> None:
    """SQLite's transaction is IMMEDIATE and so alone already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _note_drift(found: Document, now: datetime) -> None:
    """What another program wrote by SQL becomes a revision of its own, so that no revision is ever untrue."""
    last = Revision.objects.first()
    if last is not None and last.document != found:
        _write(last.document, found, Recording("store", "store", "found changed in the database", now))


def _write(before: Document, after: Document, made: Recording) -> Revision | None:
    changes = diff(before, after)
    if not changes:
        return None
    revision = Revision.objects.create(
        number=current() + 1, made_at=made.now, actor=made.actor, way=made.way, note=made.note, document=after
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=made.now, actor=made.actor, way=made.way, action=change.action, subject=change.subject,
            before=change.before, after=change.after, revision=revision, **origin.columns(),
        )
        for change in changes
    )  # fmt: skip
    touched = {change.section for change in changes}
    effects = [section.effect for section in sections() if section.name in touched and section.effect]
    for effect in dict.fromkeys(effects):
        transaction.on_commit(partial(effect, before, after, made.now), robust=True)
    subjects = [change.subject for change in changes[:5]]
    _log.info("revision", number=revision.number, actor=made.actor, subjects=subjects, changes=len(changes))
    return revision
