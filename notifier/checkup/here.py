"""Checks that need nothing but this host and the database: quick enough for every look at the page."""

from __future__ import annotations

import ctypes
import json
import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat

from config import clock, health
from feeds import store
from notifier import dkim, ledger, outside
from notifier.checkup.findings import Finding, note, tried, wrong
from notifier.installation import unmigrated

BACKUP = "backup.json"
"""In HERALD_HOME, written with each backup: {"at": instant in ISO 8601, "file": its name, "size": bytes}."""

OLD_BACKUP = timedelta(days=2)
LITTLE, SCARCE = 0.10, 0.03  # of a disk: worth a note; soon nothing can be written
APART = timedelta(seconds=5)  # of two clocks: leases are judged by half a minute
_TIME_ERROR, _TIMEX = 5, 256  # adjtimex(2): the clock is not synchronised; more than the size of its struct


def everything(now: datetime) -> list[Finding]:
    """All of them, in the order in which they are shown."""
    checks = (ready, installed, database, migrations, disk, backup, clocks, goes, keys, replies, versions)
    return [finding for check in checks for finding in check(now)]


def installed(_now: datetime) -> list[Finding]:
    return [Finding("settings", f"HERALD_HOME is {settings.HERALD_HOME}, BASE_URL is {settings.BASE_URL}")]


def ready(now: datetime) -> list[Finding]:
    """What `/readyz` says."""
    problems = [problem.partition(": ") for problem in health.problems(now)]
    if not problems:
        return [Finding("running", "feeds are kept, mail can leave, and a scheduler and a worker are alive")]
    return [wrong(name, words) for name, _, words in problems]


def database(_now: datetime) -> list[Finding]:
    def words() -> str:
        connection.ensure_connection()
        said = f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"
        return f"{said}, {filesizeformat(size)}" if (size := _size()) else said

    return [tried("database", words)]


def migrations(_now: datetime) -> list[Finding]:
    waiting: list[str] = []

    def words() -> str:
        waiting.extend(unmigrated())
        return f"{len(waiting)} not applied; `herald setup` applies them" if waiting else "all applied"

    found = tried("migrations", words)
    return [wrong(found.about, found.words) if waiting else found]


def disk(_now: datetime) -> list[Finding]:
    """Where HERALD_HOME lies."""
    try:
        usage = shutil.disk_usage(settings.HERALD_HOME)
    except OSError as error:
        return [wrong("disk", f"{settings.HERALD_HOME}: {error.strerror}")]
    share = usage.free / usage.total
    words = f"{filesizeformat(usage.free)} free of {filesizeformat(usage.total)} at HERALD_HOME ({share:.0%})"
    if share < SCARCE:
        return [wrong("disk", f"{words}: make room, or soon nothing can be written")]
    return [note("disk", words) if share < LITTLE else Finding("disk", words)]


def backup(now: datetime) -> list[Finding]:
    """The newest one that Herald has made from this home. Of others it knows nothing."""
    try:
        said = json.loads((Path(settings.HERALD_HOME) / BACKUP).read_text(encoding="utf-8"))
        at, file, size = datetime.fromisoformat(said["at"]), str(said["file"]), int(said["size"])
        age = now - at
    except FileNotFoundError:
        words = "Herald has made none here; of those that are made in another way it knows nothing"
        return [note("backup", words)]
    except (OSError, ValueError, KeyError, TypeError):
        return [
            note("backup", f"{BACKUP} in HERALD_HOME cannot be read: when the last one was made is not known")
        ]
    words = f"{file}, {filesizeformat(size)}, made {at:%Y-%m-%d %H:%M} UTC"
    return [note("backup", f"{words}: {age.days} days ago") if age > OLD_BACKUP else Finding("backup", words)]


def clocks(_now: datetime) -> list[Finding]:
    """This host's clock beside the database's, and whether a time service keeps it right."""
    return [_apart(), *_kept_right()]


def goes(_now: datetime) -> list[Finding]:
    """To whom mail may leave at all."""
    words = f"{settings.HERALD_ENVIRONMENT}: {outside.from_settings().words()}"
    return [note("mail", words) if settings.MAIL_ONLY_TO is not None else Finding("mail", words)]


def keys(_now: datetime) -> list[Finding]:
    """The keys that sign messages, with the DNS record that each needs."""
    if not settings.DKIM_KEYS:
        return [note("dkim", "DKIM_KEYS is not set: messages leave unsigned, unless the relay signs them")]
    domain = store.newsroom().sender_address.rpartition("@")[2]
    try:
        loaded = dkim.load(settings.DKIM_KEYS)
    except dkim.BadKey as error:
        return [wrong("dkim", str(error))]
    return [Finding("dkim", f'{key.selector}._domainkey.{domain} TXT "{key.record}"') for key in loaded]


def replies(_now: datetime) -> list[Finding]:
    """Where bounces and complaints come to, and whether the return path's domain fits the sender's."""
    sender = store.newsroom().sender_address
    if not settings.BOUNCE_ADDRESS:
        words = f"BOUNCE_ADDRESS is not set: bounces go to {sender}, where nobody but people can read them"
        return [note("replies", words)]
    where = [f"from the return path {settings.BOUNCE_ADDRESS}"]
    if settings.REPLIES_BIND:
        where.append(f"by mail at {settings.REPLIES_BIND}")
    where += [f"by {name} at {settings.BASE_URL}/webhooks/{name}" for name in settings.WEBHOOKS]
    found = [Finding("replies", ", ".join(where))]
    if len(where) == 1:
        words = (
            "REPLIES_BIND and WEBHOOKS are not set: nothing is read unless your mail server "
            "hands it to `herald replies read`"
        )
        found.append(note("replies", words))
    return found + list(_alignment(sender, settings.BOUNCE_ADDRESS))


def versions(_now: datetime) -> list[Finding]:
    words = f"Herald {version('herald')}, Python {platform.python_version()}, Django {django.get_version()}"
    return [Finding("versions", words)]


def _size() -> int:
    """Of the database in bytes; 0 where its server alone knows."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    path = Path(str(connection.settings_dict["NAME"]))
    return path.stat().st_size if path.exists() else 0


def _apart() -> Finding:
    def words() -> str:
        apart = abs(ledger.instant() - clock.machine())
        if apart > APART:
            raise ValueError(
                f"this host's is {apart.total_seconds():.0f} s from the database's: let a time service set both"
            )
        return f"{clock.machine():%Y-%m-%d %H:%M:%S} UTC, as the database's"

    return tried("clock", words)


def _kept_right() -> Iterator[Finding]:
    """What the kernel says of it, where it can be asked (Linux)."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX))  # zeros: to read alone
    except (OSError, AttributeError):
        return
    if state == _TIME_ERROR:
        words = (
            "no time service keeps this host's clock right, as far as its kernel knows (NTP, such as chrony)"
        )
        yield note("time service", words)


def _alignment(sender: str, path: str) -> Iterator[Finding]:
    """SPF speaks for the return path's domain; for DMARC that must be the sender's, or one above or below it."""
    ours, theirs = sender.rpartition("@")[2].lower(), path.rpartition("@")[2]
    if f".{ours}".endswith(f".{theirs}") or f".{theirs}".endswith(f".{ours}") or not ours:
        return
    words = (
        f"BOUNCE_ADDRESS is in {theirs} but mail comes from {ours}: SPF then says nothing for DMARC, which needs a "
        f"DKIM signature of {ours}; or take an address in a domain below {ours}"
    )
    yield wrong("replies", words)
