"""The list of addresses that get nothing: what puts one on it, what takes it off.

bounces and complaints: `suppress`      a person: `add`, `lift`, audited      a click of the reader: `proven`
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from config import revisions
from notifier import addresses
from notifier.models import Reply, Subscriber, Suppression

Kind = Suppression.Kind
_ORDER = list(Kind)
ENDED_KEPT = timedelta(days=30)
_PROVEN_WRONG = (Kind.SOFT, Kind.BOUNCE)


def standing(now: datetime, some: QuerySet[Suppression] | None = None) -> QuerySet[Suppression]:
    """Those that have not expired; of all, or of `some`."""
    return (Suppression.objects.all() if some is None else some).filter(
        Q(expires_at=None) | Q(expires_at__gt=now)
    )


def find(address: str) -> Suppression | None:
    """That of an address, expired or not. Raises addresses.BadAddress."""
    return Suppression.objects.filter(address=addresses.encrypt(addresses.normalise(address))).first()


def suppress(
    address: bytes, kind: Suppression.Kind, reason: str, now: datetime, expires_at: datetime | None = None
) -> bool:
    """Put an encrypted address on the list. False: there is one already that rests on as much."""
    with transaction.atomic():
        found = Suppression.objects.select_for_update().filter(address=address).first()
        if found is not None and _lives(found, now) and _ORDER.index(Kind(found.kind)) >= _ORDER.index(kind):
            return False
        values = {"kind": kind, "reason": reason[:200], "at": now, "expires_at": expires_at}
        Suppression.objects.update_or_create(address=address, defaults=values)
    return True


def add(
    address: str, reason: str, actor: str, way: str, now: datetime, expires_at: datetime | None = None
) -> Suppression:
    """A person's decision, which takes the place of whatever stands. Raises addresses.BadAddress."""
    sealed = addresses.encrypt(addresses.normalise(address))
    values = {
        "kind": Kind.PERSON,
        "reason": addresses.left_out(reason)[:200],
        "at": now,
        "expires_at": expires_at,
    }
    with transaction.atomic():
        before = Suppression.objects.filter(address=sealed).first()
        was = facts(before) if before else None
        row, _ = Suppression.objects.update_or_create(address=sealed, defaults=values)
        revisions.audit(actor, way, "suppressed", str(row), before=was, after=facts(row), now=now)
    return row


def lift(row: Suppression, note: str, actor: str, way: str, now: datetime) -> None:
    """A person takes an address off the list; what bounced until now counts no more."""
    with transaction.atomic():
        was, subject = facts(row), str(row)
        _forgive(bytes(row.address))
        row.delete()
        revisions.audit(
            actor, way, "lifted", subject, before=was, after={"note": addresses.left_out(note)}, now=now
        )


def proven(subscriber: Subscriber) -> bool:
    """The reader has used a link that asks whether the address works: no bounce holds it any more.

    A complaint and a person's decision do; they say what is wanted, not what works. False: nothing was lifted.
    """
    with transaction.atomic():
        _forgive(bytes(subscriber.address))
        lifted, _ = Suppression.objects.filter(address=subscriber.address, kind__in=_PROVEN_WRONG).delete()
    return bool(lifted)


def forget(now: datetime) -> int:
    """Those that ended a month ago; how many there were."""
    return Suppression.objects.filter(expires_at__lt=now - ENDED_KEPT).delete()[0]


def facts(row: Suppression) -> dict[str, Any]:
    """What may be said of it anywhere: all but the address."""
    return {
        "kind": row.kind,
        "reason": row.reason,
        "at": row.at.isoformat(),
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
    }


def until(now: datetime, days: int) -> datetime | None:
    """When one ends that is to last so many days; None for 0, which is for good."""
    return now + timedelta(days=days) if days else None


def _lives(row: Suppression, now: datetime) -> bool:
    return row.expires_at is None or row.expires_at > now


def _forgive(address: bytes) -> None:
    Reply.objects.filter(subscriber__address=address, counts=True).update(counts=False)
