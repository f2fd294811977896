"""Whether a document is well-formed XML, and no heavier than a feed is: asked before the parser of feeds, which takes
some twenty microseconds for every element and longer for what nobody writes by hand. Pure.

Bounds lie far above what feeds have: an archive of 30,000 releases passes.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

MOST_IN_AN_ENTRY = 20_000  # elements, XHTML included
MOST_CATEGORIES = 500  # of an entry
MOST_ATTRIBUTES = 200  # of an element
MOST_NAMESPACES = 200  # declared by one element
# Of signs in a document: so many, or one for so many bytes where that is more.
_DENSEST = (
    (b"<", "tags", 1_000_000, 10),
    (b"&", "ampersands", 1_500_000, 7),
    (b"\n", "lines", 500_000, 20),
)
LONGEST_KEYWORDS = 4_000  # bytes
_KEYWORDS = re.compile(
    rb"<[\w:]{0,20}(?:keywords|tags)\b[^>]{0,200}>(?:<!\[CDATA\[)?[^<]{%d}" % LONGEST_KEYWORDS, re.I
)
_ENTRIES = frozenset({"item", "entry"})
_CATEGORIES = frozenset({"category", "subject", "keywords", "tags"})
_NAMES = "}"  # between an element's namespace and its name

Error = tuple[int, str]
"""(line from 1, what is wrong)"""


class Shape(NamedTuple):
    """`error`: where a document stops being well-formed, None if it is. `starts`: the byte at which each entry begins,
    as far as it is well-formed.
    """

    error: Error | None
    starts: list[int]


class TooMuch(Exception):
    """No feed is like this; `str()` says what there is too much of."""


def check(data: bytes) -> Shape:
    """The shape of a document in UTF-8. Raises TooMuch."""
    for sign, name, most, spread in _DENSEST:
        limit = max(most, len(data) // spread)
        if data.count(sign) > limit:
            raise TooMuch(f"more than {limit:,} {name}")
    if _KEYWORDS.search(data):
        raise TooMuch(f"keywords of more than {LONGEST_KEYWORDS:,} characters")
    parser = expat.ParserCreate("utf-8", _NAMES)
    counter = _Counter(parser)
    parser.StartElementHandler, parser.StartNamespaceDeclHandler = counter.start, counter.namespace
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        wrong = expat.errors.messages[error.code].removeprefix("not well-formed ").strip("()")
        return Shape((error.lineno, wrong), counter.starts)
    return Shape(None, counter.starts)


class _Counter:
    """Counts from one entry to the next, and where they begin."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self.starts: list[int] = []
        self.elements = self.categories = self.namespaces = 0

    def namespace(self, prefix: str | None, uri: str) -> None:
        self.namespaces += 1
        if self.namespaces > MOST_NAMESPACES:
            raise TooMuch(f"more than {MOST_NAMESPACES} namespaces of one element")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(_NAMES)[2]
        self.namespaces = 0
        if kind in _ENTRIES:
            self.starts.append(self._parser.CurrentByteIndex)
            self.elements = self.categories = 0
        if kind != "li":  # the table of contents of RSS 1.0
            self.elements += 1
        if kind in _CATEGORIES:
            self.categories += 1
        if self.elements > MOST_IN_AN_ENTRY:
            raise TooMuch(f"more than {MOST_IN_AN_ENTRY:,} elements in one place")
        if self.categories > MOST_CATEGORIES:
            raise TooMuch(f"more than {MOST_CATEGORIES} categories of one entry")
        if len(attributes) > MOST_ATTRIBUTES:
            raise TooMuch(f"more than {MOST_ATTRIBUTES} attributes of one element")
