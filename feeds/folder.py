"""A folder of published feeds, laid out as their URLs are: `all.atom`, `topics/<slug>.rss` …

Readers always see whole files: each is written beside its name and renamed. What was written in a batch reaches the
disk before the cursor does. While a batch is being written there is no cursor, so that whoever finds none (a new
folder, or one whose writer was killed) knows to build everything anew.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from feeds.formats import FORMATS

CURSOR, LOCK = ".cursor", ".lock"
DRAFT = ".new"  # of `all.atom`: `.all.atom.new`


@dataclass(frozen=True, slots=True)
class Position:
    """How far the folder has come. `mark` is the instant of change `seq`, by which another database is known;
    `presentation` tells how the feeds were shown."""

    seq: int
    mark: str
    presentation: str


class Folder:
    """To be used within `held()`, by one writer at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unsynced: list[Path] = []

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other writers out, in this process and in others."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def position(self) -> Position | None:
        """None if the folder is new, was left in the middle of a batch, or holds a cursor that is none."""
        try:
            return Position(**json.loads((self.path / CURSOR).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self) -> None:
        """What is written from now on is a batch."""
        (self.path / CURSOR).unlink(missing_ok=True)

    def write(self, name: str, content: bytes, now: datetime) -> bool:
        """Make `content` the file `name`; False if it was so already.

        Its time of modification is a whole second, and grows by at least one: HTTP knows no smaller unit.
        """
        path = self.path / name
        before = _stat(path)
        if before is not None and before.st_size == len(content) and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}{DRAFT}")
        draft.write_bytes(content)
        second = max(int(now.timestamp()), int(before.st_mtime) + 1 if before else 0)
        os.utime(draft, (second, second))
        draft.replace(path)
        self._unsynced.append(path)
        return True

    def commit(self, position: Position) -> None:
        """End the batch: what was written is on the disk, then the cursor moves."""
        if self._unsynced:
            for path in (*self._unsynced, *{file.parent for file in self._unsynced}, self.path):
                _sync(path)
        self._unsynced.clear()
        draft = self.path / f"{CURSOR}{DRAFT}"
        draft.write_text(json.dumps(asdict(position)), encoding="utf-8")
        draft.replace(self.path / CURSOR)

    def feeds(self) -> list[str]:
        """The names of all feed files there are, sorted."""
        return sorted(name for name in self.files() if name.rpartition(".")[2] in FORMATS)

    def files(self) -> list[str]:
        """The names of all files but the folder's own, sorted."""
        found = (path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def remove(self, names: Collection[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a writer that was killed has left half-written."""
        for draft in self.path.rglob(f".*{DRAFT}"):
            draft.unlink(missing_ok=True)


def _stat(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return path.stat()
    return None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
