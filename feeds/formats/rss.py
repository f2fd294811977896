"""RSS 2.0 as the RSS Advisory Board has it, with elements of Atom, content, Dublin Core and Media RSS."""

from __future__ import annotations

import html
from typing import Any

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator
from feeds.formats.feedgenerator import ATOM, CONTENT, DC, HISTORY, MEDIA, sub
from feeds.formats.values import EntryValue, FeedValue, Frame, rfc822, rfc3339

MEDIA_TYPE = "application/rss+xml"
# What items use: declared once, at the root of every document.
_NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC, "media": MEDIA}


def frame(feed: FeedValue) -> Frame:
    """The document without its items."""
    channel = feedgenerator.Feed(feed, "rss", MEDIA_TYPE)
    channel.docs("https://www.rssboard.org/rss-specification")
    channel.register_extension("herald", lambda: _Channel(feed), atom=False)
    text = channel.rss_str(pretty=True, encoding="UTF-8", xml_declaration=False)
    return feedgenerator.framed(text, b"  </channel>")


def entry(value: EntryValue, publisher: str) -> bytes:
    """One item. `atom:updated` tells of a correction, for which RSS has no element."""
    return feedgenerator.part(_Item(value, publisher).rss_entry(), "rss", _NAMESPACES, level=2)


class _Item(feedgenerator.Entry):
    def __init__(self, value: EntryValue, publisher: str) -> None:
        super().__init__(value)
        self.creator = value.author or publisher
        self.guid(value.id, permalink=False)
        if value.summary:
            # A description is HTML, whether it looks like it or not.
            self.description(html.escape(value.summary, quote=False), isSummary=True)
        if value.content:
            self.content(value.content)

    def rss_entry(self, extensions: bool = True) -> Any:
        item = super().rss_entry(extensions)
        sub(item, "pubDate", rfc822(self.value.published))
        sub(item, f"{{{DC}}}creator", self.creator)
        sub(item, f"{{{DC}}}language", self.value.language)
        sub(item, f"{{{ATOM}}}updated", rfc3339(self.value.updated))
        for language, address in self.value.translations:
            sub(item, f"{{{ATOM}}}link", rel="alternate", hreflang=language, href=address)
        if self.value.translations:  # readers who take every kind of link for the item's keep the last
            sub(item, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=self.value.url)
        feedgenerator.add_media(item, self.value.image)
        return item


class _Channel(BaseExtension):  # type: ignore[misc]
    """What feedgen has no word for in RSS: paging and hub links, and a date that it would write by way of the
    process's locale.
    """

    def __init__(self, feed: FeedValue) -> None:
        self._feed = feed

    def extend_ns(self) -> dict[str, str]:
        return {"dc": DC, "media": MEDIA} | ({"fh": HISTORY} if self._feed.paging.current else {})

    def extend_rss(self, feed: Any) -> Any:
        channel = feed.find("channel")
        sub(channel, "lastBuildDate", rfc822(self._feed.updated))
        for link in feedgenerator.links(self._feed, "rss", MEDIA_TYPE):
            sub(channel, f"{{{ATOM}}}link", **link)
        if self._feed.paging.current:
            sub(channel, f"{{{HISTORY}}}archive")
        return feed
