"""The database as Django is told of it, and the direct connection to it past a pooler."""

from __future__ import annotations

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
_PATIENCE = 10.0  # seconds that a page waits for a connection
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


def share(most: int) -> None:
    """From here on the threads of this process share at most `most` connections to PostgreSQL; whoever finds none for
    `_PATIENCE` seconds gets an OperationalError. 0: each thread has its own. To be said before the first is opened.

    Each request is answered in a thread of its own, so without this each opens a connection, and nothing bounds them.
    Not for threads that live on: they would keep what they were given.
    """
    from django.db import connections

    settings = connections.settings["default"]
    if most and settings["ENGINE"] == "django.db.backends.postgresql":
        settings["CONN_MAX_AGE"] = 0  # given back after each request
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": most, "timeout": _PATIENCE}


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
