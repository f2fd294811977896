"""Signs of life: schedulers and workers write, every few seconds, that they can still write.

Who cannot (killed, hung, a full disk, a database that is locked or read-only) is missed by `notifier.health`. The file
`<name>.alive` in HERALD_HOME is touched after it, so that a container's health check need only look at its time.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from notifier.models import Pulse

SCHEDULER, WORKER = "scheduler", "worker"


def beat(name: str, instant: datetime) -> None:
    """One of these is alive at `instant`, by the database's clock."""
    Pulse.objects.bulk_create(
        [Pulse(name=name, at=instant)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )
    with suppress(OSError):  # who can still send goes on, whatever the disk says
        (Path(settings.HERALD_HOME) / f"{name}.alive").touch()


def last(name: str) -> datetime | None:
    """When one of these last gave a sign of life; None: never."""
    return Pulse.objects.filter(pk=name).values_list("at", flat=True).first()
