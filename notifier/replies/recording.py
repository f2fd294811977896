"""What follows from a reply, written down: the Reply, and where it comes to that a Suppression.

undeliverable for good -> suppressed
undeliverable for now  -> suppressed for thirty days when it was so on BOUNCE_SOFT_LIMIT days of the last thirty
complaint              -> suppressed, and unsubscribed without a further word
anything else          -> nothing but the record

What is about an address that the person has left since is recorded, and nothing follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from notifier import subscriptions, suppressions
from notifier.ledger import Mark
from notifier.models import Delivery, Reply, Subscriber, Suppression
from notifier.replies import meaning
from notifier.replies.meaning import Meaning

Kind = Reply.Kind
FADES = timedelta(days=30)
"""How long a failure for now counts; and how long an address is left alone after too many of them."""
KEPT = timedelta(days=90)
"""How long replies are kept: as long as a return path is good for."""


def record(subscriber: int, dispatch: int, found: Meaning, digest: str, now: datetime) -> bool:
    """Durable when it returns. False: it was recorded already, or the person has been erased. Idempotent."""
    if Reply.objects.filter(digest=digest).exists():
        return False
    who = Subscriber.objects.filter(pk=subscriber).first()
    if who is None:
        return False
    is_theirs = not _went_elsewhere(who, dispatch)
    if is_theirs and found.kind == Kind.COMPLAINT:
        subscriptions.leave(
            who, now
        )  # first, in its own order of locks: should it fail, the reply comes again
    with transaction.atomic():
        _, is_new = Reply.objects.get_or_create(
            digest=digest,
            defaults={
                "subscriber": who,
                "dispatch_id": dispatch,
                "kind": found.kind,
                "status": found.status[:11],
                "at": now,
                "counts": is_theirs,
            },
        )
        if is_new and is_theirs:
            _follow(who, found, now)
    return is_new


def refused(failed: Sequence[Mark], now: datetime) -> None:
    """Deliveries that failed while we were speaking to the relay: recorded as if they had come back, in one
    transaction. One that failed for a reason of ours, without a reply's code, is no bounce.
    """
    with transaction.atomic():
        for mark in failed:
            found = meaning.of_failure("", mark.reason)
            if found.status:
                c = mark.claimed
                name = digest(f"refused {c.attempt}", c.subscriber, c.dispatch)
                record(c.subscriber, c.dispatch, found, name, now)


def digest(reply: str, subscriber: int, dispatch: int) -> str:
    """By which a reply is known again. The person belongs to it: nobody can use up another's by copying its name."""
    return hashlib.sha256(f"{subscriber} {dispatch} {reply}".encode()).hexdigest()


def _went_elsewhere(who: Subscriber, dispatch: int) -> bool:
    """Whether the message left before the person had their present address: who closes a mailbox moves first. One that
    the ledger knows no more is older than any other; a report without a message is about the address itself.
    """
    if who.moved_at is None or not dispatch:
        return False
    delivery = Delivery.objects.filter(dispatch_id=dispatch, subscriber_id=who.pk).first()
    left_at = delivery.finished_at if delivery else datetime.min.replace(tzinfo=UTC)
    return left_at is not None and left_at < who.moved_at


def _follow(who: Subscriber, found: Meaning, now: datetime) -> None:
    address = bytes(who.address)
    if found.kind == Kind.HARD:
        reason = f"bounced: {found.status or 'no such mailbox'}"
        suppressions.suppress(address, Suppression.Kind.BOUNCE, reason, now)
    elif found.kind == Kind.COMPLAINT:
        suppressions.suppress(address, Suppression.Kind.COMPLAINT, "complaint", now)
    elif found.kind == Kind.SOFT:
        days = _days_of_failure(who, now)
        if days >= settings.BOUNCE_SOFT_LIMIT:
            reason = f"bounced on {days} days: {found.status or 'undeliverable'}"
            suppressions.suppress(address, Suppression.Kind.SOFT, reason, now, now + FADES)


def _days_of_failure(who: Subscriber, now: datetime) -> int:
    """On how many different days (UTC) of the last thirty."""
    rows = who.replies.filter(kind=Kind.SOFT, counts=True, at__gt=now - FADES).values_list("at", flat=True)
    return len({at.astimezone(UTC).date() for at in rows})


def forget(now: datetime) -> int:
    """Delete what has been kept for long enough; how many that was."""
    old = Reply.objects.filter(at__lt=now - KEPT)
    return old.delete()[0] if old.exists() else 0
