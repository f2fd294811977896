"""Whether mail leaves: who is alive, the relay's fault as the workers found it, and work that nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection
from django.db.models import Q, Sum

from config import health
from notifier import allowances, channel, lateness, ledger, pulse
from notifier.models import Channel, Dispatch, RelayState, Reply

PATIENCE = timedelta(minutes=30)
SILENCE = timedelta(seconds=25)  # schedulers and workers write every 10 s
DAY = timedelta(days=1)
MOST_BOUNCES, FEWEST = 0.05, 50  # of a day's messages; where providers begin to look askance

_OVERDUE = """
    SELECT 1 FROM notifier_dispatch d WHERE d.state = 'ready' AND NOT d.held AND (
        d.made_at < %s AND EXISTS (
            SELECT 1 FROM notifier_delivery p WHERE p.state = 0 AND p.lane = d.lane AND p.dispatch_id = d.id)
        OR d.id IN (SELECT dispatch_id FROM notifier_delivery WHERE state = 2 AND next_try_at < %s)
    ) LIMIT 1
"""


def register() -> None:
    """Called when the apps are ready."""
    for name in (pulse.SCHEDULER, pulse.WORKER):
        health.register(name, partial(alive, name))
    health.register("mail", relay)
    health.register("relays", relays)
    health.register("database", database)
    health.register("sending", sending)
    health.register("alerts", alerts)
    health.register("runs", runs)
    health.register("unknown", unknown)
    health.register("bounces", bounces)
    health.register("asking", asking)


def alive(name: str, _now: datetime) -> str | None:
    """Whether one of these runs and can write to the database. Judged by the database's clock, as they write by it."""
    last = pulse.last(name)
    if last is None:
        return "none has run yet"
    silent = ledger.instant() - last
    if silent <= SILENCE:
        return None
    return f"none has written to the database for {silent.total_seconds():.0f} s: it does not run, or cannot write"


def relay(now: datetime) -> str | None:
    """Why no relay can be used. That none is named is wrong only once there is mail for it."""
    row = Channel.objects.filter(pk=1).first()
    if row is None or not row.fault or (row.fault == channel.NO_RELAY and not ledger.waiting(now)):
        return None
    since = row.fault_since or now
    return f"{row.fault} (since {since:%Y-%m-%d %H:%M} UTC)"


def database(now: datetime) -> str | None:  # noqa: ARG001 - checks are called with the instant
    """Whether it looks restored or copied, and an operator has to decide."""
    why = channel.stopped_because()
    return f"{why}; no mail leaves until `herald resume --after-restore`" if why else None


def relays(now: datetime) -> str | None:
    """Which relays refuse us, although mail may leave by others: somebody has to look at it."""
    if Channel.objects.exclude(fault="").exists():
        return None  # `relay` says it
    paused = RelayState.objects.filter(is_paused=True).values_list("fault", "fault_since")
    return "; ".join(f"{fault} (since {since or now:%Y-%m-%d %H:%M} UTC)" for fault, since in paused) or None


def sending(now: datetime) -> str | None:
    """Whether mail has been due for half an hour without any being sent. Not while a person has stopped it."""
    row = Channel.objects.filter(pk=1).first()
    if row is None or row.stopped_at or (row.last_sent_at and row.last_sent_at > now - PATIENCE):
        return None
    long_ago = connection.ops.adapt_datetimefield_value(now - PATIENCE)
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [long_ago, long_ago])
        overdue = cursor.fetchone() is not None
    minutes = int(PATIENCE.total_seconds() // 60)
    return f"mail has been due for more than {minutes} minutes and none was sent" if overdue else None


def alerts(now: datetime) -> str | None:
    """Whether an alert that was due a quarter of an hour ago has not been handed over to everybody."""
    late = lateness.alerts(now)
    return (
        f"not everybody has an alert that was due {_minutes(late)} minutes ago"
        if late > lateness.ALERT
        else None
    )


def runs(now: datetime) -> str | None:
    """Whether a run that was due two hours ago has not been made."""
    late = lateness.runs(now)
    return (
        f"a digest that was due {_minutes(late)} minutes ago is not planned" if late > lateness.RUN else None
    )


def unknown(now: datetime) -> str | None:
    """Whether a message has waited for six hours after its relay fell silent behind the last dot."""
    late = lateness.unknown(now)
    if late <= lateness.UNKNOWN:
        return None
    return (
        f"whether a message of {_minutes(late) // 60} hours ago arrived is not known: its relay fell silent"
    )


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)


def bounces(now: datetime) -> str | None:
    """Whether more came back on the last day than a good list has; complaints count as well. They are held against the
    messages of that day and of the dispatches, perhaps older ones, that they are replies to.
    """
    bad = (Reply.Kind.HARD, Reply.Kind.SOFT, Reply.Kind.COMPLAINT)
    replies = Reply.objects.filter(at__gte=now - DAY, kind__in=bad)
    back = replies.count()
    if back < FEWEST:
        return None
    dispatches = Dispatch.objects.filter(Q(made_at__gte=now - DAY) | Q(pk__in=replies.values("dispatch_id")))
    planned = dispatches.aggregate(all=Sum("recipients"))["all"] or 0
    if back < MOST_BOUNCES * planned:
        return None
    return f"{back} bounces and complaints came back in 24 hours, to {planned} messages"


def asking(now: datetime) -> str | None:
    """Whether strangers are asked to come again later, whoever they are."""
    if not allowances.is_exhausted(now):
        return None
    return f"strangers have caused {settings.ASKS_PER_HOUR} letters in an hour (ASKS_PER_HOUR): others have to wait"
