"""Drafts: changes of the configuration that are collected, reviewed against what is there now, and applied as one.

    a form's change --add--> Draft --review--> Review (document, differences, conflicts, faults) --apply--> Revision
    a revision   --restoring--/

Each account has one draft in which its changes collect, and one for each revision it wants to restore. What is applied
is what was reviewed: if anything changed between, it is reviewed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from config import auditing, revisions, threeway
from config.differences import Difference, canonical, diff
from config.models import Draft, Revision
from config.sections import ConfigurationError, Document, Fault, document, faults
from config.threeway import Conflict, Place


class Moved(ConfigurationError):
    """The configuration or the draft is not what was reviewed."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a draft would do to the configuration as it is. `seen` names exactly this review.

    `document` is what would be applied: the sections that differ, with what rows take over from those that go up in
    them.
    `since`: revisions made since the draft's base. `faults`: what is wrong in the document, by its place.
    """

    draft: Draft
    present: Document
    document: Document
    differences: list[Difference]
    conflicts: list[Conflict]
    faults: list[Fault]
    since: list[Revision]
    seen: str


def own(actor: str) -> Draft | None:
    """The draft in which this account's changes collect."""
    return _mine(actor).first()


def add(actor: str, tried: revisions.Tried, now: datetime) -> Draft:
    """Put a change that was tried into the account's own draft, over what it holds already."""
    with transaction.atomic():
        changes = [difference.subject for difference in diff(tried.before, tried.after)]
        draft = _mine(actor).select_for_update().first()
        if draft is None:
            draft = Draft(actor=actor, base=tried.base, document=tried.after, made_at=now)
        else:
            _lead(draft, tried)
            draft.document, _ = threeway.merge(
                tried.before, tried.after, revisions.whole(draft.document), prefer=None
            )
        return _kept(draft, changes, actor, now)


def restoring(number: int, actor: str, now: datetime) -> Draft:
    """A draft of the configuration as it was at revision `number`. Raises Refused if there is none such."""
    wanted = revisions.at(number)
    with transaction.atomic():
        draft = Draft.objects.filter(actor=actor, restores=number).first()
        draft = draft or Draft(actor=actor, restores=number, made_at=now)
        draft.base, draft.document = revisions.current(), wanted
        return _kept(draft, [f"revision {number}"], actor, now)


def review(draft: Draft) -> Review:
    """What the draft would do now. Reads only."""
    present = document()
    wanted, conflicts = revisions.whole(draft.document), list[Conflict]()
    if draft.restores is None:
        wanted, conflicts = threeway.merge(_base(draft, present), wanted, present)
    else:
        wanted = {**present, **wanted}
    # Of the sections that differ alone: what is wrong elsewhere, by another program's hand, is no reason to refuse.
    wanted = {name: rows for name, rows in wanted.items() if rows != present.get(name)}
    wrong = faults(wanted)
    if not wrong:
        wanted = revisions.completed(present, wanted)
    since = Revision.objects.filter(number__gt=draft.base).defer("document").order_by("number")
    seen = hashlib.sha256((canonical(present) + canonical(draft.document)).encode()).hexdigest()[:32]
    return Review(draft, present, wanted, diff(present, wanted), conflicts, wrong, list(since), seen)


def take_out(draft: Draft, place: Place, actor: str, now: datetime) -> Draft | None:
    """Let a row be in the draft as it is in the configuration. None if that was its last change, and so its end."""
    with transaction.atomic():
        found = review(draft)
        gone = [each for each in found.differences if (each.section, each.key) == place]
        if len(gone) == len(found.differences) and not found.conflicts:
            _end(draft, "discarded", actor, now)
            return None
        for each in gone:
            draft.document = threeway.with_row(draft.document, place, each.before)
        return _kept(draft, [], actor, now)


def choose(draft: Draft, mine: Collection[Place], actor: str, now: datetime) -> None:
    """Settle the draft's conflicts: in the rows of `mine` the draft stands, in all others what is there now."""
    with transaction.atomic():
        base, present = revisions.current(), document()  # in this order: an older base only asks once more
        draft.document, _ = threeway.merge(
            _base(draft, present), revisions.whole(draft.document), present, prefer=mine
        )
        draft.base = base
        _kept(draft, [f"{section} {key}" for section, key in mine], actor, now)


def apply(draft: Draft, seen: str, note: str, actor: str, now: datetime) -> Revision | None:
    """Make the configuration what was reviewed, and delete the draft.

    Raises Moved if that is not what a review would show now, and Refused for what cannot be.
    """
    note = note or (f"revision {draft.restores} restored" if draft.restores else "")
    with revisions.recording(actor, "admin", note, now=now) as made:
        found = review(Draft.objects.filter(pk=draft.pk).first() or draft)
        if found.seen != seen or found.conflicts:
            raise Moved("The configuration or this draft changed while you looked at it. Please look again.")
        revisions.apply(found.document, actor, "admin", now=now)
        _end(draft, "applied", actor, now)
    return made.revision


def discard(draft: Draft, actor: str, now: datetime) -> None:
    with transaction.atomic():
        _end(draft, "discarded", actor, now)


def _mine(actor: str) -> QuerySet[Draft]:
    return Draft.objects.filter(actor=actor, restores=None).order_by("pk")


def _base(draft: Draft, present: Document) -> Document:
    """What the draft was made from; before the first revision, what is there."""
    return revisions.at(draft.base) if draft.base else present


def _lead(draft: Draft, tried: revisions.Tried) -> None:
    """Bring the draft up to what was there when the change was tried, where nobody else changed the same."""
    base = _base(draft, tried.before)
    wanted, conflicts = threeway.merge(base, revisions.whole(draft.document), tried.before)
    if not conflicts:
        draft.base, draft.document = tried.base, wanted


def _kept(draft: Draft, changes: list[str], actor: str, now: datetime) -> Draft:
    draft.changed_at = now
    draft.save()
    _audit(draft, "drafted", actor, now, {"base": draft.base, "changes": changes})
    return draft


def _end(draft: Draft, action: str, actor: str, now: datetime) -> None:
    _audit(draft, action, actor, now, None)
    if not Draft.objects.filter(pk=draft.pk).delete()[0]:
        raise Moved("This draft was applied or discarded meanwhile.")


def _audit(draft: Draft, action: str, actor: str, now: datetime, after: object) -> None:
    auditing.record(actor, "admin", action, str(draft), before=None, after=after, now=now)
