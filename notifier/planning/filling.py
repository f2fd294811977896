"""Step 2 of a run: deliveries from cadences, set-based, in ranges of subscribers."""

from __future__ import annotations

from django.db import connection

from notifier.models import Cadence, Delivery, Dispatch, Edition
from notifier.planning import lock

IN_GRACE = "its grace is not over"
_EVERYBODY = 2**63 - 1

# One row for each cadence of the chain that is in the window, has a number in the range and gets something: by its own
# row of Particular if there is one, else by the Match of its interest. Buckets of Match do not overlap, so no cadence
# has two. In order of subscribers, as the ledger's primary key is: random order costs twice the time. ON CONFLICT: a
# person who changed meanwhile has been handed their delivery already. (Two columns of one index bound the scan.)
_FILL = """
INSERT INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, interest_id, lane)
SELECT r.id, c.subscriber_id, CASE WHEN p.id IS NULL THEN m.edition_id ELSE p.edition_id END, c.interest_id, r.lane
FROM notifier_dispatch r
JOIN notifier_cadence c ON c.chain_id = r.chain_id
LEFT JOIN notifier_particular p ON p.dispatch_id = r.id AND p.subscriber_id = c.subscriber_id
LEFT JOIN notifier_match m
    ON m.dispatch_id = r.id AND m.interest_id = c.interest_id AND m.minus_id = c.minus_id AND m.language = c.language
    AND c.joined_at >= m.joined_from AND c.joined_at < m.joined_to
    AND c.since >= m.since_from AND c.since < m.since_to
WHERE r.id = %s AND c.subscriber_id > %s AND c.subscriber_id <= %s
    AND c.paused_at IS NULL AND c.joined_at < r.ends_at
    AND CASE WHEN p.id IS NULL THEN m.edition_id ELSE p.edition_id END IS NOT NULL
ORDER BY c.subscriber_id
ON CONFLICT DO NOTHING
"""


def fill_range(dispatch_id: int, size: int) -> bool:
    """Deliveries for the next `size` subscribers of a dispatch, in one transaction; whether there are more.

    Does nothing for a dispatch that is filled already.
    """
    with lock.exclusive():
        dispatch = Dispatch.objects.get(pk=dispatch_id)
        if dispatch.state != Dispatch.State.FILLING or dispatch.filled_to == _EVERYBODY:
            return False
        ahead = Cadence.objects.filter(
            chain=dispatch.chain_id, subscriber_id__gt=dispatch.filled_to, paused_at=None
        )
        last = (
            ahead.order_by("subscriber_id").values_list("subscriber_id", flat=True)[size - 1 : size].first()
        )
        to = _EVERYBODY if last is None else last
        _fill(dispatch_id, dispatch.filled_to, to)
        Dispatch.objects.filter(pk=dispatch_id).update(filled_to=to)
        return to != _EVERYBODY


def hand_over(subscriber_id: int) -> None:
    """Give a person who is about to change what running dispatches hold for them as they are. Under the lock."""
    for running in Dispatch.objects.filter(state=Dispatch.State.FILLING).values_list("pk", flat=True):
        _fill(running, subscriber_id - 1, subscriber_id)


def _fill(dispatch_id: int, after: int, to: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [dispatch_id, after, to])
    _defer(dispatch_id, after, to)


def _defer(dispatch_id: int, after: int, to: int) -> None:
    """Deliveries of editions with grace wait for its end."""
    waiting = Edition.objects.filter(dispatch=dispatch_id, leaves_at__isnull=False)
    for edition, leaves_at in waiting.values_list("pk", "leaves_at"):
        Delivery.objects.filter(
            dispatch_id=dispatch_id, subscriber_id__gt=after, subscriber_id__lte=to, edition_id=edition,
            state=Delivery.State.PENDING,
        ).update(state=Delivery.State.DEFERRED, next_try_at=leaves_at, reason=IN_GRACE)  # fmt: skip
