"""Published documents in memory, read again when the file is another one.

A document and what lies beside it are several files, so one that was just replaced is read until all fit together.
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feeds.folder import read_card
from feeds.kept import Kept, Stamp, stamp_of
from feeds.sheet import CODINGS, Card, Sheet, card, digest

BOUND = 64 * 2**20  # bytes of bodies kept, all representations counted
_TRIES = 5
_PAUSE = 0.01  # seconds; a writer renames the files of a document within less


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read: `packed` are its bodies by content coding, `answers` what was answered of it, which
    `frontdesk` keeps there.
    """

    stamp: Stamp
    plain: bytes
    packed: Mapping[str, bytes]
    card: Card
    answers: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def modified(self) -> int:
        """Seconds since the epoch."""
        return self.stamp[0] // 10**9

    @property
    def size(self) -> int:
        return len(self.plain) + sum(map(len, self.packed.values()))


class Memory:
    """Documents by file. Safe among threads."""

    def __init__(self, bound: int = BOUND) -> None:
        self._kept: Kept[Document] = Kept(bound)

    def get(self, path: Path) -> Document | None:
        """What is in memory, if the file is still the same. Raises OSError where there is no such file."""
        return self._kept.get(path, stamp_of(os.stat(path)))

    def read(self, path: Path) -> Document | None:
        """Read the file and keep it. None: no such file."""
        document = _read(path)
        if document:
            self._kept.put(path, document.stamp, document, document.size)
        return document


def _read(path: Path) -> Document | None:
    for attempt in range(_TRIES):
        try:
            with path.open("rb") as file:
                stamp = stamp_of(os.fstat(file.fileno()))
                plain = file.read()
        except OSError:
            return None
        written = read_card(path)
        packed = _twins(path, written) if written else None
        if written and packed and written.digest == digest(plain):
            return Document(stamp, plain, packed, written)
        if attempt < _TRIES - 1:
            time.sleep(_PAUSE)
    return _alone(stamp, plain)


def _twins(path: Path, written: Card) -> dict[str, bytes] | None:
    """By content coding; None if one is missing or belongs to another state."""
    packed = {}
    for coding in CODINGS:
        try:
            data = path.with_name(f"{path.name}.{coding.suffix}").read_bytes()
        except OSError:
            return None
        if digest(data) != written.twins.get(coding.suffix):
            return None
        packed[coding.name] = data
    return packed


def _alone(stamp: Stamp, plain: bytes) -> Document:
    """A file whose twins or card are lost: still served, without deltas, until it is built anew."""
    return Document(stamp, plain, {"gzip": gzip.compress(plain, 5, mtime=0)}, card(Sheet(plain), {}, None))
