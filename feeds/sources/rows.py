"""Files that are read row by row, however large: NDJSON and CSV.

A row's place in the file is enough to read it again (`Rows.at`): so a large file is put in order of date without being
held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from feeds.sources import json_records
from feeds.sources.item import Fault, RawItem, Reading

LONGEST_LINE = 16 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it begins (byte and line), and the release it is, or all that is wrong with it."""

    at: int
    line: int
    found: RawItem | tuple[Fault, ...]


class Rows(Protocol):
    """The rows of an open file."""

    def __iter__(self) -> Iterator[Row]:
        """All of them, from the beginning."""

    def at(self, at: int, line: int) -> Row:
        """The one that begins at this byte and line."""


class ByLine:
    """NDJSON: a JSON object on each line. Blank lines are passed over. `name` is the file's in faults."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name

    def __iter__(self) -> Iterator[Row]:
        return self._from(0, 1)

    def at(self, at: int, line: int) -> Row:
        return next(self._from(at, line))

    def _from(self, at: int, line: int) -> Iterator[Row]:
        self._file.seek(at)
        while data := self._file.readline(LONGEST_LINE + 1):
            if data.strip():
                yield Row(at, line, self._read(data.removeprefix(BOM) if at == 0 else data, line))
            at, line = at + len(data), line + 1
            if len(data) > LONGEST_LINE and not data.endswith(b"\n"):
                at += self._pass_over()

    def _read(self, data: bytes, line: int) -> RawItem | tuple[Fault, ...]:
        if len(data) > LONGEST_LINE:
            return (Fault(self._name, line, "a very long line", f"at most {LONGEST_LINE // 1024**2} MB"),)
        try:
            text = data.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            found = f"byte {error.start + 1} of the line (0x{data[error.start]:02x}) is not UTF-8"
            return (Fault(self._name, line, found, "text in UTF-8"),)
        return json_records.read_line(text, self._name, line)

    def _pass_over(self) -> int:
        """Leave the rest of a line. Returns its length."""
        length = 0
        while data := self._file.readline(LONGEST_LINE):
            length += len(data)
            if data.endswith(b"\n"):
                break
        return length


def reading(rows: Rows) -> Reading:
    """All rows at once. It is not complete if there are rows, and none can be read."""
    items: list[RawItem] = []
    faults: list[Fault] = []
    for row in rows:
        items.append(row.found) if isinstance(row.found, RawItem) else faults.extend(row.found)
    return Reading(tuple(items), tuple(faults), complete=bool(items) or not faults)
