"""The items of a JSON Feed, also of one that breaks off or is broken in the midst. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from feeds.sources import syndication_bytes
from feeds.sources.item import excerpt

_VERSION = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version')
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_NEXT = re.compile(r"\}\s*,\s*(?=\{)")
_SPACE = re.compile(r"[\s,]+")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Of a broken feed, so that none takes long.
MOST_BROKEN = 200  # places at which it is taken up again
LONGEST_ITEM = 300_000  # characters
_NAMES, _WORDS = {"id", "url"}, {"title", "content_html", "content_text", "date_published"}


@dataclass(frozen=True, slots=True)
class Parts:
    """`items`: whatever stands there. `error`: (line, what is wrong) where it is no JSON. `cut`: it breaks off."""

    feed: Mapping[str, Any] = field(default_factory=dict)
    items: list[Any] = field(default_factory=list)
    error: tuple[int | None, str] | None = None
    cut: bool = False


def is_one(data: bytes) -> bool:
    """Whether it says of itself that it is a JSON Feed: anywhere, since programs sort names as they like."""
    head = data[:100]
    if head.startswith(_MARKS[1:]) or b"\0" in head[:4]:
        data = _text(data).encode("utf-8", "replace")
    return data[:1000].removeprefix(_MARKS[0]).lstrip().startswith(b"{") and bool(_VERSION.search(data))


def parse(data: bytes) -> Parts:
    """All items that stand whole. Raises nothing."""
    text = _text(data)
    try:
        feed = json.loads(text)
    except RecursionError:
        return Parts(error=(None, "nested too deeply"), cut=True)
    except ValueError as error:  # of JSON, or a number of thousands of digits
        told = error if isinstance(error, json.JSONDecodeError) else None
        end = text.rstrip()
        cut = not end.endswith("}") or (told is not None and told.pos >= len(end))
        return _salvaged(text, (told.lineno if told else None, excerpt(str(error))), cut)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        return Parts(error=(None, "items is no list"), cut=True)
    return Parts(feed, items)


def _text(data: bytes) -> str:
    encoding = json.detect_encoding(data)
    return (
        syndication_bytes.decode(data) if encoding.startswith("utf-8") else data.decode(encoding, "replace")
    )


def _salvaged(text: str, error: tuple[int | None, str], cut: bool) -> Parts:
    begin = _ITEMS.search(text)
    if begin is None:
        return Parts(error=error, cut=True)
    try:
        feed = json.loads(text[: begin.end()] + "]}")
    except (ValueError, RecursionError):
        feed = {}
    return Parts(feed, list(_whole(text, begin.end())), error, cut)


def _whole(text: str, at: int) -> Iterator[Any]:
    """Item after item; after a broken one, from the next place at which one begins."""
    decoder, broken, lost = json.JSONDecoder(), 0, False
    while broken < MOST_BROKEN:
        if between := _SPACE.match(text, at):
            at = between.end()
        if not lost and text[at : at + 1] in {"]", ""}:
            return
        try:
            item, length = decoder.raw_decode(text[at : at + LONGEST_ITEM])
        except (ValueError, RecursionError):
            item, length = None, 0
        if length and (not lost or _is_item(item)):
            at, lost = at + length, False
            yield item
            continue
        following = _NEXT.search(text, at + length)
        if following is None:
            return
        at, broken, lost = following.end(), broken + 1, True


def _is_item(value: Any) -> bool:
    """Not an attachment of the item that is broken."""
    return isinstance(value, dict) and bool(_NAMES & value.keys()) and bool(_WORDS & value.keys())
