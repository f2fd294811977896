"""What is withdrawn, deleted or embargoed again leaves the mail that has not begun.

    Change -> releases no longer shown -> editions in dispatches with open deliveries -> version + 1, or cancelled

A consumer of `feeds.notice`. Workers look at versions every two seconds, so no body begins with the old one for long.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from feeds import notice, store
from notifier import ledger
from notifier.models import Edition, EditionRelease

CONSUMER = "withdrawals"
REASON = "all of it was withdrawn"


def follow(now: datetime) -> bool:
    """Catch up with what was noticed. True if there was anything; done twice it changes nothing more."""
    changes = notice.after(CONSUMER)
    if not changes:
        return False
    touched = {change.subject_id for change in changes if change.kind == "release"}
    gone = touched - store.load(touched).keys()
    for edition in _editions_with(gone):
        _take_out(edition, gone, now)
    notice.move(CONSUMER, changes[-1].seq or 0)
    return True


def _editions_with(gone: Collection[int]) -> list[int]:
    """Editions that hold one of these and have deliveries that are not finished."""
    editions = EditionRelease.objects.filter(release_id__in=gone).values_list(
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


def _is_unfinished(dispatch: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM notifier_delivery WHERE dispatch_id = %s AND state IN (0, 1, 2) LIMIT 1",
            [dispatch],
        )
        if cursor.fetchone():
            return True
        cursor.execute("SELECT 1 FROM notifier_dispatch WHERE id = %s AND state = 'filling'", [dispatch])
        return cursor.fetchone() is not None


def _take_out(pk: int, gone: Collection[int], now: datetime) -> None:
    """The next version, without what is gone. The digest stays: it is the edition's name in its dispatch."""
    with transaction.atomic():
        edition = Edition.objects.select_for_update().get(pk=pk)
        left = [item for item in edition.content if item["release"] not in gone]
        if len(left) < len(edition.content):
            edition.content = left
            edition.version += 1
            edition.save(update_fields=["content", "version"])
    if not left:
        ledger.cancel(edition.dispatch_id, pk, REASON, now)
