"""The one place that asks what time it is. Everything else takes time as a parameter.

Instants are aware datetimes in UTC. `herald demo` may move its own clock forward by writing an offset to
`$HERALD_HOME/clock-offset`; nobody else writes that file.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The present instant, UTC, microseconds."""
    return machine() + _offset()


def machine() -> datetime:
    """The machine's own instant, however far a demo's clock was moved: for what processes compare with one another."""
    return datetime.now(UTC)


def nanoseconds() -> int:
    """Nanoseconds since 1970 by the machine's clock: for names that sort by time."""
    return time.time_ns()


def ticks() -> float:
    """Seconds since boot, suspension included; only differences mean something. Leases are judged by it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def move(ahead: timedelta) -> None:
    """Put the demo's clock `ahead` of the machine's, for every process of this installation."""
    path = _offset_file()
    draft = path.with_suffix(".new")
    draft.write_text(str(ahead.total_seconds()), encoding="ascii")
    draft.replace(path)


def _offset_file() -> Path:
    return Path(settings.HERALD_HOME) / "clock-offset"


def _offset() -> timedelta:
    if not settings.HERALD_DEMO:
        return timedelta()
    try:
        return timedelta(seconds=float(_offset_file().read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()
