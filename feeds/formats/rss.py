"""RSS 2.0 as the RSS Advisory Board has it, with elements of Atom, content, Dublin Core and Media RSS."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator, parts, xml
from feeds.formats.feedgenerator import ATOM, CONTENT, DC, HISTORY, MEDIA, sub
from feeds.formats.values import Category, EntryValue, FeedValue, Frame, rfc822, rfc3339
from feeds.formats.xml import element

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
    return xml.entry("<item>", _lines(value, publisher), "</item>", "    ")


def _lines(value: EntryValue, publisher: str) -> Iterator[str]:
    yield element("title", value.title)
    yield element("link", value.url)
    # A description is HTML, whether it looks like it or not.
    summary = html.escape(value.summary, quote=False)
    if summary or value.content:
        yield element("description", summary or value.content)
    if summary and value.content:
        yield element("content:encoded", value.content)
    yield element("guid", value.id, [("isPermaLink", "false")])
    for one in value.categories:
        yield _category(one)
    if kind := parts.image_type(value.image):  # an unknown length is 0 (RSS Advisory Board)
        yield element("enclosure", "", [("url", value.image), ("length", "0"), ("type", kind)])
    yield element("pubDate", rfc822(value.published))
    yield element("dc:creator", value.author or publisher)
    yield element("dc:language", value.language)
    yield element("atom:updated", rfc3339(value.updated))
    for link in parts.translations(value):
        yield element("atom:link", "", link)
    yield from parts.media(value.image)


@lru_cache(maxsize=1_000)
def _category(one: Category) -> str:
    return element("category", one.label, [("domain", one.scheme)])


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
