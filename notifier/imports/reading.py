"""The bytes of a CSV, or of a bare list of addresses, as rows of text: encoding and delimiter found by themselves."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_CELL = 64_000
_SAMPLE = 64_000
_DELIMITERS = ",;\t|"
_BINARY = {
    b"PK\x03\x04": "a spreadsheet or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "packed by gzip",
}
_NAMED = re.compile(r"[^<>\r\n]*<([^<>\s]+)>\s*")
_ADDRESS = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+")


class Unreadable(ValueError):
    """The file is no list of subscribers. `str()` says what it is, where, and what is expected."""


@dataclass(frozen=True, slots=True)
class Table:
    """`head`: the names of the columns; empty where the file is a bare list, a line each. `encoding` as found."""

    head: tuple[str, ...]
    delimiter: str
    encoding: str
    sample: tuple[tuple[str, ...], ...] = ()


def table(file: BinaryIO, name: str) -> Table:
    """What the file is, by its beginning. Raises Unreadable. The file is at its beginning then."""
    start = file.read(_SAMPLE)
    file.seek(0)
    if not start.strip(b"\0 \r\n\t"):
        raise Unreadable(
            f"{name}: is empty; expected a CSV whose first line names its columns, or an address a line"
        )
    for mark, what in _BINARY.items():
        if start.startswith(mark):
            raise Unreadable(f"{name}: is {what}; save it as CSV (UTF-8) and try again")
    encoding = _encoding(start, name)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
    if "\0" in text:
        raise Unreadable(
            f"{name}: is no text (line {text[: text.index(chr(0))].count(chr(10)) + 1}); expected CSV"
        )
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise Unreadable(f"{name}: is empty; expected a CSV whose first line names its columns")
    delimiter = max(_DELIMITERS, key=lines[0].count)
    if _ADDRESS.search(lines[0]):
        return Table((), "", encoding)
    head = tuple(cell.strip() for cell in next(csv.reader([lines[0]], delimiter=delimiter)))
    if not any(head):
        raise Unreadable(f"{name}: line 1 names no column; expected such as email,language")
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        next(rows)
        sample = tuple(tuple(row) for row, _ in zip(rows, range(5), strict=False))
    except csv.Error as error:
        raise Unreadable(f"{name}: {error}; expected CSV") from None
    return Table(head, delimiter, encoding, sample)


def rows(file: BinaryIO, name: str, found: Table) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row below the head, a row at a time. Raises Unreadable where it ceases to be text."""
    text = io.TextIOWrapper(file, encoding=found.encoding, errors="strict", newline="")
    try:
        if not found.head:
            for number, line in enumerate(text, 1):
                if line.strip():
                    yield number, [line.strip()[:LONGEST_CELL]]
            return
        reader = csv.reader(_without_nul(text, name), delimiter=found.delimiter)
        next(reader)
        for cells in reader:
            # The module's own limit holds for the whole process, where releases with long texts are read as well.
            if any(len(cell) > LONGEST_CELL for cell in cells):
                raise csv.Error(f"field larger than field limit ({LONGEST_CELL})")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Unreadable(
            f"{name}: line {reader.line_num}: {error}; is a quotation mark not closed?"
        ) from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name}: byte {error.start} is not {found.encoding}; save it as UTF-8") from None
    finally:
        text.detach()


def bare(cell: str) -> str:
    """The address in a line such as `Ada <ada@example.org>`; the line itself where there is none."""
    found = _NAMED.fullmatch(cell)
    return found[1] if found else cell


def _encoding(start: bytes, name: str) -> str:
    """By its mark; else UTF-8, if the beginning is that. Latin-1 would take anything, so it is asked for by saving."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError as error:
        line = start[: error.start].count(b"\n") + 1
        raise Unreadable(f"{name}: line {line} is not UTF-8; save it as CSV in UTF-8, or in UTF-16") from None
    return "utf-8-sig"


def _without_nul(lines: Iterator[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise Unreadable(f"{name}: line {number} holds a NUL; expected text")
        if len(line) > LONGEST_CELL * 4:
            raise Unreadable(
                f"{name}: line {number} has more than {LONGEST_CELL * 4:,} characters; expected a person"
            )
        yield line
