"""Whether mail leaves: who is alive, the relay's fault as the workers found it, and work that nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from config import health
from notifier import ledger, pulse
from notifier.models import Channel

PATIENCE = timedelta(minutes=30)
SILENCE = timedelta(seconds=25)  # schedulers write every 5 s, workers every 10 s

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
    health.register("sending", sending)


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
    """What is wrong with the relay."""
    channel = Channel.objects.filter(pk=1).first()
    if channel is None or not channel.fault:
        return None
    since = channel.fault_since or now
    return f"{channel.fault} (since {since:%Y-%m-%d %H:%M} UTC)"


def sending(now: datetime) -> str | None:
    """Whether mail has been due for half an hour without any being sent. Not while a person has stopped it."""
    channel = Channel.objects.filter(pk=1).first()
    if (
        channel is None
        or channel.stopped_at
        or (channel.last_sent_at and channel.last_sent_at > now - PATIENCE)
    ):
        return None
    long_ago = connection.ops.adapt_datetimefield_value(now - PATIENCE)
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [long_ago, long_ago])
        overdue = cursor.fetchone() is not None
    minutes = int(PATIENCE.total_seconds() // 60)
    return f"mail has been due for more than {minutes} minutes and none was sent" if overdue else None
