"""feedgen 1.0 with its traps closed, as far as Atom and RSS share them. It makes what surrounds the entries.

- Dates that nobody set become the present instant, and for RSS they are written by way of `locale.setlocale`, which is
  not safe among threads: `Feed` has no date but those written here.
- The tree is built anew each time, entries included: here entries are written by themselves (`feeds.formats.xml`), and
  put between the two parts of a feed without any.
- Elements of an Atom tree carry no namespace, so bare names are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats.values import FeedValue, Frame, address_of

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class Feed(FeedGenerator):  # type: ignore[misc]
    """What Atom and RSS say alike of a feed."""

    def __init__(self, value: FeedValue, suffix: str, media_type: str) -> None:
        super().__init__()
        self._FeedGenerator__rss_lastBuildDate = None
        self.id(value.id)
        self.title(value.title)
        self.subtitle(value.subtitle)
        self.language(value.language)
        self.generator("Herald")
        self.link(href=address_of(value, suffix), rel="self", type=media_type)
        for link in links(value, suffix, media_type):
            self.link(**link)
        # The last link is RSS's own <link>.
        self.link(href=value.page, rel="alternate", type="text/html")


def links(feed: FeedValue, suffix: str, media_type: str) -> Iterator[dict[str, str]]:
    """The attributes of links to a feed's hubs (WebSub, 5) and to the documents beside it (RFC 5005, 4)."""
    yield from ({"href": hub, "rel": "hub"} for hub in feed.hubs)
    beside = {
        "current": feed.paging.current,
        "prev-archive": feed.paging.older,
        "next-archive": feed.paging.newer,
    }
    for rel, address in beside.items():
        if address:
            yield {"href": f"{address}.{suffix}", "rel": rel, "type": media_type}


def framed(text: bytes, end: bytes) -> Frame:
    """A document without entries, parted before its `end`. feedgen's own declaration stands in single quotes."""
    at = text.rindex(end)
    return Frame(_DECLARATION + text[:at], text[at:])


def sub(parent: Any, name: str, text: str = "", **attributes: str) -> None:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None
