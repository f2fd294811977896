"""How many letters strangers may cause by typing addresses: in an hour, those behind one network address, and all.

Kept in the database, as there are several web processes. Of a client there is a hash of its network (IPv6: /64) under a
key that is another one each day, and one instant; it is forgotten when that has passed. Each letter moves the instant
at which the client would be even (GCRA): who has not been here for an hour may cause them all at once.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from config import origin
from notifier.models import Allowance

ALL = "all"
HOUR = timedelta(hours=1)
TRAPPED = 10  # whoever fills the field that people do not see counts for so many


def take(client: str, now: datetime, *, trapped: bool = False) -> timedelta | None:
    """None if one more letter may be caused, and that is noted; else how long to wait. `client`: its address."""
    own = _pause(settings.ASKS_PER_CLIENT) * (TRAPPED if trapped else 1)
    pauses = {_name(client, now): own, ALL: _pause(settings.ASKS_PER_HOUR)}
    with transaction.atomic():
        # In one order, so that two at once do not wait for each other.
        rows = {
            name: Allowance.objects.select_for_update().get_or_create(name=name, defaults={"even_at": now})[0]
            for name in sorted(pauses)
        }
        even = {name: max(row.even_at, now) + pauses[name] for name, row in rows.items()}
        wait = max(instant - HOUR - now for instant in even.values())
        if wait > timedelta():
            return wait
        for name, instant in even.items():
            Allowance.objects.filter(pk=name).update(even_at=instant)
    return None


def is_exhausted(now: datetime) -> bool:
    """Whether all together have asked for as much as they may."""
    row = Allowance.objects.filter(pk=ALL).first()
    return row is not None and row.even_at + _pause(settings.ASKS_PER_HOUR) > now + HOUR


def forget(now: datetime) -> None:
    """Those who are even."""
    Allowance.objects.filter(even_at__lt=now).exclude(pk=ALL).delete()


def _pause(an_hour: int) -> timedelta:
    return HOUR / an_hour


def _name(client: str, now: datetime) -> str:
    key = hashlib.sha256(f"{settings.SECRET_KEY} asks {now.astimezone(UTC).date()}".encode()).digest()
    return hashlib.blake2b(origin.one_client(client).encode(), key=key, digest_size=12).hexdigest()
