"""What can be measured of mail. Numbers only: no addresses, no tokens."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Sum

from config import clock, metrics
from config.metrics import Samples
from notifier import lateness, pace, progress, suppressions
from notifier.backups import making
from notifier.models import (
    Ask,
    Channel,
    Delivery,
    Dispatch,
    Lease,
    RelayState,
    Reply,
    Subscriber,
    Suppression,
    Tally,
)

RECENT = timedelta(days=1)
NAMED = 50
# Of those that were counted for good there are sums; the rest is counted, once in half a minute.
_UNCOUNTED = """
    SELECT state, lane, COUNT(*) FROM notifier_delivery
    WHERE dispatch_id IN (SELECT id FROM notifier_dispatch WHERE id >= %s AND counted_at IS NULL) AND state > 2
        AND subscriber_id > 0
    GROUP BY state, lane
"""


def register() -> None:
    """Called when the apps are ready."""
    metrics.gauge(
        "herald_deliveries",
        "Deliveries by state and lane: those that wait, and what became of the dispatches of the last day.",
        ("state", "lane"),
        _deliveries,
    )
    metrics.gauge("herald_send_rate", "Messages that all workers together send a second.", (), _rate)
    metrics.gauge(
        "herald_queue_domains",
        "What waits by domain: the most frequent among the next 20,000 pending and as many deferred, and others.",
        ("domain", "state"),
        _domains,
    )
    metrics.gauge(
        "herald_mail_stopped", "1 while no mail may leave, by a person or after a restore.", (), _stopped
    )
    metrics.gauge(
        "herald_mail_restricted",
        "1 where mail leaves only to those whom MAIL_ONLY_TO names.",
        ("environment",),
        _restricted,
    )
    metrics.gauge(
        "herald_late_seconds",
        "How late the oldest is: an alert that not everybody was handed, a run that is not planned, a message whose "
        "relay fell silent after the last dot.",
        ("what",),
        _late,
    )
    metrics.gauge(
        "herald_last_sent_seconds",
        "When the last message was taken by a relay, in seconds since 1970.",
        (),
        _sent,
    )
    metrics.gauge(
        "herald_due_messages", "Messages that may leave now: pending or being sent, and not held.", (), _due
    )
    metrics.gauge(
        "herald_backup_seconds",
        "When this host made a backup last, in seconds since 1970; 0: never.",
        (),
        _backup,
    )
    metrics.gauge("herald_subscribers", "Subscribers by state.", ("state",), _subscribers)
    metrics.gauge("herald_replies", "What came back in the last day, by kind.", ("kind",), _replies)
    metrics.gauge(
        "herald_suppressions", "Addresses that get nothing, by what that rests on.", ("kind",), _suppressed
    )
    metrics.gauge("herald_asks", "Letters that were asked for and are not written yet.", (), _asks)
    metrics.gauge("herald_workers", "Workers that have a lease.", (), _workers)
    metrics.gauge("herald_dispatches_held", "Dispatches that wait for a decision.", (), _held)
    metrics.gauge("herald_relay_faults", "1 while no relay can be used.", (), _faults)
    metrics.gauge("herald_relay_out", "1 while this relay of SMTP_URL cannot be used.", ("relay",), _out)


def _deliveries() -> Samples:
    ended = progress.kept("ended", progress.SLOWLY, _ended)
    waiting = progress.queue().lanes()
    for state in Delivery.State:
        for lane in Dispatch.Lane:
            name = state.name.lower(), lane.name.lower()
            yield name, waiting[name] if name in waiting else ended.get((state.value, lane.value), 0)


def _ended() -> dict[tuple[int, int], int]:
    """{(state, lane): how many} of the dispatches of the last day."""
    first = Dispatch.objects.filter(made_at__gte=clock.now() - RECENT).aggregate(first=Min("pk"))["first"]
    if first is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_UNCOUNTED, [first])
        found = {(state, lane): count for state, lane, count in cursor.fetchall()}
    counted = Tally.objects.filter(dispatch__gte=first).values_list("state", "dispatch__lane")
    for state, lane, count in counted.annotate(n=Sum("count")):
        found[state, lane] = found.get((state, lane), 0) + count
    return found


def _rate() -> Samples:
    return [((), pace.workers(clock.machine()).now)]


def _domains() -> Samples:
    """A domain with few readers could name a person: it is one of the others."""
    found: Counter[tuple[str, str]] = Counter()
    for domain, pending, deferred in progress.domains():
        name = domain if pending + deferred >= NAMED else progress.OTHERS
        found[name, "pending"] += pending
        found[name, "deferred"] += deferred
    return found.items()


def _stopped() -> Samples:
    return [((), Channel.objects.filter(stopped_at__isnull=False).count())]


def _restricted() -> Samples:
    return [((settings.HERALD_ENVIRONMENT,), settings.MAIL_ONLY_TO is not None)]


def _late() -> Samples:
    now = clock.now()
    kinds = {"alert": lateness.alerts, "run": lateness.runs, "unknown": lateness.unknown}
    return [((what,), read(now).total_seconds()) for what, read in kinds.items()]


def _sent() -> Samples:
    last = Channel.objects.values_list("last_sent_at", flat=True).first()
    return [((), last.timestamp() if last else 0)]


def _due() -> Samples:
    if Channel.objects.filter(stopped_at__isnull=False).exists():
        return [((), 0)]
    rows = progress.queue().dispatches.values()
    return [((), sum(one.pending + one.sending for one in rows if not one.held))]


def _backup() -> Samples:
    last = making.last()
    return [((), last.at.timestamp() if last else 0)]


def _subscribers() -> Samples:
    return [((state,), Subscriber.objects.filter(state=state).count()) for state in Subscriber.State.values]


def _replies() -> Samples:
    rows = Reply.objects.filter(at__gte=clock.now() - RECENT).values_list("kind").annotate(Count("pk"))
    counts = dict(rows)
    return [((kind,), counts.get(kind, 0)) for kind in Reply.Kind.values]


def _suppressed() -> Samples:
    counts = dict(suppressions.standing(clock.now()).values_list("kind").annotate(Count("pk")))
    return [((kind,), counts.get(kind, 0)) for kind in Suppression.Kind.values]


def _asks() -> Samples:
    return [((), Ask.objects.count())]


def _workers() -> Samples:
    return [((), Lease.objects.count())]


def _held() -> Samples:
    return [((), Dispatch.objects.filter(held=True, cancelled_at=None).count())]


def _faults() -> Samples:
    return [((), Channel.objects.exclude(fault="").count())]


def _out() -> Samples:
    return [((name,), bool(fault)) for name, fault in RelayState.objects.values_list("name", "fault")]
