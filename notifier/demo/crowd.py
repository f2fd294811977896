"""Five thousand made-up readers who are mailed on request, so that there is a middle in which to kill the worker."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection

from config import clock
from feeds.selection import Rule, Selection
from notifier import addresses, subscriptions
from notifier.demo import journal, watching, workers
from notifier.demo.mail import Mailbox
from notifier.models import Cadence, Subscriber, Subscription
from notifier.planning import lock

Row = TypeVar("Row", Subscription, Cadence)

SIZE = 5_000
ORIGIN = "demo crowd"
DOMAIN = "readers.example.org"
TITLE = "Made up: Roll call of five thousand made-up readers, to see that each gets one message"
SUMMARY = "This release is made up for the demo. It goes to readers who have chosen the words “roll call”."
CHOICE = Selection((Rule(words=("roll call",)),))
MIDDLE = 0.3
PATIENCE = 120.0
WATCHED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Caught:
    """What the mailbox has of a roll call: how many readers got it, and how many messages came once more."""

    readers: int
    twice: int


def gather(now: datetime, size: int) -> None:
    """See that there are `size` of them, confirmed by `now`, each with an alert for the words "roll call"."""
    have = Subscriber.objects.filter(origin=ORIGIN).count()
    if have >= size:
        return
    with lock.shared():
        first = Subscriber.objects.filter(origin=ORIGIN).first() or _first(now)
        _clone(first, range(max(have, 1) + 1, size + 1), now)


def kill_in_the_middle(action: journal.Action) -> threading.Thread:
    """Kill the worker, from a thread of its own, as soon as a good part of the roll call has left."""
    thread = threading.Thread(target=_wait_and_kill, args=(action,), name="kill", daemon=True)
    thread.start()
    return thread


def caught(mailbox: Mailbox, action: journal.Action) -> Caught:
    """Count what came since the roll call was written."""
    came = [
        (envelope.to, envelope.message_id)
        for envelope in mailbox.envelopes()
        if envelope.at >= action.written and envelope.to.endswith(f"@{DOMAIN}")
    ]
    return Caught(len({to for to, _ in came}), len(came) - len(set(came)))


def _address(number: int) -> str:
    return f"reader-{number:05}@{DOMAIN}"


def _first(now: datetime) -> Subscriber:
    """One of them, entered as everybody is; the others are copies, which is quicker."""
    wish = subscriptions.Wish(CHOICE, "instant", 0, "1234567")
    first = subscriptions.ask(_address(1), [wish], language="en", zone="UTC", origin=ORIGIN, now=now)
    subscriptions.confirm(first.pk, now)
    return Subscriber.objects.get(pk=first.pk)


def _clone(first: Subscriber, numbers: range, now: datetime) -> None:
    subscription, cadence = first.subscriptions.get(), first.cadences.get()
    others = Subscriber.objects.bulk_create(
        [
            Subscriber(
                address=addresses.encrypt(_address(number)), domain=DOMAIN, state=first.state, language=first.language,
                zone=first.zone, origin=ORIGIN, created_at=now, confirmed_at=now,
            )
            for number in numbers
        ],
        batch_size=500,
    )  # fmt: skip
    Subscription.objects.bulk_create([_copy(subscription, other) for other in others], batch_size=500)
    Cadence.objects.bulk_create([_copy(cadence, other) for other in others], batch_size=500)


def _copy(row: Row, subscriber: Subscriber) -> Row:
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return type(row)(**{**values, "subscriber_id": subscriber.pk})


def _wait_and_kill(action: journal.Action) -> None:
    until = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < until:
            mail = watching.mail_of(action, ORIGIN)
            if mail.planned and mail.sent >= mail.planned * MIDDLE:
                journal.note_kill(workers.kill(), clock.now())
                return
            time.sleep(0.1)
    finally:
        connection.close()
