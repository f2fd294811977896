"""Erasing a person: nothing that was theirs is left in any table."""

from __future__ import annotations

from datetime import datetime

from config import revisions
from notifier.models import (
    CorrectionDue,
    Delivery,
    Dispatch,
    Particular,
    Subscriber,
    Suppression,
)
from notifier.planning import lock

AT_ONCE = 500


def erase(subscriber: Subscriber, now: datetime, actor: str = "subscriber", way: str = "page") -> None:
    """For good, and with all that is queued. Erasing somebody who is gone is no error. `now` is an aware instant, UTC.

    What stays names nobody: sums of dispatches, editions that were others' too, selections without a person; and in the
    audit log, that somebody of this number was erased.
    """
    with lock.shared():
        forget(subscriber)
        subject = f"subscriber {subscriber.pk}"
        revisions.audit(actor, way, "erased", subject, before=None, after=None, now=now)


def forget(subscriber: Subscriber) -> None:
    """Delete every row of the person, within the caller's transaction and under the planning lock."""
    Suppression.objects.filter(address=bytes(subscriber.address)).delete()
    Particular.objects.filter(subscriber_id=subscriber.pk).delete()
    CorrectionDue.objects.filter(subscriber_id=subscriber.pk).delete()
    _forget_mail(subscriber.pk)
    Subscriber.objects.filter(pk=subscriber.pk).delete()


def _forget_mail(pk: int) -> None:
    """Deliveries, and letters with what they said. By dispatch, as the ledger's key is."""
    kept = list(Dispatch.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True))
    letters: list[int] = []
    for first in range(0, len(kept), AT_ONCE):
        own = Delivery.objects.filter(dispatch_id__in=kept[first : first + AT_ONCE], subscriber_id=pk)
        letters += own.filter(lane=Dispatch.Lane.LETTER).values_list("dispatch_id", flat=True)
        own._raw_delete("default")
    Dispatch.objects.filter(pk__in=letters, lane=Dispatch.Lane.LETTER).delete()
