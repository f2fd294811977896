"""What was made of files, in memory for as long as the files are the same."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
Stamp = tuple[int, int, int]
"""What tells one state of a file from the next: mtime in ns, size, inode."""


def stamp_of(stat: os.stat_result) -> Stamp:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


class Kept(Generic[T]):
    """A value for each file; those used longest ago are dropped above `bound` bytes. Safe among threads."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._size = 0
        self._values: OrderedDict[Path, tuple[Stamp, T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, path: Path, stamp: Stamp) -> T | None:
        """What was made of the file in this state."""
        with self._lock:
            held = self._values.get(path)
            if held is None or held[0] != stamp:
                return None
            self._values.move_to_end(path)
            return held[1]

    def put(self, path: Path, stamp: Stamp, value: T, size: int) -> None:
        with self._lock:
            self._drop(path)
            self._values[path] = stamp, value, size
            self._size += size
            while self._size > self._bound and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def _drop(self, path: Path) -> None:
        dropped = self._values.pop(path, None)
        self._size -= dropped[2] if dropped else 0
