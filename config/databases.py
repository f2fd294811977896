"""The database as Django is told of it, the direct connection to it past a pooler, and whether it is away."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dj_database_url

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# A transaction that will write must begin IMMEDIATE, or the busy timeout does not help; FULL: a power cut loses
# nothing that was committed. Reads therefore never use atomic().
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
}
# A host that vanishes says no good-bye. Whoever waits for it hears of it in half a minute, on both ends, and not in two
# hours; and what it held locked in an open transaction is free again.
_POSTGRES_OPTIONS = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# Somebody looks at an empty window until a page is there or refused, and another web server may have the database.
_FOR_PAGES = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4_000,
}
AGAIN_SECONDS = 30
"""After how long whoever found the database away may ask again: within it a server has restarted."""
_PATIENCE = 5.0  # seconds that a page waits for a connection
_SESSION = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
}


def from_url(url: str, home: Path, *, pooled: bool = False) -> dict[str, Any]:
    """Django's settings of the database at `url`; "": SQLite in `home`. Options in the URL win over ours.

    `pooled`: a pooler in transaction mode stands between, so that nothing can be set for a session or outlive a
    transaction.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": home / "herald.sqlite3",
            "OPTIONS": dict(_SQLITE_OPTIONS),
        }
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if found["ENGINE"] == "django.db.backends.sqlite3":
        return found | {"OPTIONS": dict(_SQLITE_OPTIONS)}
    ours: dict[str, Any] = dict(_POSTGRES_OPTIONS)
    if pooled:
        found["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        ours["options"] = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    return found | {"OPTIONS": ours | found.get("OPTIONS", {})}


def serve_pages(most: int) -> None:
    """From here on this process answers people: of a PostgreSQL that is gone it hears in seconds, and its threads share
    at most `most` connections; whoever finds none for `_PATIENCE` seconds gets an OperationalError. 0: each thread has
    its own. To be said before the first is opened.

    Each request is answered in a thread of its own, so without this each opens a connection, and nothing bounds them.
    Not for threads that live on: they would keep what they were given.
    """
    from django.db import connections

    settings = connections.settings["default"]
    if settings["ENGINE"] != "django.db.backends.postgresql":
        return
    options = settings["OPTIONS"]
    options |= {
        name: value for name, value in _FOR_PAGES.items() if options.get(name) == _POSTGRES_OPTIONS[name]
    }
    if most:
        settings["CONN_MAX_AGE"] = 0  # given back after each request
        # The pool waits longer after each attempt that failed. It shall not wait on when the database is back.
        options["pool"] = {
            "min_size": 1, "max_size": most, "timeout": _PATIENCE, "reconnect_timeout": _PATIENCE,
        }  # fmt: skip


_SQLITE_AWAY = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}  # fmt: skip
# SQLSTATE (PostgreSQL, appendix A): connections, no room, stopped by an operator, its disk; then single ones: read
# only, a transaction ended for its silence, a lock not to be had, two that could not both be done.
_POSTGRES_AWAY = ("08", "53", "57", "58", "25006", "25P03", "55P03", "40001", "40P01")


def is_away(error: BaseException | None) -> bool:
    """Whether `error` came of a database that cannot do its work just now: it does not answer, begins or ends, is
    locked, full or unreadable. Not where the fault is in what was asked of it.
    """
    while error is not None:
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY
        if state := getattr(error, "sqlstate", None):
            return str(state).startswith(_POSTGRES_AWAY)
        if error.__cause__ is None:  # the server said nothing; psycopg and Django call it by the same names
            return any(
                kind.__name__ in {"OperationalError", "InterfaceError"} for kind in type(error).__mro__
            )
        error = error.__cause__
    return False


@contextmanager
def beside(url: str, alias: str) -> Iterator[BaseDatabaseWrapper]:
    """The database at `url` under an alias of its own, for the time of the block and this thread."""
    from django.conf import settings
    from django.db import connections

    given = from_url(url, Path(settings.HERALD_HOME))
    connections.settings[alias] = connections.configure_settings({"default": given, alias: given})[alias]
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def direct() -> dict[str, Any]:
    """What psycopg.connect takes for a connection that may LISTEN: past a pooler, if there is one."""
    from django.conf import settings  # this module is read while they are made
    from django.db import connections

    wrapper: Any = connections["default"]
    if settings.DATABASE_DIRECT:
        wrapper = type(wrapper)({**wrapper.settings_dict, **settings.DATABASE_DIRECT}, "direct")
    parameters: dict[str, Any] = wrapper.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters
