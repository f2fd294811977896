"""The planning lock: a window is begun and filled by one planner at a time, and by none while a person changes.

SQLite has one writer at a time, so its IMMEDIATE transaction is the lock. On PostgreSQL it is an advisory lock that
planners take exclusively and changes of subscribers share. Whoever also needs the notice lock and holds it only for
`notice.advance` takes that one before, in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_LOCK = 0x506C616E6E696E  # "Plannin", for PostgreSQL's advisory locks


@contextmanager
def exclusive() -> Iterator[None]:
    """A transaction of a planner: no other plans, and nobody's cadences change."""
    with transaction.atomic():
        _take("pg_advisory_xact_lock")
        yield


@contextmanager
def shared() -> Iterator[None]:
    """A transaction that changes one person's cadences: no window moves meanwhile."""
    with transaction.atomic():
        _take("pg_advisory_xact_lock_shared")
        yield


def _take(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_LOCK])
