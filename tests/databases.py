"""What a run on PostgreSQL repeats of what a run on SQLite tried."""

from __future__ import annotations

import os
from typing import TypeVar

from django.conf import settings

T = TypeVar("T")


def enough(*, sqlite: T, postgresql: T) -> T:
    """How many random lives, say, are tried on this run's database. The code that judges them is the same on both, and
    is tried to the full on SQLite; what may differ are statements, and each life makes them all. HERALD_DRILL=1 tries
    as many on PostgreSQL.
    """
    on_postgresql = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    return postgresql if on_postgresql and os.environ.get("HERALD_DRILL") != "1" else sqlite
