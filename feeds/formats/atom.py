"""Atom 1.0 (RFC 4287), with archive documents (RFC 5005), tombstones (RFC 6721) and WebSub's links."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator, parts, xml
from feeds.formats.feedgenerator import HISTORY, MEDIA, TOMBSTONES, sub
from feeds.formats.values import Category, EntryValue, FeedValue, Frame, rfc3339
from feeds.formats.xml import element

MEDIA_TYPE = "application/atom+xml"
# What entries use: declared once, at the root of every document.
_NAMESPACES = {"media": MEDIA}


def frame(feed: FeedValue) -> Frame:
    """The document without its entries. The feed names an author, so entries may not (4.2.1)."""
    head = feedgenerator.Feed(feed, "atom", MEDIA_TYPE)
    head.author({"name": feed.author, **({"uri": feed.home} if feed.home else {})})
    head.updated(feed.updated)
    head.register_extension("herald", lambda: _Head(feed), rss=False)
    text = head.atom_str(pretty=True, encoding="UTF-8", xml_declaration=False)
    return feedgenerator.framed(text, b"</feed>")


def entry(value: EntryValue, _publisher: str) -> bytes:
    """One entry. It has a link of rel alternate, so content may be missing (4.1.3)."""
    start = f'<entry xml:lang="{escape(value.language)}">'
    return xml.entry(start, _lines(value), "</entry>", "  ")


def _lines(value: EntryValue) -> Iterator[str]:
    yield element("id", value.id)
    yield element("title", value.title)
    yield element("updated", rfc3339(value.updated))
    if value.author:
        yield f"<author>\n      {element('name', value.author)}\n    </author>"
    if value.content:
        yield element("content", value.content, [("type", "html")])
    for link in parts.entry_links(value):
        yield element("link", "", link)
    if value.summary:
        yield element("summary", value.summary)
    for one in value.categories:
        yield _category(one)
    yield element("published", rfc3339(value.published))
    yield from parts.media(value.image)


@lru_cache(maxsize=1_000)
def _category(one: Category) -> str:
    return element("category", "", [("term", one.term), ("scheme", one.scheme), ("label", one.label)])


class _Head(BaseExtension):  # type: ignore[misc]
    """The feed's instant as the entries' are written, the mark of an archive document, and what is gone."""

    def __init__(self, feed: FeedValue) -> None:
        self._feed = feed

    def extend_ns(self) -> dict[str, str]:
        archive = {"fh": HISTORY} if self._feed.paging.current else {}
        return _NAMESPACES | archive | ({"at": TOMBSTONES} if self._feed.gone else {})

    def extend_atom(self, feed: Any) -> Any:
        feed.find("updated").text = rfc3339(self._feed.updated)
        if self._feed.paging.current:
            sub(feed, f"{{{HISTORY}}}archive")
        for gone in self._feed.gone:
            sub(feed, f"{{{TOMBSTONES}}}deleted-entry", ref=gone.id, when=rfc3339(gone.at))
        return feed
