"""Releases of a file or a folder in the order of their dates, oldest first, without holding them all.

A first pass notes where each one is; going through the shelf reads them again, one at a time. So a large import is
stored in order, in little memory, and nobody waits long for it to begin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from feeds import drafting
from feeds.sources import files, folder
from feeds.sources.files import Manner
from feeds.sources.folder_look import Seen, named
from feeds.sources.item import Fault, RawItem, Reading
from feeds.sources.rows import Rows

Progress = Callable[[int, int], None]
"""Told (done, of how many) while the first pass goes on."""
Place = tuple[date, str, Any]
"""Of one release: its date, its own key ("" for none), and what it is read by."""


class Shelf:
    """Releases, oldest first, each key once (the newest of those that share one): as intake takes them `in_order`.

    `faults` are all there are once it has been gone through. `complete`: nothing it was read from was cut off.
    """

    def __init__(
        self,
        places: list[Place],
        read: Callable[[Any], RawItem | Fault],
        faults: Iterable[Fault] = (),
        complete: bool = True,
    ) -> None:
        self.faults, self.complete = list(faults), complete
        self._read = read
        if places and places[0][0] >= places[-1][0]:  # the newest is on top, as in a listing
            places.reverse()
        places.sort(key=lambda place: place[0])
        last = {key: number for number, (_, key, _) in enumerate(places)}
        self._refs = [ref for number, (_, key, ref) in enumerate(places) if not key or last[key] == number]

    def __len__(self) -> int:
        return len(self._refs)

    def __iter__(self) -> Iterator[RawItem]:
        for ref in self._refs:
            found = self._read(ref)
            if isinstance(found, Fault):
                self.faults.append(found)
            else:
                yield found


def of_file(file: BinaryIO, name: str, manner: Manner, progress: Progress) -> Shelf:
    """Of a file that stays open as long as the shelf is used, and can be sought in."""
    rows = files.rows_of(file, name)
    if rows is None:
        return of_reading(files.read_open(file, name, manner))
    return _of_rows(rows, name, file.seek(0, os.SEEK_END), progress)


def of_reading(reading: Reading) -> Shelf:
    places = [_place(item, item) for item in reading.items]
    return Shelf(places, lambda item: item, reading.faults, reading.complete)


def of_folder(root: Path, manner: Manner, progress: Progress) -> Shelf:
    """Of all the files in a folder, under the keys they have where the folder is watched. Nothing is moved aside.

    Raises Unusable and Unreachable, as the watched folder does.
    """
    seen = sorted(folder.look(root).values())
    places: list[Place] = []
    faults: list[Fault] = []
    for number, one in enumerate(seen):
        reading = _reading(root, one, manner)
        faults += reading.faults
        alone = len(reading.items) == 1
        places += [_place(item, one if alone else item) for item in reading.items]
        progress(number + 1, len(seen))

    def again(ref: RawItem | Seen) -> RawItem | Fault:
        if isinstance(ref, RawItem):
            return ref
        items = _reading(root, ref, manner).items
        return items[0] if items else _changed(named(ref.path), None)

    return Shelf(places, again, faults)


def _of_rows(rows: Rows, name: str, size: int, progress: Progress) -> Shelf:
    places: list[Place] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows):
        if isinstance(row.found, RawItem):
            places.append(_place(row.found, (row.at, row.line)))
        else:
            faults += row.found
        if number % 100 == 0:
            progress(row.at, size)

    def again(ref: tuple[int, int]) -> RawItem | Fault:
        found = rows.at(*ref).found
        return found if isinstance(found, RawItem) else _changed(name, ref[1])

    return Shelf(places, again, faults, complete=bool(places) or not faults)


def _place(item: RawItem, ref: Any) -> Place:
    return item.published_on, drafting.short(item.key) if item.key else "", ref


def _reading(root: Path, one: Seen, manner: Manner) -> Reading:
    name = named(one.path)
    if one.odd:
        return Reading(faults=(Fault(name, None, one.odd, "files, and folders of them"),))
    try:
        reading = folder.read_file(root, one, manner)
    except OSError as error:
        return Reading(faults=(Fault(name, None, f"cannot be read ({error.strerror})", "a file"),))
    return reading or Reading(faults=(_changed(name, None),))


def _changed(name: str, line: int | None) -> Fault:
    return Fault(name, line, "something else than a moment ago", "a file that nobody writes to meanwhile")
