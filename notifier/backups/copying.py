"""An SQLite installation moved to PostgreSQL: every row with its number; then mail leaves from there (ADR 83).

    refuse -> migrate -> [target: quiet triggers, rows, sequences, sums [source: stopped], adopted] -> next steps

Both brackets are transactions: what fails leaves the target empty and the source as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from config import databases, revisions
from feeds.models import Cursor
from feeds.search import index, keeping
from feeds.selection import NOTHING
from notifier import channel, installation, lineage
from notifier.backups import dumping, rows
from notifier.backups.dumping import BackupFault
from notifier.models import Channel, Interest

SOURCE, TARGET = DEFAULT_DB_ALIAS, "target"
MOVED = "this database was copied to {place} at {at:%Y-%m-%d %H:%M} UTC, and mail is sent from there"
_OF_MIGRATE = {
    "django_content_type", "auth_permission", "auth_group", "auth_group_permissions", "notifier_channel",
    "notifier_interest",
}  # fmt: skip
_JOBS = "procrastinate"  # its tables are of PostgreSQL alone, and what waits in them may be lost
_OF_THE_ENGINE = ("django_migrations", "sqlite_sequence", index.TABLE)


@dataclass(frozen=True, slots=True)
class Copied:
    """`place`: the new database, without a password. `stopped`: why no mail leaves there either; "": it may.
    `left_out`: tables of the old one that are not Herald's.
    """

    place: str
    tables: int
    rows: int
    stopped: str
    left_out: list[str]


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is to be copied, and the sums that both sides should come to."""

    tables: list[type[models.Model]]
    counts: dict[str, int]
    given: dict[str, int]
    progress: Callable[[int], None]


def copy(url: str, now: datetime, progress: dumping.Progress) -> Copied:
    """Fill the empty PostgreSQL database at `url` with the SQLite one in use, and have mail sent from there.

    Raises BackupFault, with the target empty, and the source in use as before.
    """
    _refuse_source()
    with databases.beside(url, TARGET) as target:
        _make_ready()
        place = _place(target.settings_dict)
        with transaction.atomic(using=TARGET):
            tables = rows.tables(set(connection.introspection.table_names()))
            with _quiet(tables):
                _refuse_what_is_not_empty(tables)
                stopped, count = _move(tables, place, now, progress)
    left_out = set(connection.introspection.table_names()) - {model._meta.db_table for model in tables}
    left = sorted(name for name in left_out if not name.startswith(_OF_THE_ENGINE))
    return Copied(place, len(tables), count, stopped, left)


def _move(
    tables: list[type[models.Model]], place: str, now: datetime, progress: dumping.Progress
) -> tuple[str, int]:
    """Returns why mail had been stopped in the source, and how many rows there are."""
    with transaction.atomic():  # nobody else writes to it from here on
        stopped = channel.stopped_because()
        after = {"to": place}
        revisions.audit("command:database", "command", "copied", "database", before={}, after=after, now=now)
        sides = _sides(tables, progress)
        sums = _fill(sides)
        _compare(sides, sums)
        _begin_search_anew()
        if not stopped:
            lineage.adopt(TARGET)
        channel.stop_because(MOVED.format(place=place, at=now), now)
    return stopped, sum(sides.counts.values())


def _refuse_source() -> None:
    if dumping.kind() != "sqlite":
        raise BackupFault(
            "the present database is on PostgreSQL already. `herald backup` and `herald restore` move it to another one"
        )
    file = Path(connection.settings_dict["NAME"])
    if not file.exists():
        raise BackupFault(f"{file}: there is no database to be copied")
    if dumping.in_use():
        raise BackupFault(f"{file}: Herald, or another program, has it open: end it first")
    if waiting := [name for name in installation.unmigrated() if not name.startswith(_JOBS)]:
        raise BackupFault(
            f"{file}: is of an older Herald ({waiting[0]} is missing); run `herald setup` first"
        )


