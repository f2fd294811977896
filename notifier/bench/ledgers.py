"""Weeks of deliveries that were sent, for `notifier.bench.size`: written by SQL, a partition after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from notifier import partitions
from notifier.models import Chain, Delivery, Dispatch, Edition, Frequency

ALERTS = 2  # a day, each to a third of those who have chosen to be told at once
_SENT = """
INSERT INTO notifier_delivery
    (dispatch_id, subscriber_id, edition_id, interest_id, lane, state, owner, finished_at, version)
SELECT %s, subscriber_id, %s, interest_id, %s, %s, 'bench', %s, 1
FROM notifier_cadence WHERE chain_id = %s AND subscriber_id %% %s = %s ORDER BY subscriber_id
"""


def fill(now: datetime, days: int) -> int:
    """What was sent on the last `days` days before `now`; how many deliveries that is."""
    written = 0
    for back in range(days, 0, -1):
        day = now - timedelta(days=back, hours=1)
        partitions.prepare(day)
        with transaction.atomic():
            written += _day(day, back)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) notifier_delivery")
    return written


def _day(day: datetime, number: int) -> int:
    """One day: each daily digest, the weekly ones on one day of seven, and some alerts."""
    written = 0
    for chain in Chain.objects.order_by("pk"):
        if chain.frequency == Frequency.INSTANT:
            written += sum(
                _dispatch(chain, day + timedelta(minutes=part), 1, 3, (number + part) % 3)
                for part in range(ALERTS)
            )
        elif chain.frequency == Frequency.DAILY or number % 7 == 0:
            written += _dispatch(chain, day, 2, 1, 0)
    return written


def _dispatch(chain: Chain, at: datetime, lane: int, parts: int, part: int) -> int:
    dispatch = Dispatch.objects.create(
        chain=chain, lane=lane, made_at=at, starts_at=at, ends_at=at, state=Dispatch.State.READY
    )
    edition = Edition.objects.create(
        dispatch=dispatch, layout="digest", language="en", digest="bench", content=[]
    )
    values: list[Any] = [dispatch.pk, edition.pk, lane, int(Delivery.State.SENT), at, chain.pk, parts, part]
    with connection.cursor() as cursor:
        cursor.execute(_SENT, values)
        return int(cursor.rowcount)
