"""Files that could not be read, moved aside: `rejected/` in the folder, the reasons in words beside each.

Nothing is overwritten and nothing is deleted: a file keeps its name there, numbered where that is taken.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import count, takewhile
from pathlib import Path

from feeds.sources.folder_look import REJECTED, named
from feeds.sources.item import Fault

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def move(root: Path, path: str, faults: Sequence[Fault], now: datetime) -> None:
    """Move a file aside of which nothing could be taken. Raises OSError; the file is then where it was."""
    _put(root, path, ("It was not taken.", faults), now, _move)


def copy(root: Path, path: str, faults: Sequence[Fault], now: datetime) -> None:
    """Put a copy aside of a file of which some was taken: its next version may lack what was not. Raises OSError.

    Once only: where a fetch is held, every further look finds the same file anew.
    """
    if any(filecmp.cmp(root / path, place, shallow=False) for place in _namesakes(root, path)):
        return
    _put(root, path, ("Some of it was not taken; this is a copy of the whole.", faults), now, _copy)


def _put(
    root: Path,
    path: str,
    reasons: tuple[str, Sequence[Fault]],
    now: datetime,
    put: Callable[[Path, Path], None],
) -> None:
    for place, reason in _places(root, path):
        if not _written(reason, path, reasons, now):
            continue
        try:
            put(root / path, place)
        except OSError as error:
            reason.unlink()
            if not isinstance(error, FileExistsError):
                raise
        else:
            return


def _places(root: Path, path: str) -> Iterator[tuple[Path, Path]]:
    """(file, file with its reasons) that are free, each with a number greater than the last."""
    (root / REJECTED).mkdir(exist_ok=True)
    for place in _numbered(root, path):
        if not os.path.lexists(place):
            yield place, place.with_name(f"{place.name}.reason.txt")


def _namesakes(root: Path, path: str) -> Iterator[Path]:
    """What lies aside under the same name, up to the first number that is free."""
    return takewhile(Path.is_file, _numbered(root, path))


def _numbered(root: Path, path: str) -> Iterator[Path]:
    name = Path(path)
    yield root / REJECTED / name.name
    yield from (root / REJECTED / f"{name.stem}-{number}{name.suffix}" for number in count(2))


def _written(reason: Path, path: str, reasons: tuple[str, Sequence[Fault]], now: datetime) -> bool:
    """Write the reasons, which reserves the name; False if it is reserved already."""
    what, faults = reasons
    lines = [
        f"{named(path)}, looked at on {now:%Y-%m-%d at %H:%M:%S} UTC. {what}",
        *map(str, faults),
        "Put it back into the folder when it is mended.",
    ]
    try:
        with reason.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError:
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as whole, target.open("xb") as aside:
        shutil.copyfileobj(whole, aside)


def _move(source: Path, target: Path) -> None:
    """Raises FileExistsError where a plain rename would overwrite."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        source.rename(target)  # a file system without links: the name was free a moment ago
    else:
        source.unlink()
