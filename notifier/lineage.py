"""Whether the database is the one from which mail was sent last. A copy of it, or a restored backup, would send again
what has been sent since.

    place    where it stands: the file on SQLite; cluster, database and table on PostgreSQL. What was copied, or
             restored by pg_restore, stands elsewhere.
    serial   goes up while workers run. Each HERALD_HOME keeps the highest that it has seen, beside the database: one
             that is behind was restored.
    lineage  whose serials these are. When a restored database is released a new one begins, which `succeeds` the old.

What looks so is stopped (`Channel.stopped_because`) until an operator releases it by `notifier.restored`.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from notifier import channel
from notifier.models import Channel
from notifier.models.channel import new_lineage

log = structlog.stdlib.get_logger(__name__)
FILE = "mail.json"
KEPT = 20  # lineages in the file: a home that is used for tests meets many
COPIED = "this database is a copy, or was restored: it does not stand where mail was last sent from"
_BTIME, _BTIME_AT, _AT_FDCWD = 0x800, 80, -100  # statx(2)


class Lineage:
    """As one worker sees it: `look` when it starts and every ten seconds, `holds` before it claims anything."""

    def __init__(self, home: Path | None = None) -> None:
        self._home = home or Path(settings.HERALD_HOME)
        self._seen = ("", 0)

    def look(self, now: datetime) -> str:
        """Why nothing may leave, and stop the channel for it; or, if all is well, "" and one serial more.

        The database is written first: killed in between, it is ahead of the file, which is no fault.
        """
        if settings.HERALD_DEMO:
            return ""
        known = read(self._home)
        with transaction.atomic():
            row = Channel.objects.select_for_update().get(pk=1)
            stands = place()
            why = row.stopped_because or _fault(row, known, stands)
            if why:
                channel.stop_because(why, now)
                return why
            Channel.objects.filter(pk=1).update(serial=row.serial + 1, place=stands)
        self._seen = row.lineage, row.serial + 1
        if row.succeeds in known:
            known[row.succeeds] = None
        known.pop(row.lineage, None)
        known[row.lineage] = {"serial": row.serial + 1, "at": now.isoformat()}
        _write(self._home, known)
        return ""

    def holds(self) -> bool:
        """Whether it is still the database that `look` saw, and not behind. One look at one row."""
        if settings.HERALD_DEMO:
            return True
        found = Channel.objects.filter(pk=1, stopped_because="").values_list("lineage", "serial", "place")
        lineage, serial, stood = found.first() or ("", 0, "")
        same = connection.vendor == "postgresql" or stood == place()
        return same and lineage == self._seen[0] and serial >= self._seen[1]


def adopt(using: str = DEFAULT_DB_ALIAS) -> None:
    """The database as it is and where it is, is what mail is sent from now on. In a transaction of the caller's."""
    channels = Channel.objects.using(using)
    row = channels.select_for_update().get(pk=1)
    channels.filter(pk=1).update(
        place=place(using), lineage=new_lineage(), succeeds=row.lineage, serial=0, stopped_because=""
    )


def place(using: str = DEFAULT_DB_ALIAS) -> str:
    """Where the database stands; the same for all hosts that share it, and for as long as it stands there."""
    if connections[using].vendor == "postgresql":
        return _place_in_cluster(using)
    path = Path(connections[using].settings_dict["NAME"])
    try:
        return f"file {path.stat().st_ino} {_born(path)}"
    except OSError:  # in memory
        return ""


def read(home: Path) -> dict[str, Any]:
    """What this home knows: {lineage: {"serial", "at"}, or None when another one has succeeded it}."""
    try:
        known = json.loads((home / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _fault(row: Channel, known: dict[str, Any], stands: str) -> str:
    if row.place not in ("", stands):
        return COPIED
    if row.lineage in known:
        mark = known[row.lineage]
        if mark is None:
            return (
                "this database is older than one that was released after a restore: a backup of before that"
            )
        if mark["serial"] > row.serial:
            at = datetime.fromisoformat(mark["at"])
            until = f"{at:%Y-%m-%d %H:%M} UTC"
            return f"this database is older than what was sent from here until {until}: a restored backup"
    return ""


def _write(home: Path, known: dict[str, Any]) -> None:
    """Atomically. That it fails stops no mail: a full disk is said elsewhere."""
    draft = home / f"{FILE}.{os.getpid()}.new"
    try:
        draft.write_text(json.dumps(dict(list(known.items())[-KEPT:])), encoding="utf-8")
        draft.replace(home / FILE)
    except OSError as error:
        log.warning(
            "a file cannot be written; a restored backup may not be known as one", file=FILE, error=str(error)
        )


def _place_in_cluster(using: str) -> str:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
        system = "(SELECT system_identifier FROM pg_control_system())" if cursor.fetchone()[0] else "0"
        cursor.execute(
            f"SELECT {system}, oid, 'notifier_channel'::regclass::oid"
            " FROM pg_database WHERE datname = current_database()"
        )
        return "cluster {} database {} table {}".format(*cursor.fetchone())


def _born(path: Path) -> int:
    """Nanoseconds when the file was made, which nothing that copies or restores can set; 0 where that is not kept.

    Python asks no Linux for it. The number of a file alone is used again soon.
    """
    if sys.platform != "linux":
        return int(getattr(path.stat(), "st_birthtime", 0) * 1e9)
    found = ctypes.create_string_buffer(256)
    try:
        failed = ctypes.CDLL(None).statx(_AT_FDCWD, os.fsencode(path), 0, _BTIME, found)
    except (AttributeError, OSError):
        return 0
    if failed or not int.from_bytes(found.raw[:4], sys.byteorder) & _BTIME:
        return 0
    seconds = int.from_bytes(found.raw[_BTIME_AT : _BTIME_AT + 8], sys.byteorder, signed=True)
    return seconds * 10**9 + int.from_bytes(found.raw[_BTIME_AT + 8 : _BTIME_AT + 12], sys.byteorder)
