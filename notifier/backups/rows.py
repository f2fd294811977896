"""The tables of an installation, and their rows from one database to another. Values go through Django's own fields.

A table's sum is that of its rows' hashes, so that it does not hang on an order which text has in one database and not
in the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections, models, transaction

from notifier.backups.dumping import BackupFault

Told = Callable[[int], None]
"""Told how many rows more are done."""
AT_ONCE = 2_000  # rows: some MB, and a savepoint
_WRONG = (DatabaseError, ValueError, TypeError, OverflowError)
_BITS = 128


def tables(present: set[str]) -> list[type[models.Model]]:
    """The models whose tables are among `present`; whoever refers to another stands after it."""
    found = {model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy}
    found = {model for model in found if model._meta.db_table in present}
    order: TopologicalSorter[type[models.Model]] = TopologicalSorter()
    for model in sorted(found, key=lambda model: model._meta.db_table):
        order.add(model, *(_referred(model) & found - {model}))
    return list(order.static_order())


def copy(model: type[models.Model], source: str, target: str, told: Told) -> tuple[int, int]:
    """All rows, from one alias to the other; returns how many, and their sum. Within a transaction of `target`.

    Raises BackupFault with the table, and the row if it is one that the target does not take.
    """
    count, total = 0, 0
    for some in _batches(model, source):
        _write(model, target, some)
        count += len(some)
        total += sum(_hash(row) for row in some)
        told(len(some))
    try:
        with connections[
            target
        ].cursor() as cursor:  # here, as only now do rows of this table know each other
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as error:
        raise BackupFault(f"{model._meta.db_table}: {_said(error)}") from error
    return count, total % 2**_BITS


def sum_up(model: type[models.Model], using: str, told: Told) -> tuple[int, int]:
    """How many rows there are, and their sum."""
    count, total = 0, 0
    for some in _batches(model, using):
        count += len(some)
        total += sum(_hash(row) for row in some)
        told(len(some))
    return count, total % 2**_BITS


def count(model: type[models.Model], using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        return int(cursor.fetchone()[0])


def set_sequence(model: type[models.Model], target: str, given: int) -> None:
    """The next row made in `target` is numbered after `given`, and after all that are there.

    A number that was given is never given again, though its row is gone: cursors and the audit log remember it.
    """
    field = model._meta.auto_field
    if field is None:
        return
    table, column = model._meta.db_table, field.column
    with connections[target].cursor() as cursor:
        cursor.execute(f'SELECT greatest(coalesce(max("{column}"), 0), %s) FROM "{table}"', [given])
        last = cursor.fetchone()[0]
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
            [f'"{table}"', column, max(last, 1), last > 0],
        )


def _referred(model: type[models.Model]) -> set[Any]:
    return {
        field.remote_field.model._meta.concrete_model
        for field in model._meta.local_concrete_fields
        if field.remote_field
    }


def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _batches(model: type[models.Model], using: str) -> Iterator[list[tuple[Any, ...]]]:
    reading = _read(model, using)
    while some := list(islice(reading, AT_ONCE)):
        yield some


def _read(model: type[models.Model], using: str) -> Iterator[tuple[Any, ...]]:
    rows = model._base_manager.using(using).order_by("pk").values_list(*_names(model)).iterator(AT_ONCE)
    last: tuple[Any, ...] = ()
    while True:
        try:
            row = next(rows, None)
        except _WRONG as error:
            after = f", after the row {_named(model, last)}" if last else ""
            raise BackupFault(f"{model._meta.db_table}{after}: cannot be read: {_said(error)}") from error
        if row is None:
            return
        last = row
        yield row


def _write(model: type[models.Model], target: str, rows: Sequence[tuple[Any, ...]]) -> None:
    try:
        _put(model, target, rows)
    except _WRONG as error:
        for row in rows if len(rows) > 1 else ():
            _write(model, target, [row])
        wrong = _named(model, rows[0])
        raise BackupFault(f"{model._meta.db_table}, the row {wrong}: {_said(error)}") from error


def _put(model: type[models.Model], target: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """By COPY, which is ten times as quick as INSERT."""
    wrapper = connections[target]
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    order = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    with (
        transaction.atomic(using=target),
        wrapper.cursor() as cursor,
        wrapper.wrap_database_errors,
        cursor.copy(order) as into,
    ):
        for row in rows:
            into.write_row([f.get_db_prep_save(value, wrapper) for f, value in zip(fields, row, strict=True)])


def _hash(row: Sequence[Any]) -> int:
    told = json.dumps(row, default=_plain, sort_keys=True, ensure_ascii=True)
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=_BITS // 8).digest(), "big")


def _plain(value: Any) -> str:
    """Of what JSON has no form for: each database gives bytes and instants in another one."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value)


def _named(model: type[models.Model], row: Sequence[Any]) -> str:
    """By its key; what stands in it may be about a person."""
    names = _names(model)
    keys = [field.attname for field in model._meta.pk_fields]
    return ", ".join(f"{name} {row[names.index(name)]}" for name in keys)


def _said(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
