"""Where things stand in the text of a TOML file. Pure; tables of tables and dotted headers belong to what is above."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(r"\s*\[{1,2}\s*\"?([\w-]+)\"?\s*\]{1,2}")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")
_MARK = re.compile(r"\"{3}|'{3}")


def split(text: str) -> list[str]:
    """The lines, each with its end. Only a line feed ends one, as in TOML."""
    return _LINE.findall(text)


def line_of(text: str, table: str, index: int, key: str) -> int:
    """The line (from 1) of a key in the index-th table of a name; of the table's header where the key is not there."""
    header, inside, count = 1, False, -1
    for number, line in _outside_texts(text):
        if found := _HEADER.match(line):
            inside = found[1] == table
            count += inside
            if inside and count == index:
                header = number
        elif found := _KEY.match(line):
            if inside and count == index and found[1] == key:
                return number
            if count < 0 and found[1] == table:
                header = number  # rows written in line: office = [{…}]
    return header


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """(table name, text) piece by piece, "" for what precedes the first; a comment right above a table is its own."""
    lines = split(text)
    names, starts = [""], [0]
    for number, line in _outside_texts(text):
        if found := _HEADER.match(line):
            start = number - 1
            while start > starts[-1] and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            names.append(found[1])
            starts.append(start)
    for name, start, end in zip(names, starts, [*starts[1:], len(lines)], strict=True):
        yield name, "".join(lines[start:end])


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) for every line that does not begin within a text of several lines."""
    quote = ""
    for number, line in enumerate(split(text), 1):
        if not quote:
            yield number, line
        for mark in _MARK.findall(line):
            quote = "" if mark == quote else quote or mark
