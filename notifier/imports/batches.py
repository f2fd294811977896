"""An import's rows between the file and the tables: some at a time, sealed, so that no address lies there in clear."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db import transaction

from notifier.imports import columns, reading
from notifier.models import Import, ImportBatch

SIZE = 250
MOST_CELLS, LONGEST = 60, 500
_PURPOSE = [b"herald import v1"]
Progress = Callable[[int], None]
"""Told how many rows are taken up."""
Row = tuple[int, list[str]]


def take_up(
    file: BinaryIO,
    name: str,
    actor: str,
    now: datetime,
    said: Mapping[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> Import:
    """A draft with all rows of the file. `said`: columns by field, where they are not those that are recognised.

    Raises reading.Unreadable and ValueError; then nothing is kept of it.
    """
    found = reading.table(file, name)
    system, known = columns.recognised(found.head)
    chosen = columns.chosen(found.head, said) if said else known
    made = Import.objects.create(
        name=name[:200], system=system, head=list(found.head), columns=chosen, made_at=now, made_by=actor
    )
    try:
        _keep(made, reading.rows(file, name, found), progress)
    except BaseException:
        made.delete()
        raise
    return made


def rows(batch: ImportBatch) -> list[Row]:
    """Raises ValueError where ADDRESS_KEY is another one than it was."""
    try:
        opened = _cipher().decrypt(bytes(batch.sealed), _PURPOSE)
    except InvalidTag:
        raise ValueError("its rows were sealed under another ADDRESS_KEY") from None
    return [(line, cells) for line, cells in json.loads(zlib.decompress(opened))]


def _keep(made: Import, found: Iterator[Row], progress: Progress) -> None:
    total = number = 0
    while some := list(islice(found, SIZE * 20)):
        with transaction.atomic():
            for first in range(0, len(some), SIZE):
                number += 1
                _seal(made, number, some[first : first + SIZE])
            total += len(some)
            Import.objects.filter(pk=made.pk).update(rows=total)
        progress(total)
    made.rows = total
    if not total:
        raise reading.Unreadable(f"{made.name}: holds no row below its head")


def _seal(made: Import, number: int, some: list[Row]) -> None:
    short = [(line, [cell[:LONGEST] for cell in cells[:MOST_CELLS]]) for line, cells in some]
    packed = zlib.compress(json.dumps(short, ensure_ascii=False, separators=(",", ":")).encode(), 1)
    sealed = _cipher().encrypt(packed, _PURPOSE)
    ImportBatch.objects.create(of=made, number=number, size=len(some), sealed=sealed)


def _cipher() -> AESSIV:
    return AESSIV(settings.ADDRESS_KEY)
