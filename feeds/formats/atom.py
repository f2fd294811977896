"""Atom 1.0 (RFC 4287), with archive documents (RFC 5005), tombstones (RFC 6721) and WebSub's links."""

from __future__ import annotations

from typing import Any

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator
from feeds.formats.feedgenerator import HISTORY, MEDIA, TOMBSTONES, XML_LANG, sub
from feeds.formats.values import EntryValue, FeedValue, Frame, rfc3339

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
    return feedgenerator.part(_Entry(value).atom_entry(), "feed", _NAMESPACES, level=1)


class _Entry(feedgenerator.Entry):
    def __init__(self, value: EntryValue) -> None:
        super().__init__(value)
        self.updated(value.updated)
        self.published(value.published)
        if value.author:
            self.author({"name": value.author})
        if value.summary:
            self.summary(value.summary)
        if value.content:
            self.content(value.content, type="html")

    def atom_entry(self, extensions: bool = True) -> Any:
        element = super().atom_entry(extensions)
        element.set(XML_LANG, self.value.language)
        element.find("updated").text = rfc3339(self.value.updated)
        element.find("published").text = rfc3339(self.value.published)
        feedgenerator.add_media(element, self.value.image)
        return element


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
