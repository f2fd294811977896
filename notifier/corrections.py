"""What people are told of a release that they have had: that it was corrected, withdrawn, or is shown again.

    an editor's mark ------------------\\
    Change -> a change, a withdrawal ---> Correction -> follow: people from the ledger, watchers -> CorrectionDue
                                              -> at once: dispatching; else: joining, in the next digest

Everybody is due once for each correction, and has it by one dispatch, marked in the transaction that makes it. The
ledger is asked several times: a message that was on its way is marked only when the relay has answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import F

from config import revisions
from config.asking import Whether
from feeds import notice, store, wake
from feeds.models import Release, ReleaseVersion, Standing
from feeds.notice import Subject
from notifier import withdrawals
from notifier.correcting import current, dispatching, recipients
from notifier.correcting.recipients import Reach
from notifier.models import Correction, CorrectionDue, Edition, EditionRelease, EditionText, Watch

CONSUMER = "corrections"
SOON = timedelta(seconds=15)
"""After that no body begins any more with what was known before."""
LOOKS = (SOON, timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))
"""When to look for people again, after the first time. A relay may take ten minutes to answer."""
LATER = timedelta(minutes=10)
"""How often to see whether somebody who is due gets their mail at once by now, or has gone on after a pause."""
_EVER = 2**63 - 1


class CannotMark(ValueError):
    """There is nothing to tell anybody: `str()` says why."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be told if a release were marked now. `number`: the version in which it reads as it does; `right`: the
    fingerprints of texts that are no mistake.
    """

    release_id: int
    kind: str
    number: int
    before: int | None
    right: tuple[str, ...]
    title: str
    note: str
    is_marked: bool
    reach: Reach


def propose(release_id: int) -> Proposal:
    """Whom a mark would reach now, and with what. Reads only. Raises CannotMark."""
    standing = Standing.objects.filter(pk=release_id).first()
    release = Release.objects.filter(pk=release_id).first()
    if standing is None or release is None or not (standing.shown or standing.gone_at):
        raise CannotMark("It has not been shown to anybody yet.")
    if not standing.shown and release.state != Release.State.WITHDRAWN:
        raise CannotMark("It is under embargo again: to say that it is withdrawn, withdraw it.")
    kind = Correction.Kind.CORRECTED if standing.shown else Correction.Kind.WITHDRAWN
    right = _right(release, standing) if standing.shown else ("",)
    number = _reading(release_id)
    earlier = Correction.objects.filter(release_id=release_id, number=number, kind=kind).first()
    return Proposal(
        release_id,
        kind,
        number,
        _told_last(standing, number),
        right,
        release.title,
        (release.editors_note if standing.shown else release.withdrawn_reason) or "",
        earlier is not None and earlier.notify,
        recipients.reach(release_id, right),
    )


def mark(release_id: int, note: str, by: str, now: datetime, *, way: str = "admin") -> Correction:
    """Those who received this release in another text than it has now are to be told, or that it is withdrawn.

    At once or in their next digest, with `note`, the editor's words, which from then on stand with the release (empty:
    those that do already). `by` is account:<id> or command:<name>. Raises CannotMark, also if this version was marked
    before.
    """
    with transaction.atomic():
        _take(release_id, now)
        found = propose(release_id)
        if found.is_marked:
            raise CannotMark("This version was marked already: nobody is told twice.")
        noted = _put(note.strip(), found, now)
        _replace_older(release_id, found.number)
        values = {
            "before": found.before, "fingerprint": found.right[0], "likewise": found.right[1:], "title": found.title,
            "note": note.strip() or found.note, "notify": True, "marked_by": by, "made_at": now, "begun_at": None,
            "look_at": now, **noted,
        }  # fmt: skip
        correction, _ = Correction.objects.update_or_create(
            release_id=release_id, number=found.number, kind=found.kind, defaults=values
        )
        recipients.watchers(correction, _changed_at(release_id, found.number), now)
        revisions.audit(
            by, way, f"marked {found.kind}", f"release {release_id}", before=None,
            after={"note": correction.note, "people": found.reach.people}, now=now,
        )  # fmt: skip
        wake.ring()
    return correction


def _take(release_id: int, now: datetime) -> None:
    notice.take(now, {Subject("release", release_id): _EVER})


def _right(release: Release, standing: Standing) -> tuple[str, ...]:
    """Of the text as it is now; where an earlier mark put its note to it, also of the text without that note."""
    note = release.editors_note or ""
    by_mark = Correction.objects.filter(release_id=release.pk, note=note).exclude(noted=None)
    release.editors_note = ""
    without = (store.fingerprint(release),) if note and by_mark.exists() else ()
    release.editors_note = note
    return (standing.fingerprint, *without)


def _put(note: str, found: Proposal, now: datetime) -> dict[str, Any]:
    """Let the release itself bear the note, for its page and its feeds; what a correction is to remember of that."""
    if not note or note == found.note:
        return {}
    corrected = found.kind == Correction.Kind.CORRECTED
    Release.objects.filter(pk=found.release_id).update(
        **{"editors_note" if corrected else "withdrawn_reason": note}
    )
    _take(found.release_id, now)
    standing = Standing.objects.get(pk=found.release_id)
    if not corrected or standing.fingerprint == found.right[0]:
        return {}
    number = ReleaseVersion.objects.filter(release_id=found.release_id).order_by("-number")
    return {
        "fingerprint": standing.fingerprint,
        "likewise": found.right,
        "noted": number.values_list("number", flat=True).first(),
    }


_any_open = Whether(lambda: Correction.objects.exclude(look_at=None))


def follow(now: datetime) -> bool:
    """Catch up with what was noticed, and with what is due. True if there was anything to do."""
    changes = notice.after(CONSUMER)
    if changes:
        touched = {change.subject_id for change in changes if change.kind == "release"}
        _notice_watched(touched, now)
        _notice_restored(touched, now)
        notice.move(CONSUMER, changes[-1].seq or 0)
    due = list(Correction.objects.filter(look_at__lte=now).order_by("pk")) if _any_open() else []
    for correction in due:
        _look(correction, now)
    return bool(changes) or bool(due)


def _look(correction: Correction, now: datetime) -> None:
    """Find the people, send to those who are to have it now, and say when to look again."""
    begun_at = correction.begun_at or now
    asks = now - begun_at <= LOOKS[-1] + LATER
    if asks and current.holds(correction):
        _renew(correction, now)
        recipients.gather(correction)
    dispatching.send(correction, now)
    ahead = [begun_at + wait for wait in LOOKS if begun_at + wait > now]
    waiting = CorrectionDue.objects.filter(correction=correction, dispatch_id=None).exists()
    later = max(LATER, (now - begun_at) / 20)
    look_at = ahead[0] if ahead else now + later if waiting or asks else None
    Correction.objects.filter(pk=correction.pk, look_at=correction.look_at).update(
        begun_at=begun_at, look_at=look_at
    )


def _renew(correction: Correction, now: datetime) -> None:
    """What has not begun yet tells of the release as it is now: editions with another text are rendered anew, older
    corrections taken out of them. Done twice it changes nothing more.
    """
    if not (correction.notify and correction.kind in (Correction.Kind.CORRECTED, Correction.Kind.WITHDRAWN)):
        return

    def is_older(item: withdrawals.Item) -> bool:
        mine: bool = item["release"] == correction.release_id
        return mine and item.get("correction", correction.pk) != correction.pk

    for pk in withdrawals.unfinished_with({correction.release_id}):
        withdrawals.take_out(pk, is_older, now)
        wrong = EditionText.objects.filter(
            edition=pk, version=F("edition__version"), release_id=correction.release_id
        ).exclude(fingerprint=correction.fingerprint)
        if correction.kind == Correction.Kind.CORRECTED and wrong.exists():
            Edition.objects.filter(pk=pk, version__in=wrong.values("version")).update(
                version=F("version") + 1
            )


def _notice_watched(touched: Collection[int], now: datetime) -> None:
    """A correction for the watchers of each release that reads otherwise, or is withdrawn, since they watch it."""
    watched = Watch.objects.filter(release_id__in=touched, ended_at=None, until__gt=now)
    for release_id in sorted(set(watched.values_list("release_id", flat=True))):
        standing = Standing.objects.get(pk=release_id)
        release = Release.objects.filter(pk=release_id).first()
        if release is None or not (standing.shown or release.state == Release.State.WITHDRAWN):
            continue
        number = _reading(release_id)
        if standing.shown and not _is_significant(release_id, number):
            continue
        kind = Correction.Kind.CORRECTED if standing.shown else Correction.Kind.WITHDRAWN
        defaults = {
            "before": _public_before(release_id, number),
            "fingerprint": standing.fingerprint if standing.shown else "",
            "title": release.title,
            "note": (release.editors_note if standing.shown else release.withdrawn_reason) or "",
            "made_at": now,
            "look_at": now,
        }
        with transaction.atomic():
            correction, _ = Correction.objects.get_or_create(
                release_id=release_id, number=number, kind=kind, defaults=defaults
            )
            recipients.watchers(correction, _changed_at(release_id, number), now)


def _notice_restored(touched: Collection[int], now: datetime) -> None:
    """A release is shown again that was taken out of mail: it is new to those who had it only in that."""
    groups = set(Standing.objects.filter(pk__in=touched).values_list("group", flat=True))
    taken_out = EditionRelease.objects.filter(group__in=groups | set(touched), release_id__in=touched)
    ids = set(taken_out.exclude(until=None).values_list("release_id", flat=True))
    for release_id in sorted(current.shown(ids)):
        number = (
            ReleaseVersion.objects.filter(release_id=release_id)
            .order_by("-number")
            .values_list("number", "public")[:2]
        )
        rows = list(number)
        if len(rows) < 2 or rows[1][1]:
            continue  # it was an edit, not the end of a withdrawal
        title = Release.objects.values_list("title", flat=True).get(pk=release_id)
        with transaction.atomic():
            CorrectionDue.objects.filter(
                correction__release_id=release_id, correction__kind=Correction.Kind.RESTORED, dispatch_id=None
            ).delete()
            Correction.objects.get_or_create(
                release_id=release_id,
                number=rows[0][0],
                kind=Correction.Kind.RESTORED,
                defaults={"title": title, "made_at": now, "look_at": now + SOON,
                },
            )  # fmt: skip


def _replace_older(release_id: int, number: int) -> None:
    """What somebody was still to be told of this release is out of date."""
    older = Correction.objects.filter(release_id=release_id, number__lt=number).exclude(
        kind=Correction.Kind.RESTORED
    )
    CorrectionDue.objects.filter(correction__in=older, dispatch_id=None).delete()
    older.update(look_at=None)


def _reading(release_id: int) -> int:
    """The version in which a reader first saw it as it is now: later ones changed nothing that a reader should see, or
    put to it the note with which that version was marked.
    """
    rows = ReleaseVersion.objects.filter(release_id=release_id).order_by("-number")
    marks = list(rows.values_list("number", "significant", "public"))
    for (number, significant, public), (_, _, was_public) in pairwise(marks):
        if significant or public != was_public:
            marked = Correction.objects.filter(release_id=release_id, noted=number)
            return marked.values_list("number", flat=True).first() or number
    return marks[-1][0] if marks else 0


def _is_significant(release_id: int, number: int) -> bool:
    """Whether it was a change of what readers could see before."""
    before = _public_before(release_id, number)
    if before is None:
        return False
    between = ReleaseVersion.objects.filter(
        release_id=release_id, number__gt=before, number__lte=number, significant=True
    )
    return bool(between.exists())


def _public_before(release_id: int, number: int) -> int | None:
    earlier = ReleaseVersion.objects.filter(release_id=release_id, number__lt=number, public=True)
    return earlier.order_by("-number").values_list("number", flat=True).first()


def _told_last(standing: Standing, number: int) -> int | None:
    """The version that people were told of last: by the correction before this one, or when it was announced."""
    corrected = Correction.objects.filter(release_id=standing.pk, number__lt=number, notify=True)
    told = (
        corrected.exclude(kind=Correction.Kind.WITHDRAWN).order_by("-number").values_list("number", flat=True)
    )
    announced = ReleaseVersion.objects.filter(
        release_id=standing.pk,
        number__lt=number,
        public=True,
        at__lte=standing.announced_at or standing.updated_at,
    )
    first = announced.order_by("-number").values_list("number", flat=True)
    return told.first() or first.first() or _public_before(standing.pk, number)


def _changed_at(release_id: int, number: int) -> datetime:
    found = ReleaseVersion.objects.filter(release_id=release_id, number=number).values_list("at", flat=True)
    return found.get()
