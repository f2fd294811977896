"""Releases in JSON: one object, a list of them, or `{"releases": […]}`; and a line of NDJSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from feeds.sources import record
from feeds.sources.item import Fault, RawItem, Reading

EXPECTED = 'a release as a JSON object, a list of them, or {"releases": […]}'
A_RELEASE = "a release as a JSON object"
_SPACE = re.compile(r"[ \t\r\n]*")
_OPENS = re.compile(r"[ \t\r\n]*(?:\{|\[[ \t\r\n]*[\[{\]])")


class _Twice(dict[str, Any]):
    """An object in which a name stands twice, where `json` would keep the last and lose the others."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    twice, seen = _Twice(values), set[str]()
    for name, _ in pairs:
        twice.name = twice.name or (name if name in seen else "")
        seen.add(name)
    return twice


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


def opens(text: str) -> bool:
    """Whether a text begins as JSON does that holds objects, and not as a title in brackets."""
    return _OPENS.match(text) is not None


def is_row(line: str) -> bool:
    """Whether a line is one JSON object, so that a file it begins is NDJSON, if more follows."""
    if not line.startswith("{"):
        return False
    document = _Document(line)
    try:
        document.value()
        document.end()
    except _Broken:
        return False
    return True


def read(text: str, file: str, key: str = "") -> Reading:
    """All releases of a document, in its order. What stands before a mistake in the JSON is kept.

    `key` is that of a document which is one release, and no list, where it names none itself.
    """
    items: list[RawItem] = []
    faults: list[Fault] = []
    try:
        document = _Document(text)
        for value, line in document.releases():
            found = item_of(value, file, line, key if document.alone else "")
            items.append(found) if isinstance(found, RawItem) else faults.extend(found)
    except _Broken as broken:
        faults.append(Fault(file, broken.line, broken.found, EXPECTED))
        return Reading(tuple(items), tuple(faults), complete=False)
    return Reading(tuple(items), tuple(faults))


def read_line(text: str, file: str, line: int) -> RawItem | tuple[Fault, ...]:
    """The release on one line of NDJSON."""
    document = _Document(text)
    try:
        value = document.value()
        document.end()
    except _Broken as broken:
        return (Fault(file, line, broken.found, "one JSON object on a line"),)
    return item_of(value, file, line)


def item_of(value: Any, file: str, line: int | None, key: str = "") -> RawItem | tuple[Fault, ...]:
    """The release an object is, or all that is wrong with it."""
    if isinstance(value, _Twice):
        return (Fault(file, line, f'"{value.name}" twice', "each name once"),)
    if not isinstance(value, dict):
        what = "a text" if isinstance(value, str) else record.seen(value)
        return (Fault(file, line, f"{what} in place of a release", A_RELEASE),)
    given = record.read(value)
    if isinstance(given, record.Record):
        return given.with_key(key).to_item(line)
    return tuple(Fault(file, line, one.found, one.expected) for one in given)


class _Broken(Exception):
    """JSON that ends or goes wrong at `line`."""

    def __init__(self, line: int, found: str) -> None:
        super().__init__(found)
        self.line, self.found = line, found


class _Document:
    """Reads through a text value by value, so that each has its line, and a mistake costs none before it.

    `alone`: what it holds is one release and no list.
    """

    alone = False

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._line, self._counted = 1, 0
        self._skip()

    def releases(self) -> Iterator[tuple[Any, int]]:
        """Each value that should be a release, with the line on which it begins."""
        if self._takes("["):
            yield from self._elements()
        elif self._takes("{"):
            yield from self._members()
        else:
            yield self.value(), self.line()
        self.end()

    def value(self) -> Any:
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            what = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
            found = f"{what} at column {error.colno}"
            raise _Broken(error.lineno, found) from None
        except RecursionError:
            raise _Broken(self.line(), "lists within lists without end") from None
        except ValueError as error:  # a number that is none, or one of thousands of digits
            raise _Broken(self.line(), str(error).split(";", 1)[0]) from None
        self._skip()
        return value

    def end(self) -> None:
        if self._at < len(self._text):
            raise _Broken(self.line(), "something after the end")

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _elements(self) -> Iterator[tuple[Any, int]]:
        """Of the list that has been opened."""
        if self._takes("]"):
            return
        while True:
            line = self.line()
            yield self.value(), line
            if self._takes("]"):
                return
            self._must(",", "comma")

    def _members(self) -> Iterator[tuple[Any, int]]:
        """Of the object that has been opened: the elements of its "releases", or itself."""
        line, pairs, listed = self.line(), list[tuple[str, Any]](), False
        while not self._takes("}"):
            if pairs or listed:
                self._must(",", "comma")
            name = self.value()
            if not isinstance(name, str):
                raise _Broken(self.line(), "a name that is no text")
            self._must(":", "colon")
            if name == "releases" and self._takes("["):
                listed = True
                yield from self._elements()
            else:
                pairs.append((name, self.value()))
        self.alone = not listed
        if self.alone:
            yield _object(pairs), line

    def _takes(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._at):
            return False
        self._at += 1
        self._skip()
        return True

    def _must(self, mark: str, name: str) -> None:
        if not self._takes(mark):
            raise _Broken(self.line(), f"no {name}" if self._at < len(self._text) else "an end too soon")

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
