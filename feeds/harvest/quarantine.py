"""Fetches that are held until an admin has looked at them, and what becomes of them.

One open row a source. A later fetch that differs as well takes its place; one that is as usual again supersedes it.
What was discarded is known again by its digest, and neither held nor taken in until it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from config import revisions
from feeds import intake
from feeds.harvest import packing, usual
from feeds.models import HeldFetch, Source, SourceState
from feeds.previewing import Preview
from feeds.sources.way import Fetched

Decision = HeldFetch.Decision


def discarded(source: Source, digest: str) -> bool:
    """Whether an admin has discarded just this, and nothing has been taken in or held since."""
    last = HeldFetch.objects.filter(source=source).order_by("-pk").first()
    return last is not None and last.decision == Decision.DISCARDED and last.digest == digest


def hold(
    source: Source,
    fetched: Fetched,
    preview: Preview,
    reasons: Sequence[str],
    memory: Mapping[str, Any],
    now: datetime,
) -> HeldFetch:
    """Keep all of it, in the place of what is held already."""
    content = {
        "fetched_at": now,
        "digest": usual.digest(preview),
        "reasons": list(reasons),
        "differences": usual.differences(preview),
        "items": packing.pack(fetched.items),
        "memory": dict(memory),
        "complete": fetched.complete,
    }
    held, _ = HeldFetch.objects.update_or_create(
        source=source, decision=Decision.OPEN, defaults=content, create_defaults={**content, "held_at": now}
    )
    return held


def supersede(source: Source, now: datetime) -> None:
    """The source is as usual again."""
    HeldFetch.objects.filter(source=source, decision=Decision.OPEN).update(
        decision=Decision.SUPERSEDED, decided_at=now
    )


def accept(
    held: HeldFetch, actor: str, now: datetime, *, announce: bool, way: str = "admin"
) -> intake.Report | None:
    """Take it in after all; with `announce`, what is new is announced as usual. None if it is decided already."""
    with transaction.atomic():
        if not _decide(held, Decision.ACCEPTED, actor, now):
            return None
        report = intake.take_in(
            packing.unpack(bytes(held.items)), held.source, now, complete=held.complete, announce=announce
        )
        SourceState.objects.filter(source=held.source).update(memory=held.memory)
        _audit(held, "accepted" if announce else "accepted silently", actor, way, now)
    return report


def discard(held: HeldFetch, actor: str, now: datetime, way: str = "admin") -> bool:
    """Leave it. False if it is decided already."""
    with transaction.atomic():
        if not _decide(held, Decision.DISCARDED, actor, now):
            return False
        # What was looked at is behind us: a folder need not read its files again, nor a list its pages.
        SourceState.objects.filter(source=held.source).update(memory=held.memory)
        _audit(held, "discarded", actor, way, now)
    return True


def _decide(held: HeldFetch, decision: str, actor: str, now: datetime) -> bool:
    """Of two admins one decides, and on what they have seen: a fetch that took its place is another."""
    waiting = HeldFetch.objects.filter(pk=held.pk, decision=Decision.OPEN, digest=held.digest)
    return bool(waiting.update(decision=decision, decided_at=now, decided_by=actor))


def _audit(held: HeldFetch, what: str, actor: str, way: str, now: datetime) -> None:
    counts = {name: held.differences.get(name) for name in ("new", "changed", "same")}
    subject = f"fetch of {held.source.slug}"
    revisions.audit(actor, way, what, subject, before=None, after=counts, now=now)