def _make_ready() -> None:
    """Tables in the target, if it has none, and the same as here. Raises BackupFault where it is no place for them."""
    target = connections[TARGET]
    if target.vendor != "postgresql":
        raise BackupFault("the address must be that of a PostgreSQL database: postgres://USER@HOST:5432/NAME")
    with target.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        if (encoding := cursor.fetchone()[0]) != "UTF8":
            raise BackupFault(f"{_place(target.settings_dict)}: holds text as {encoding}; make one with UTF8")
    if not target.introspection.table_names():
        with _standing_in():
            call_command("migrate", database=TARGET, interactive=False, verbosity=0)
    here, there = (
        {key for key in MigrationRecorder(connections[alias]).applied_migrations() if key[0] != _JOBS}
        for alias in (SOURCE, TARGET)
    )  # fmt: skip
    if other := sorted(here ^ there):
        raise BackupFault(
            f"{_place(target.settings_dict)}: its tables are not those of this Herald ({'.'.join(other[0])}). Make an "
            "empty database (createdb)"
        )


@contextmanager
def _standing_in() -> Iterator[None]:
    """The target as the only database: a migration that moves rows names none."""
    source = connections[SOURCE]
    connections[SOURCE] = connections[TARGET]
    try:
        yield
    finally:
        connections[SOURCE] = source


def _refuse_what_is_not_empty(tables: list[type[models.Model]]) -> None:
    """What `migrate` makes by itself does not count, and goes: the source has its own."""
    for model in tables:
        table = model._meta.db_table
        found = rows.count(model, TARGET)
        ours = table in _OF_MIGRATE
        if model is Channel:
            ours = not model._base_manager.using(TARGET).filter(serial__gt=0).exists()
        elif model is Interest:
            ours = not model._base_manager.using(TARGET).exclude(digest=NOTHING.digest).exists()
        if found and not ours:
            raise BackupFault(
                f"{_place(connections[TARGET].settings_dict)} is not empty: {table} has {found:,} rows. Make an empty "
                "database (createdb)"
            )
    with connections[TARGET].cursor() as cursor:
        for model in reversed(tables):
            if model._meta.db_table in _OF_MIGRATE:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _sides(tables: list[type[models.Model]], progress: dumping.Progress) -> _Sides:
    counts = {model._meta.db_table: rows.count(model, SOURCE) for model in tables}
    whole, done = 2 * sum(counts.values()), 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        progress(done, whole)

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        given = dict(cursor.fetchall())
    return _Sides(tables, counts, given, told)


def _fill(sides: _Sides) -> dict[str, tuple[int, int]]:
    """Returns the count and the sum of the rows that were read, by table."""
    found = {}
    for model in sides.tables:
        table = model._meta.db_table
        found[table] = rows.copy(model, SOURCE, TARGET, sides.progress)
        rows.set_sequence(model, TARGET, sides.given.get(table, 0))
    return found


def _compare(sides: _Sides, sums: dict[str, tuple[int, int]]) -> None:
    """What stands in the target now with what was read, and that with what the source has."""
    wrong = []
    for model in sides.tables:
        table = model._meta.db_table
        count, total = rows.sum_up(model, TARGET, sides.progress)
        if not count == sums[table][0] == sides.counts[table]:
            wrong.append(f"{table}: {sides.counts[table]:,} rows here, {count:,} there")
        elif total != sums[table][1]:
            wrong.append(f"{table}: {count:,} rows on both sides, and not the same")
    if wrong:
        raise BackupFault("\n".join([*wrong, "the copy differs, and was taken back"]))


def _begin_search_anew() -> None:
    """The index is made of words of our own, and differently by each database: the scheduler fills it at its looks."""
    Cursor.objects.using(TARGET).filter(pk__in=(keeping.NAME, keeping.FILLING)).delete()


@contextmanager
def _quiet(tables: list[type[models.Model]]) -> Iterator[None]:
    """No trigger of ours fires, nobody else writes, and PostgreSQL waits for as long as one table is read here.

    In a transaction, whose end without a commit sets the triggers again as well.
    """
    names = [model._meta.db_table for model in tables]
    with connections[TARGET].cursor() as cursor:
        try:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            for name in names:
                cursor.execute(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        except DatabaseError as error:
            said = str(error).splitlines()[0]
            raise BackupFault(f"{_place(connections[TARGET].settings_dict)}: {said}") from error
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')


def _place(at: dict[str, str]) -> str:
    return f"PostgreSQL {at['NAME']} on {at['HOST'] or 'this machine'}"
