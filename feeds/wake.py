"""Being woken when the database changes, whoever changed it.

SQLite: a commit writes to the log beside the database, of which Linux tells (inotify), and `PRAGMA data_version` on one
open connection then tells whether it was another connection's. Elsewhere that is asked again and again.
PostgreSQL: LISTEN on a direct connection (not through a pooler in transaction mode). All are hints: a slow poll
stands behind them.
"""

from __future__ import annotations

import math
import sqlite3
import time
from typing import Any, Protocol

import structlog
from django.db import connection

from config import databases
from feeds.triggers import WAKE_CHANNEL

log = structlog.stdlib.get_logger(__name__)
LOOK_EVERY = 0.05
SOONEST = 0.005


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
    """Raises sqlite3.Error if the database cannot be read."""

    def __init__(self) -> None:
        name = str(connection.settings_dict["NAME"])
        self._connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        self._version = self._data_version()  # from now on there is a log, as one has the database open
        self._log = _open_log(f"{name}-wal")
        self._pause = math.inf

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self._committed():
            if (left := until - time.monotonic()) <= 0:
                return False
            # The log is written before the commit can be seen: it is looked for again, less and less often.
            written = self._log.written(min(left, self._pause))
            self._pause = SOONEST if written else 2 * self._pause
        return True

    def _committed(self) -> bool:
        version = self._data_version()
        moved, self._version = version != self._version, version
        return moved

    def close(self) -> None:
        self._log.close()
        self._connection.close()

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


class _Log(Protocol):
    def written(self, seconds: float) -> bool:
        """True as soon as the log was written since this was asked last; False after `seconds`, or earlier."""

    def close(self) -> None: ...


def _open_log(path: str) -> _Log:
    try:
        return _ToldLog(path)
    except (ImportError, OSError) as error:  # not Linux; no log; or a limit of the system's
        log.debug("the database's log is looked at again and again", why=str(error))
        return _AskedLog()


class _ToldLog:
    """Linux tells of each write. Raises ImportError where it does not, OSError if it does not take this one."""

    def __init__(self, path: str) -> None:
        from inotify_simple import INotify, flags

        self._watch = INotify()
        try:
            self._watch.add_watch(path, flags.MODIFY)
        except OSError:
            self._watch.close()
            raise

    def written(self, seconds: float) -> bool:
        # The pause lets writes come together that follow each other: a large transaction makes thousands.
        return bool(list(self._watch.read(math.ceil(seconds * 1000), read_delay=SOONEST * 1000)))

    def close(self) -> None:
        self._watch.close()


class _AskedLog:
    """Knows nothing: whoever waits has to look."""

    def written(self, seconds: float) -> bool:
        time.sleep(min(LOOK_EVERY, seconds))
        return False

    def close(self) -> None: ...


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
