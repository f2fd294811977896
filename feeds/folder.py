"""A folder of published feeds, laid out as their URLs are: `all.atom`, `topics/<slug>.rss` …

Beside each document lie its twins (`all.atom.gz`, `.br`, `.zst`) and its card (`.all.atom.card`). Readers always see
whole files: each is written beside its name and renamed, the document itself last. What was written in a batch reaches
the disk before the cursor does. While a batch is being written there is no cursor, so that whoever finds none (a new
folder, or one whose writer was killed) knows to build everything anew.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from feeds import sheet
from feeds.formats import FORMATS
from feeds.kept import Kept, stamp_of
from feeds.sheet import CODINGS, Card, Sheet

CURSOR, LOCK, MOVED, TOLD = ".cursor", ".lock", ".moved", ".told"
DRAFT, CARD = ".new", ".card"  # of `all.atom`: `.all.atom.new`, `.all.atom.card`
TWINS = frozenset(coding.suffix for coding in CODINGS)
_FEW = 4  # files that are synced one by one
_OF_A_SPAN = 200  # bytes in memory


@dataclass(frozen=True, slots=True)
class Position:
    """How far the folder has come. `mark` is the instant of change `seq`, by which another database is known;
    `presentation` tells how the feeds were shown."""

    seq: int
    mark: str
    presentation: str


@dataclass(frozen=True, slots=True)
class Lying:
    """A document as it lies there. `intact`: the card is this very body's."""

    body: bytes
    card: Card | None
    intact: bool

    @property
    def size(self) -> int:
        """About what it takes in memory."""
        return len(self.body) + (_OF_A_SPAN * len(self.card.spans) if self.card else 0)


class Folder:
    """To be used within `held()`, by one writer at a time. `known`: what the same process has read or written there,
    so that it need not be read again.
    """

    def __init__(self, path: Path, known: Kept[Lying] | None = None) -> None:
        self.path = path
        self._known: Kept[Lying] = Kept(0) if known is None else known
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
        return self._position(CURSOR)

    def told(self) -> Position | None:
        """Up to which position a hub is to be told of what lies here; None if nobody knows."""
        return self._position(TOLD)

    def tell(self, position: Position) -> None:
        """As `told` will say. Whoever reads half of it knows nothing, and asks elsewhere."""
        (self.path / TOLD).write_text(json.dumps(asdict(position)), encoding="utf-8")

    def begin(self) -> None:
        """What is written from now on is a batch."""
        (self.path / CURSOR).unlink(missing_ok=True)

    def write(self, name: str, given: Sheet, now: datetime) -> bool:
        """Make `given` the document `name`, with its twins and its card; False if it was so already.

        Its time of modification is a whole second, and grows by at least one: HTTP knows no smaller unit.
        """
        path = self.path / name
        before = _stat(path)
        lying = self.lying(name, before) if before else None
        if lying and lying.card and lying.body == given.body:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = sheet.twins(given)
        for suffix, data in packed.items():
            self._put(path.with_name(f"{path.name}.{suffix}"), data, None)
        card = sheet.card(given, packed, lying.card if lying else read_card(path))
        self._put(_card_of(path), card.to_bytes(), None)
        second = max(int(now.timestamp()), int(before.st_mtime) + 1 if before else 0)
        self._put(path, given.body, second)
        self._keep(path, path.stat(), Lying(given.body, card, intact=True))
        return True

    def lying(self, name: str, stat: os.stat_result | None = None) -> Lying | None:
        """The document `name` as it lies there; None if there is none."""
        path = self.path / name
        stat = stat or _stat(path)
        if stat is None:
            return None
        found = self._known.get(path, stamp_of(stat))
        if found is None:
            body, card = path.read_bytes(), read_card(path)
            found = Lying(body, card, card is not None and card.digest == sheet.digest(body))
            self._keep(path, stat, found)
        return found

    def redirect(self, moved: Mapping[str, str]) -> None:
        """Which paths lead to which others, as `moved_to` will find them."""
        data = json.dumps(moved, sort_keys=True).encode()
        path = self.path / MOVED
        if (path.read_bytes() if path.exists() else b"{}") != data:
            self._put(path, data, None)

    def commit(self, position: Position) -> None:
        """End the batch: what was written is on the disk, then the cursor moves."""
        _sync(self.path, self._unsynced)
        self._unsynced.clear()
        draft = self.path / f"{CURSOR}{DRAFT}"
        draft.write_text(json.dumps(asdict(position)), encoding="utf-8")
        draft.replace(self.path / CURSOR)

    def has(self, path: str) -> bool:
        """Whether there are documents of the feed at `path`."""
        return all((self.path / f"{path}.{suffix}").exists() for suffix in FORMATS)

    def feeds(self) -> list[str]:
        """The names of all documents there are, sorted."""
        return sorted(name for name in self.files() if name.rpartition(".")[2] in FORMATS)

    def files(self) -> list[str]:
        """The names of all files but the folder's own and the twins of others, sorted."""
        found = (path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self.path).as_posix() for path in found if not _is_twin(path))

    def remove(self, names: Collection[str]) -> None:
        """Documents, with all that lies beside them."""
        for name in names:
            path = self.path / name
            for file in (path, *(path.with_name(f"{path.name}.{twin}") for twin in TWINS), _card_of(path)):
                file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a writer that was killed has left half-written."""
        for draft in self.path.rglob(f".*{DRAFT}"):
            draft.unlink(missing_ok=True)

    def _position(self, name: str) -> Position | None:
        try:
            return Position(**json.loads((self.path / name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _keep(self, path: Path, stat: os.stat_result, lying: Lying) -> None:
        self._known.put(path, stamp_of(stat), lying, lying.size)

    def _put(self, path: Path, data: bytes, second: int | None) -> None:
        draft = path.with_name(f".{path.name.lstrip('.')}{DRAFT}")
        draft.write_bytes(data)
        if second is not None:
            os.utime(draft, (second, second))
        draft.replace(path)
        self._unsynced.append(path)


def moved_to(folder: Path, path: str) -> str | None:
    """Where the feed at `path` is now, if its term was merged into another."""
    try:
        moved: dict[str, str] = json.loads((folder / MOVED).read_bytes())
    except (OSError, ValueError):
        return None
    parts = path.split("/")
    for start in range(0, len(parts) - 1, 2):
        place = "/".join(parts[start : start + 2])
        parts[start : start + 2] = moved.get(place, place).split("/")
    found = "/".join(parts)
    return found if found != path else None


def read_card(path: Path) -> Card | None:
    """The card of the document at `path`; None if there is none, or what is there is none."""
    try:
        return Card.from_bytes(_card_of(path).read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _card_of(path: Path) -> Path:
    return path.with_name(f".{path.name}{CARD}")


def _is_twin(path: Path) -> bool:
    name, _, suffix = path.name.rpartition(".")
    return suffix in TWINS and name.rpartition(".")[2] in FORMATS


def _stat(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return path.stat()
    return None


def _sync(folder: Path, paths: Collection[Path]) -> None:
    """What was written is on the disk. Of many files, by one sync of their file system: it costs as much as one."""
    if not paths:
        return
    if len(paths) > _FEW and _sync_file_system(folder):
        return
    for path in (*paths, *{file.parent for file in paths}, folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sync_file_system(folder: Path) -> bool:
    """syncfs(2), where there is one. Raises OSError where the disk failed."""
    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)
    return True
