"""A feed as feedparser reads it: whole where it is well-formed, and else taken apart, so that an entry that is broken
never spoils another. Pure.

    well-formed -> read at once
    else        -> mended: read at once if that helps, or each entry by itself within the feed's own root element
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import feedparser

from feeds.sources.syndication_bounds import Error, TooMuch, check
from feeds.sources.syndication_bytes import mended

Values = Mapping[str, Any]
MOST_BROKEN = 500  # entries that are read by themselves, some milliseconds each
MOST_APART = 50_000  # entries of a broken feed, each looked at
_MOST_TAGS, _MOST_REFERENCES = 20_000, 100_000  # of a broken entry
_OPENING = re.compile(rb"<((?:[\w.-]+:)?(?:item|entry))(?=[\s>/])", re.I)
_ROOT = re.compile(rb"<((?:[\w.-]+:)?(?:rss|feed|rdf))(?:[\s/][^<>]*)?>", re.I)
_CHANNEL = re.compile(rb"<((?:[\w.-]+:)?channel)(?:\s[^<>]*)?>", re.I)
_ROOT_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>\s*\Z", re.I)


@dataclass(frozen=True, slots=True)
class Parts:
    """`entries`: None for one that cannot be read. `data`: the document as it was read, mended where it had to be.
    `starts`: at which of its bytes each entry begins, empty where nobody can tell. `error`: the first place at which
    the XML is broken. `cut`: it breaks off before its end.
    """

    feed: Values
    version: str
    entries: Sequence[Values | None]
    data: bytes
    starts: Sequence[int]
    error: Error | None = None
    cut: bool = False


def parse(data: bytes) -> Parts:
    """All that stands whole in what `syndication_bytes.document` made. Raises TooMuch."""
    shape = check(data)
    error = shape.error
    cut = error is not None and not _ROOT_END.search(data[-200:])
    if error is not None:
        data = mended(data)
        shape = check(data)
    parsed = _parse(data) if shape.error is None else None
    if parsed is None:
        return _apart(data, error, cut)
    starts = shape.starts if len(shape.starts) == len(parsed.entries) else ()
    entries = [dict(one) for one in parsed.entries]
    return Parts(dict(parsed.feed), _version(parsed), entries, data, starts, error, cut)


def _parse(data: bytes) -> Any:
    """What feedparser makes of it, or None: it is made to read anything, but has no error of its own for the rest."""
    # As a stream of bytes: feedparser opens what it is given as a string, be it an address or a file's name. Without
    # an address, for it would resolve ids as well. Cleaning is left to feeds.normalise, as for other ways in.
    try:
        return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception:
        return None


def _version(parsed: Any) -> str:
    return str(parsed.get("version") or "")


def _apart(data: bytes, error: Error | None, cut: bool) -> Parts:
    spans = list(_spans(data, cut))
    if len(spans) > MOST_APART:
        raise TooMuch(f"more than {MOST_APART:,} entries that is not well-formed")
    head = data[: spans[0][0]] if spans else data
    before, after = _shell(head)
    parsed = _parse(head + after) if _judge(head + after) is not None else None
    good: dict[int, bytes] = {}
    bad: dict[int, bytes] = {}
    for number, (start, end, closing) in enumerate(spans):
        piece = data[start:end] + closing
        well_formed = _judge(before + piece + after)
        if well_formed is not None:
            (good if well_formed else bad)[number] = piece
    found = dict(zip(good, _read(list(good.values()), before, after), strict=True))
    for number, piece in islice(bad.items(), MOST_BROKEN):
        found[number] = _read([piece], before, after)[0]
    feed, version = (dict(parsed.feed), _version(parsed)) if parsed is not None else ({}, "")
    entries = [found.get(number) for number in range(len(spans))]
    return Parts(feed, version, entries, data, [start for start, _, _ in spans], error, cut)


def _spans(data: bytes, cut: bool) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, what closes it) of each entry; one that is not closed ends where the next begins. Of a feed that
    was cut off, the last one is no entry unless it is closed.
    """
    openings = list(_OPENING.finditer(data))
    ends = [*(opening.start() for opening in openings[1:]), len(data)][: len(openings)]
    for opening, end in zip(openings, ends, strict=True):
        closing = b"</%b>" % opening[1]
        at = data.find(closing, opening.end(), end)
        if at >= 0:
            yield opening.start(), at, closing
        elif not (cut and end == len(data)):
            last = _ROOT_END.search(data, opening.end(), end) if end == len(data) else None
            yield opening.start(), last.start() if last else end, closing


def _shell(head: bytes) -> tuple[bytes, bytes]:
    """What to put before and after an entry: the elements it stands in, with the namespaces they declare."""
    root, channel = _ROOT.search(head), _CHANNEL.search(head)
    if root is None:
        return b"<rss>", b"</rss>"
    before, after = root[0], b"</%b>" % root[1]
    if channel is not None and not root[1].lower().endswith(b"rdf"):
        before, after = before + channel[0], b"</%b>" % channel[1] + after
    return before, after


def _judge(document: bytes) -> bool | None:
    """Whether an entry is well-formed; None if there is too much of it."""
    try:
        if check(document).error is None:
            return True
    except TooMuch:
        return None
    tags, references = document.count(b"<"), document.count(b"&")
    return False if tags <= _MOST_TAGS and references <= _MOST_REFERENCES else None


def _read(pieces: Sequence[bytes], before: bytes, after: bytes) -> list[Values | None]:
    """Entries within what stands around them: together, or by halves where that brings another number."""
    if not pieces:
        return []
    parsed = _parse(before + b"".join(pieces) + after)
    if parsed is not None and len(parsed.entries) == len(pieces):
        return [dict(one) for one in parsed.entries]
    if len(pieces) == 1:
        return [dict(parsed.entries[0]) if parsed is not None and parsed.entries else None]
    half = len(pieces) // 2
    return _read(pieces[:half], before, after) + _read(pieces[half:], before, after)
