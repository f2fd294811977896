"""What is withdrawn, deleted or embargoed again leaves the mail that has not begun.

    Change -> releases no longer shown -> editions in dispatches with open deliveries -> version + 1, or cancelled

What says that a release is withdrawn leaves in the same way when it is shown again.

A consumer of `feeds.notice`. Workers look at versions every two seconds, so no body begins with the old one for long.
What is shown again afterwards comes to those who missed it by `notifier.corrections`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from feeds import notice, store
from notifier import ledger, progress
from notifier.models import Correction, Delivery, Dispatch, Edition, EditionRelease

CONSUMER = "withdrawals"
WITHDRAWN = Correction.Kind.WITHDRAWN
REASON = "all of it was withdrawn"
Item = dict[str, Any]


def follow(now: datetime) -> bool:
    """Catch up with what was noticed. True if there was anything; done twice it changes nothing more."""
    changes = notice.after(CONSUMER)
    if not changes:
        return False
    touched = {change.subject_id for change in changes if change.kind == "release"}
    gone = touched - store.still_shown(touched)
    told = Correction.objects.filter(release_id__in=touched - gone, kind=WITHDRAWN)
    back = set(told.values_list("release_id", flat=True))

    def is_untrue(item: Item) -> bool:
        return item["release"] in (back if item.get("kind") == WITHDRAWN else gone)

    for edition in unfinished_with(gone | back):
        take_out(edition, is_untrue, now)
    if gone:
        leave_out_of_samples(gone)
    notice.move(CONSUMER, changes[-1].seq or 0)
    return True


def unfinished_with(releases: Collection[int]) -> list[int]:
    """Editions that hold, or held, one of these, in dispatches with deliveries that are not finished."""
    editions = EditionRelease.objects.filter(release_id__in=releases).values_list(
        "edition_id", "edition__dispatch_id"
    )
    unfinished: dict[int, bool] = {}
    found = []
    for edition, dispatch in editions.order_by("edition_id").distinct():
        if dispatch not in unfinished:
            unfinished[dispatch] = _is_unfinished(dispatch)
        if unfinished[dispatch]:
            found.append(edition)
    return found


def take_out(pk: int, unwanted: Callable[[Item], bool], now: datetime) -> None:
    """The next version, without what is unwanted. The digest stays: it is the edition's name in its dispatch."""
    with transaction.atomic():
        edition = Edition.objects.select_for_update().get(pk=pk)
        left = [item for item in edition.content if not unwanted(item)]
        if len(left) < len(edition.content):
            taken = [it["release"] for it in edition.content if unwanted(it) and "correction" not in it]
            held = EditionRelease.objects.filter(edition=edition, release_id__in=taken, until=None)
            held.update(until=edition.version)
            edition.content = left
            edition.version += 1
            edition.save(update_fields=["content", "version"])
    if not left:
        ledger.cancel(edition.dispatch_id, pk, REASON, now)


def leave_out_of_samples(gone: Collection[int]) -> None:
    """Letters of welcome that have not left yet show none of these as a sample; they go out all the same."""
    open_states = (Delivery.State.PENDING, Delivery.State.SENDING, Delivery.State.DEFERRED)
    waiting = Delivery.objects.filter(lane=Dispatch.Lane.LETTER, state__in=open_states)
    with transaction.atomic():
        editions = Edition.objects.select_for_update().filter(
            pk__in=waiting.values("edition_id"), layout="welcome"
        )
        for edition in editions:
            sample = edition.content.get("sample", [])
            left = [pk for pk in sample if pk not in gone]
            if len(left) < len(sample):
                edition.content["sample"] = left
                edition.version += 1
                edition.save(update_fields=["content", "version"])


def _is_unfinished(dispatch: int) -> bool:
    found = Dispatch.objects.filter(pk=dispatch).first()
    return found is not None and progress.is_open(found)
