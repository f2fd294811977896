"""Atom and RSS, by feedparser.

bytes -> syndication_bytes: a document in UTF-8 -> syndication_parts: entries -> syndication_entry: items
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from datetime import date

from feeds.sources import syndication_bytes, syndication_entry, syndication_parts, twins
from feeds.sources.categories import USUAL, Rules
from feeds.sources.item import Fault, RawItem, Reading
from feeds.sources.syndication_bounds import TooMuch
from feeds.sources.syndication_entry import Feed, Values
from feeds.sources.syndication_parts import Parts

EXPECTED = "Atom or RSS"


def read(
    data: bytes,
    file: str,
    base: str = "",
    rules: Rules = USUAL,
    key: str = "id",
    charset: str = "",
    seen: date | None = None,
) -> Reading:
    """All entries of a feed, in its order. `base` is the feed's address, for relative links; `rules` say what its
    categories are; `key` whether an entry is named by its "id" or its "link"; `charset` is what the media type named;
    `seen` the day for entries of a feed that knows no dates, as those of RSS 0.90. Faults name `file`. Raises nothing;
    no network and no file is touched.
    """
    document = syndication_bytes.document(data, charset)
    if document is None:
        return Reading(faults=(Fault(file, 1, "no feed", EXPECTED),), complete=False)
    try:
        parts = syndication_parts.parse(document)
    except TooMuch as error:
        return Reading(faults=(Fault(file, None, f"a feed with {error}", "less of it"),), complete=False)
    feed = _feed(parts, file, base, rules, key, seen, _Lines(parts.data, parts.starts))
    found = [_item(entry, number, feed) for number, entry in enumerate(parts.entries)]
    items, twice = twins.told_apart([one for one in found if isinstance(one, RawItem)], file)
    faults = [one for one in found if isinstance(one, Fault)] + twice
    if parts.error is not None:
        line, wrong = parts.error
        faults.append(Fault(file, line, f"not well-formed ({wrong})", "well-formed XML to the end"))
    return Reading(items, tuple(faults), complete=not parts.cut, next_page=_older(parts.feed))


class _Lines:
    """On which line an entry begins, or a text within it. Parsers of feeds keep no lines."""

    def __init__(self, data: bytes, starts: Sequence[int]) -> None:
        self._data, self._starts = data, starts
        self._ends = [match.start() for match in re.finditer(b"\n", data)]

    def __call__(self, number: int, text: str = "") -> int | None:
        if number >= len(self._starts):
            return None
        start = self._starts[number]
        found = self._data.find(text.encode("utf-8", "replace"), start) if text else -1
        return bisect(self._ends, max(found, start)) + 1


def _feed(
    parts: Parts, file: str, base: str, rules: Rules, key: str, seen: date | None, line: _Lines
) -> Feed:
    """What the entries have from their feed."""
    atom, language = parts.version.startswith("atom"), syndication_entry.text(parts.feed, "language")
    # RFC 4287, 4.2.1; RSS has nothing alike.
    writer = syndication_entry.author(parts.feed, atom) if atom else ""
    day = syndication_entry.day_of(parts.feed, language)[0]
    if day is None and not any(syndication_entry.is_dated(entry) for entry in parts.entries if entry):
        day = seen
    return Feed(file, base, language, writer, day, atom, key, rules, line)


def _item(entry: Values | None, number: int, feed: Feed) -> RawItem | Fault:
    if entry is None:
        return feed.fault(number, "an entry that cannot be read", "well-formed XML")
    return syndication_entry.item(entry, number, feed)


def _older(feed: Values) -> str:
    """The page before this one: of an archive (RFC 5005, 4), or of a paged feed (3)."""
    links = {link.get("rel"): link for link in reversed(syndication_entry.listed(feed, "links"))}
    older = links.get("prev-archive") or links.get("next") or {}
    return syndication_entry.text(older, "href")
