"""What lies in a folder, and which of it is complete. A look at a file that has not changed costs one stat."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

REJECTED = "rejected"
UNFINISHED = (".part", ".tmp", ".crdownload", "~")
DEEPEST = 16
MOST = 100_000
SETTLED_NS = 2_000_000_000
EMPTY_SETTLED_NS = 60_000_000_000  # who makes a file and then thinks has not finished it


class TooMany(Exception):
    """More files than a folder may have."""


class Seen(NamedTuple):
    """Something that lies in a folder. `stamp` changes whenever its content does; `odd`: why it is not read, or ""."""

    path: str
    stamp: str
    modified_ns: int = 0
    empty: bool = False
    odd: str = ""


class Waiting(NamedTuple):
    """A file that was not complete when it was seen first, in this state."""

    stamp: str
    since_ns: int


def stamp_of(found: os.stat_result) -> str:
    return f"{found.st_size:x}.{found.st_mtime_ns:x}"


def named(path: str) -> str:
    """A path as it can be stored and printed: what of it is not UTF-8 is written out."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def at(root: Path) -> dict[str, Seen]:
    """All files under `root` but those that are none yet or no more, by `named` path relative to it, "/" between.

    Links to files are followed if they lead to somewhere under `root`; links to folders are not: what they lead to is
    found where it lies, or is none of ours. Raises OSError if `root` cannot be read, and TooMany.
    """
    real, seen = os.path.realpath(root), dict[str, Seen]()
    for one in _walk(real, "", 0):
        seen[named(one.path)] = one
        if len(seen) > MOST:
            raise TooMany
    return seen


def settled(
    seen: Mapping[str, Seen], known: Mapping[str, str], waiting: Mapping[str, Waiting], now_ns: int
) -> tuple[list[Seen], dict[str, Waiting]]:
    """Of what has changed since it was `known` (stamps by path): what is complete, and what is waited for.

    Complete is what was the same at a look two seconds ago, or has not been written to for as long.
    """
    ready: list[Seen] = []
    still: dict[str, Waiting] = {}
    for name, one in seen.items():
        if known.get(name) == one.stamp:
            continue
        first = waiting.get(name)
        if first is None or first.stamp != one.stamp:
            first = Waiting(one.stamp, now_ns)
        enough = EMPTY_SETTLED_NS if one.empty else SETTLED_NS
        if one.odd or now_ns - min(one.modified_ns, first.since_ns) >= enough:
            ready.append(one)
        else:
            still[name] = first
    return ready, still


def within(root: str, path: str) -> str | None:
    """The real path of something under `root` (a real path itself); None where links lead it elsewhere."""
    real = os.path.realpath(os.path.join(root, path))
    return real if real.startswith(root.rstrip(os.sep) + os.sep) else None


def _walk(root: str, below: str, depth: int) -> Iterator[Seen]:
    with os.scandir(os.path.join(root, below)) as entries:
        found = [entry for entry in entries if not _is_hidden(entry.name)]
    for entry in found:
        path = below + entry.name
        try:
            if entry.is_file(follow_symlinks=False):
                plain = entry.stat(follow_symlinks=False)
                yield Seen(path, stamp_of(plain), plain.st_mtime_ns, plain.st_size == 0)
            elif not entry.is_dir(follow_symlinks=False):
                yield from _special(root, path, entry)
            elif path != REJECTED:
                yield from _folder(root, path, depth, entry)
        except FileNotFoundError:  # gone since it was listed
            continue


def _folder(root: str, path: str, depth: int, entry: os.DirEntry[str]) -> Iterator[Seen]:
    if depth + 1 >= DEEPEST:
        yield Seen(path, stamp_of(entry.stat()), odd=f"a folder more than {DEEPEST} deep")
        return
    try:
        yield from _walk(root, path + "/", depth + 1)
    except PermissionError:
        yield Seen(path, stamp_of(entry.stat()), odd="a folder that may not be read")


def _special(root: str, path: str, entry: os.DirEntry[str]) -> Iterator[Seen]:
    """A link, or something that is neither file nor folder."""
    itself = entry.stat(follow_symlinks=False)
    if not stat.S_ISLNK(itself.st_mode):
        yield Seen(path, stamp_of(itself), odd="something that is no file")
    elif within(root, path) is None:
        yield Seen(path, stamp_of(itself), odd="a link that leads out of the folder")
    else:
        try:
            found = entry.stat()
        except OSError:  # it leads nowhere, or to itself
            return
        if stat.S_ISREG(found.st_mode):
            yield Seen(path, stamp_of(found), found.st_mtime_ns, found.st_size == 0)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(UNFINISHED)
