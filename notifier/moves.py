"""Another address for a person: asked for on the page to manage, made when both mailboxes have agreed.

    ask -> Move, a letter to each mailbox -> agree, agree -> the person has the new address

The person keeps their number, and with it all they had: what is queued goes to the new address, links of old messages
work on, a suppression stays with the address it was about, as does what comes back to a message that went there.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from notifier import erasures
from notifier.models import Delivery, Dispatch, Edition, Move, Reply, Subscriber
from notifier.planning import lock
from notifier.tokens import Purpose

HERE, THERE = "moving", "move"
"""The layouts of the letters to the old mailbox and to the new one."""
VALID = timedelta(days=Purpose.MOVE.days)
A_DAY = 3
"""How many a person may ask for on one day (UTC), each of which writes to both mailboxes."""


def begin(subscriber: Subscriber, to: Subscriber, now: datetime) -> Move:
    """The move, in place of one that was asked for before, which letters know by its number."""
    with transaction.atomic():
        Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        asked = asked_today(subscriber, now)
        Move.objects.filter(subscriber=subscriber).delete()
        return Move.objects.create(subscriber=subscriber, to=to, asked_at=now, asked_today=asked + 1)


def asked_today(subscriber: Subscriber, now: datetime) -> int:
    """How many the person has asked for on this day, those that came to be aside."""
    last = Move.objects.filter(subscriber=subscriber).first()
    is_today = last is not None and last.asked_at.astimezone(UTC).date() == now.astimezone(UTC).date()
    return last.asked_today if last and is_today else 0


def pending(subscriber: Subscriber, now: datetime) -> Move | None:
    """What the person has asked for and not all have agreed to."""
    return Move.objects.filter(subscriber=subscriber, asked_at__gt=now - VALID).select_related("to").first()


def asked_in(dispatch: int, reader: Subscriber, now: datetime) -> Move | None:
    """The move that the letter of this dispatch to `reader` asks about, if it is still open."""
    edition = Edition.objects.filter(dispatch_id=dispatch, layout__in=(HERE, THERE)).first()
    if edition is None:
        return None
    move = (
        Move.objects.filter(pk=edition.content["move"], asked_at__gt=now - VALID)
        .select_related("subscriber", "to")
        .first()
    )
    return move if move and reader.pk in (move.subscriber_id, move.to_id) else None


def agree(move: Move, reader: Subscriber, now: datetime) -> bool:
    """One of the two mailboxes agrees. True when that was the second, and the address is now the person's."""
    with lock.shared():
        people = Subscriber.objects.select_for_update().in_bulk(sorted((move.subscriber_id, move.to_id)))
        found = Move.objects.select_for_update().filter(pk=move.pk).first()
        if found is None or len(people) < 2:
            return False
        if reader.pk == found.subscriber_id:
            found.here_at = found.here_at or now
        else:
            found.there_at = found.there_at or now
        found.save()
        one, other = people[found.subscriber_id], people[found.to_id]
        if not (found.here_at and found.there_at) or not _may(one, other):
            return False
        found.delete()
        _exchange(one, other, now)
    return True


def forget(now: datetime) -> int:
    """Delete what nobody has agreed to in time; how many."""
    return Move.objects.filter(asked_at__lte=now - VALID).delete()[0]


def _may(one: Subscriber, other: Subscriber) -> bool:
    """Whoever subscribed with the new address meanwhile keeps what they have there."""
    active = Subscriber.State.ACTIVE
    return one.state == active and other.state != active


def _exchange(one: Subscriber, other: Subscriber, now: datetime) -> None:
    """`one` has the other's address. A row that was never anybody's goes; who had left keeps a number, and with it the
    links of their old messages."""
    address, domain, old = bytes(other.address), other.domain, bytes(one.address)
    if _is_nobody(other):
        erasures.forget(other)
    else:
        other.subscriptions.filter(ended_at=None).update(ended_at=now)
        other.state, other.left_at = Subscriber.State.LEFT, other.left_at or now
        other.address, other.domain = secrets.token_bytes(16), one.domain
        other.save()
    one.address, one.domain, one.moved_at = address, domain, now
    one.save(update_fields=["address", "domain", "moved_at"])
    Subscriber.objects.filter(pk=other.pk).update(address=old, moved_at=now)
    Reply.objects.filter(subscriber_id__in=(one.pk, other.pk)).update(
        counts=False
    )  # it was about the other address


def _is_nobody(other: Subscriber) -> bool:
    sent = Delivery.objects.filter(subscriber_id=other.pk).exclude(lane=Dispatch.Lane.LETTER)
    return other.state == Subscriber.State.PENDING and not sent.exists()
