"""CSV: a header row that names the fields, then a release in each row. Commas, semicolons or tabs between cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from feeds.sources import record
from feeds.sources.item import Fault, RawItem, excerpt
from feeds.sources.rows import BOM, LONGEST_LINE, Row

EXPECTED = "a header row with title and date, then a release in each row"
_DELIMITERS = ",;\t"
# The module's own limit, 128 kB, is less than a long release has; it can be set for the whole process only.
csv.field_size_limit(LONGEST_LINE)


def opens(line: str) -> bool:
    """Whether a line is a header that names at least a title and a date."""
    return len(line) < 10_000 and {"title", "published_on"} <= {
        record.name_of(name) for name in _header(line)[1]
    }


class Table:
    """The rows of a CSV file; see `feeds.sources.rows.Rows`. `name` is the file's in faults.

    A header that is not understood is a fault of the file, and no row of it is read. A row that cannot be read, such as
    one with a quotation mark that does not end, costs itself: reading goes on with the next line that is a whole row.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        file.seek(0)
        header = file.readline(LONGEST_LINE)
        self._begin = len(header)
        self._delimiter, self._names = _header(header.removeprefix(BOM).decode("utf-8", "replace"))
        self.faults = tuple(Fault(name, 1, found, expected) for found, expected in _odd(self._names))

    def __iter__(self) -> Iterator[Row]:
        if self.faults:
            yield Row(0, 1, self.faults)
            return
        broken = False
        for at, line, cells in self._rows(self._begin, 2):
            if isinstance(cells, str):
                if not broken:
                    yield Row(at, line, (Fault(self._name, line, cells, "a row of CSV"),))
                broken = True
            elif any(cells) and not (broken and len(cells) != len(self._names)):
                broken = False
                yield Row(at, line, self._read(cells, line))

    def at(self, at: int, line: int) -> Row:
        cells = next(self._rows(at, line))[2]
        return Row(at, line, self._read(cells if isinstance(cells, list) else [], line))

    def _rows(self, at: int, line: int) -> Iterator[tuple[int, int, list[str] | str]]:
        """(byte, line, cells) of each row; in place of the cells, what is wrong with a row that is none."""
        source = _Source(self._file, at, line)
        while True:
            start = (source.at, source.line)
            try:
                cells = next(csv.reader(source, delimiter=self._delimiter, strict=True))
            except StopIteration:
                return
            except csv.Error as error:
                yield *start, f"a row that cannot be read ({error})"
                source.go(*start)
                next(source, None)
            else:
                yield *start, cells

    def _read(self, cells: Sequence[str], line: int) -> RawItem | tuple[Fault, ...]:
        if (text := "".join(cells)) and (at := _undecodable(text)):
            found = f"byte 0x{at:02x}, which is not UTF-8"
            return (Fault(self._name, line, found, "text in UTF-8"),)
        if len(cells) != len(self._names):
            return (Fault(self._name, line, f"{len(cells)} cells", f"{len(self._names)}, as in the header"),)
        unnamed = [cell for name, cell in zip(self._names, cells, strict=True) if not name and cell.strip()]
        if unnamed:
            return (Fault(self._name, line, "a value in a column without a name", "a name in the header"),)
        given = record.read({name: cell for name, cell in zip(self._names, cells, strict=True) if name})
        if isinstance(given, record.Record):
            return given.to_item(line)
        return tuple(Fault(self._name, line, one.found, one.expected) for one in given)


class _Source:
    """Lines of a file as `csv.reader` takes them; knows where the next one begins."""

    def __init__(self, file: BinaryIO, at: int, line: int) -> None:
        self._file = file
        self.go(at, line)

    def go(self, at: int, line: int) -> None:
        self._file.seek(at)
        self.at, self.line = at, line

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        data = self._file.readline(LONGEST_LINE)
        if not data:
            raise StopIteration
        self.at, self.line = self.at + len(data), self.line + 1
        return data.decode("utf-8", "surrogateescape")


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter, and the names: with that delimiter under which most of them are known."""
    read = [(mark, _names(line, mark)) for mark in _DELIMITERS]
    return max(read, key=lambda one: sum(record.name_of(name) in record.NAMES for name in one[1]))


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return []


def _odd(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(found, expected) of what a header may not be."""
    meant = [record.name_of(name) for name in names if name]
    for name in names:
        if name and record.name_of(name) not in record.NAMES:
            yield f'an unknown column "{excerpt(name)}"', record.nearest(name)
    for field in sorted({name for name in meant if meant.count(name) > 1}):
        yield f'the column "{field}" twice', "each column once"
    for field in ("title", "published_on"):
        if field not in meant:
            yield f'no column "{field}"', EXPECTED


def _undecodable(text: str) -> int | None:
    """The first byte that was not UTF-8, as `surrogateescape` keeps it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return ord(text[error.start]) - 0xDC00
    return None
