"""What can be measured of mail. Numbers only: no addresses, no tokens."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Count, Min

from config import clock, metrics
from config.metrics import Samples
from notifier import suppressions
from notifier.models import Channel, Delivery, Dispatch, Lease, Reply, Subscriber, Suppression

RECENT = timedelta(days=1)
_WAITING = "SELECT state, lane, COUNT(*) FROM notifier_delivery WHERE state = {state} GROUP BY state, lane"
_FINISHED = """
    SELECT state, lane, COUNT(*) FROM notifier_delivery WHERE dispatch_id >= %s AND state > 2 GROUP BY state, lane
"""


def register() -> None:
    """Called when the apps are ready."""
    metrics.gauge(
        "herald_deliveries",
        "Deliveries by state and lane: those that wait, and what became of the dispatches of the last day.",
        ("state", "lane"),
        _deliveries,
    )
    metrics.gauge("herald_subscribers", "Subscribers by state.", ("state",), _subscribers)
    metrics.gauge("herald_replies", "What came back in the last day, by kind.", ("kind",), _replies)
    metrics.gauge(
        "herald_suppressions", "Addresses that get nothing, by what that rests on.", ("kind",), _suppressed
    )
    metrics.gauge("herald_workers", "Workers that have a lease.", (), _workers)
    metrics.gauge("herald_dispatches_held", "Dispatches that wait for a decision.", (), _held)
    metrics.gauge("herald_relay_faults", "1 while the relay cannot be used.", (), _faults)


def _deliveries() -> Samples:
    """In a few ranges of indexes: the ledger itself may have tens of millions of rows."""
    first = Dispatch.objects.filter(made_at__gte=clock.now() - RECENT).aggregate(first=Min("pk"))["first"]
    with connection.cursor() as cursor:
        rows = []
        for state in (Delivery.State.PENDING, Delivery.State.SENDING, Delivery.State.DEFERRED):
            cursor.execute(_WAITING.format(state=int(state)))
            rows += cursor.fetchall()
        if first is not None:
            cursor.execute(_FINISHED, [first])
            rows += cursor.fetchall()
    counts = {(state, lane): count for state, lane, count in rows}
    return [
        ((state.name.lower(), lane.name.lower()), counts.get((state, lane), 0))
        for state in Delivery.State
        for lane in Dispatch.Lane
    ]


def _subscribers() -> Samples:
    return [((state,), Subscriber.objects.filter(state=state).count()) for state in Subscriber.State.values]


def _replies() -> Samples:
    rows = Reply.objects.filter(at__gte=clock.now() - RECENT).values_list("kind").annotate(Count("pk"))
    counts = dict(rows)
    return [((kind,), counts.get(kind, 0)) for kind in Reply.Kind.values]


def _suppressed() -> Samples:
    counts = dict(suppressions.standing(clock.now()).values_list("kind").annotate(Count("pk")))
    return [((kind,), counts.get(kind, 0)) for kind in Suppression.Kind.values]


def _workers() -> Samples:
    return [((), Lease.objects.count())]


def _held() -> Samples:
    return [((), Dispatch.objects.filter(held=True, cancelled_at=None).count())]


def _faults() -> Samples:
    return [((), Channel.objects.exclude(fault="").count())]
