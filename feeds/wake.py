"""Being woken when the database changes, whoever changed it.

SQLite: a commit writes to the log beside the database, and `PRAGMA data_version` on one open connection then tells
whether it was another connection's. To ask for the file alone costs half as much, so it is asked twice as often.
PostgreSQL: LISTEN on a direct connection (not through a pooler in transaction mode). Both are hints: a slow poll
stands behind them.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any, Protocol

import structlog
from django.db import connection

from config import databases
from feeds.triggers import WAKE_CHANNEL

log = structlog.stdlib.get_logger(__name__)
LOOK_EVERY = 0.05


class Wake(Protocol):
    def wait(self, seconds: float) -> bool:
        """Return True as soon as something was committed, False after `seconds` without."""

    def close(self) -> None: ...


def open_wake() -> Wake:
    """The wake of this database. To be used by one thread."""
    return PostgresWake() if connection.vendor == "postgresql" else SqliteWake()


def ring() -> None:
    """Tell those who wait, where a trigger does not: on PostgreSQL, when the current transaction commits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {WAKE_CHANNEL}")


class SqliteWake:
    def __init__(self) -> None:
        self._name = str(connection.settings_dict["NAME"])
        self._connection = sqlite3.connect(self._name, isolation_level=None, check_same_thread=False)
        self._version = self._data_version()
        self._mark: tuple[int, int] | None = None
        self._fresh = False

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while True:
            if self._written() and self._committed():
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(LOOK_EVERY, left))

    def _written(self) -> bool:
        """Whether the log was written since the last look, or just before it: its clock ticks in milliseconds."""
        try:
            found = os.stat(f"{self._name}-wal")
        except FileNotFoundError:  # no log: only the database can tell
            return True
        mark = found.st_mtime_ns, found.st_size
        written, self._fresh = mark != self._mark or self._fresh, mark != self._mark
        self._mark = mark
        return written

    def _committed(self) -> bool:
        version = self._data_version()
        moved, self._version = version != self._version, version
        return moved

    def close(self) -> None:
        self._connection.close()

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class PostgresWake:
    def __init__(self) -> None:
        self._connection: Any = None

    def wait(self, seconds: float) -> bool:
        import psycopg

        try:
            if self._connection is None:
                self._connection = self._listen()
                return True  # what came before we listened may have been missed
            return bool(list(self._connection.notifies(timeout=max(seconds, 0.001), stop_after=1)))
        except psycopg.OperationalError as error:
            log.warning("listening to the database failed; trying again", error=str(error))
            self._connection = None
            time.sleep(min(seconds, 1.0))
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _listen(self) -> Any:
        import psycopg

        listening = psycopg.connect(**databases.direct(), autocommit=True)
        listening.execute(f"LISTEN {WAKE_CHANNEL}")
        return listening
