"""The one row that says whether mail may leave, and whether the relay can be used."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce

from config import revisions
from notifier.models import Channel

log = logging.getLogger(__name__)
NO_RELAY = "SMTP_URL is not set: mail waits"


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
        log.error("no mail leaves: %s. `herald resume --after-restore` shows what waits", why)
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
