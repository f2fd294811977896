"""The database as one file, while others go on writing to it; and an empty database filled from such a file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from config.environment import for_stranger

Progress = Callable[[int, int], None]
"""Told (done, of how many)."""
_PAGES = 4_096  # of 4 kB, between two words about the progress
_PROGRAMS = "/usr/lib/postgresql"  # where Debian keeps each version's


class BackupFault(Exception):
    """A backup cannot be made or put back. `str()` says what, where, and what to do."""


def kind() -> str:
    """Of the database in use: "sqlite" or "postgresql"."""
    return str(connection.vendor)


def dump(target: Path, progress: Progress) -> None:
    """Write the whole database, as it is at one moment, to the file `target`. Nobody waits meanwhile."""
    if kind() == "postgresql":
        _run_postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return
    with closing(sqlite3.connect(_file())) as source, closing(sqlite3.connect(target)) as copy:
        source.execute("BEGIN")  # held to the end, so that writers do not make it begin again
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        fault = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if fault != "ok":
        raise BackupFault(f"{_file()}: the database is damaged ({fault}); no backup was made of it")


def load(source: Path, now: datetime) -> str:
    """Make the database what the file says; returns where the one that stood there is now, or "".

    An SQLite database is put aside. A PostgreSQL database must be empty (BackupFault).
    """
    if kind() == "postgresql":
        if connection.introspection.table_names():
            raise BackupFault(
                f"the database {connection.settings_dict['NAME']} is not empty. Make an empty one (createdb), name it "
                "in DATABASE_URL, and restore into that: so the present one stays as it is"
            )
        _run_postgres("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                      f"--dbname={connection.settings_dict['NAME']}", str(source))  # fmt: skip
        return ""
    connection.close()
    aside = _put_aside(_file(), now)
    draft = _file().with_suffix(".restored")
    shutil.copyfile(source, draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(_file())
    return aside


def in_use() -> bool:
    """Whether another process has the SQLite database open; a PostgreSQL one that is to be filled must be empty anyway.

    Only who is alone with it may end its log (WAL), which also leaves all of it in one file.
    """
    if kind() == "postgresql" or not _file().exists():
        return False
    connection.close()
    with closing(sqlite3.connect(_file(), timeout=0)) as alone:
        try:
            return bool(alone.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:  # damaged, or none: it will be put aside
            return False


def _put_aside(file: Path, now: datetime) -> str:
    """With its log, in which the newest may stand."""
    if not file.exists():
        return ""
    aside = file.with_name(f"{file.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    for tail in ("-shm", "-wal", ""):
        part = file.with_name(f"{file.name}{tail}")
        if part.exists():
            part.replace(aside.with_name(f"{aside.name}{tail}"))
    return str(aside)


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _run_postgres(name: str, *arguments: str) -> None:
    at: dict[str, Any] = {**connection.settings_dict, **settings.DATABASE_DIRECT}  # no pooler in between
    options = at.get("OPTIONS", {})
    given = {
        "pghost": at["HOST"], "pgport": at["PORT"], "pguser": at["USER"], "pgpassword": at["PASSWORD"],
        "pgdatabase": at["NAME"],
    }  # fmt: skip
    given |= {f"pg{name}": options.get(name, "") for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
    known = for_stranger(**{name: str(value) for name, value in given.items() if value})
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and the database's name from the settings
            [_program(name), *arguments], env=known, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise BackupFault(f"{name} is not here: install PostgreSQL's client programs") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        raise BackupFault(f"{said}")


def _program(name: str) -> str:
    """The newest there is: an older one refuses a newer server."""
    found = sorted(Path(_PROGRAMS).glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else name
