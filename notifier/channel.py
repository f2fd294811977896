"""What everybody may know of mail: the one row that says whether it may leave, and how each relay stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models.functions import Coalesce

from config import revisions
from notifier.models import Channel, RelayState

log = structlog.stdlib.get_logger(__name__)
NO_RELAY = "SMTP_URL is not set: mail waits"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a relay stands. `utf8`: whether it offers SMTPUTF8; None: not known yet."""

    name: str
    fault: str
    is_paused: bool
    utf8: bool | None


def tell(reason: str | None, standings: Collection[Standing], now: datetime) -> None:
    """Write down how the relays stand, and why none can be used ("": some can; None: nobody knows)."""
    for it in standings:
        values = {"fault": it.fault[:500], "is_paused": it.is_paused}
        values |= {} if it.utf8 is None else {"takes_utf8": it.utf8}
        RelayState.objects.update_or_create(name=it.name, defaults=values)
    RelayState.objects.filter(fault="").update(fault_since=None)
    RelayState.objects.exclude(fault="").update(fault_since=Coalesce("fault_since", now))
    if reason:
        fault(reason, now)
    elif reason is not None:
        well()


def forget_relays(but: Collection[str]) -> None:
    """Drop what is held of relays that are no longer used."""
    RelayState.objects.exclude(name__in=but).delete()


def faulty() -> set[str]:
    """The names of the relays that cannot be used, as somebody said last."""
    return set(RelayState.objects.exclude(fault="").values_list("name", flat=True))


def takes_utf8() -> bool:
    """Whether each relay is known to take addresses with other than ASCII before the @ (SMTPUTF8, RFC 6531)."""
    found = set(RelayState.objects.values_list("takes_utf8", flat=True))
    return found == {True}


def fault(reason: str, now: datetime) -> None:
    """The relay cannot be used; `fault_since` stays when it was so already."""
    Channel.objects.update_or_create(pk=1, defaults={"fault": reason[:500]})
    Channel.objects.filter(pk=1).update(fault_since=Coalesce("fault_since", now))


def well() -> bool:
    """The relay can be used. False if nothing had been said against it."""
    return bool(Channel.objects.exclude(fault="").update(fault="", fault_since=None))


def sent(now: datetime) -> None:
    """Something was sent."""
    Channel.objects.filter(pk=1).update(last_sent_at=now)


def stop(actor: str, way: str, now: datetime) -> bool:
    """A person decides that no further message begins. False if it was so already."""
    return _decide(now, actor, way, now)


def stop_because(why: str, now: datetime) -> None:
    """Herald itself stops it, as the database looks restored or copied; a person's own stop stays as it is."""
    found = Channel.objects.filter(pk=1, stopped_because="")
    if found.update(stopped_because=why[:300]):
        log.error("no mail leaves; `herald resume --after-restore` shows what waits", why=why)
        Channel.objects.filter(pk=1, stopped_at=None).update(stopped_at=now, stopped_by="herald")
        revisions.audit(
            "command:worker", "command", "stopped", "channel", before={}, after={"because": why}, now=now
        )


def stopped_because() -> str:
    """Why Herald stopped it by itself; empty if it did not."""
    return Channel.objects.filter(pk=1).values_list("stopped_because", flat=True).first() or ""


def resume(actor: str, way: str, now: datetime) -> bool:
    """A person lets mail leave again. False if it did, or if `stopped_because` says why it must not just so."""
    if stopped_because():
        return False
    return _decide(None, actor, way, now)


def _decide(stopped_at: datetime | None, actor: str, way: str, now: datetime) -> bool:
    stopping = stopped_at is not None
    with transaction.atomic():
        changed = Channel.objects.filter(pk=1, stopped_at__isnull=stopping).update(
            stopped_at=stopped_at, stopped_by=actor if stopping else ""
        )
        if changed:
            before, after = {"stopped": not stopping}, {"stopped": stopping}
            action = "stopped" if stopping else "resumed"
            revisions.audit(actor, way, action, "channel", before=before, after=after, now=now)
    return bool(changed)


def reason() -> str:
    """Why the relay cannot be used, as somebody said it last; empty if it can."""
    return Channel.objects.filter(pk=1).values_list("fault", flat=True).first() or ""
