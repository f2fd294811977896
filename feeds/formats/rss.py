"""RSS 2.0 as the RSS Advisory Board has it, with elements of Atom, content, Dublin Core and Media RSS."""

from __future__ import annotations

import html
from typing import Any

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator
from feeds.formats.feedgenerator import ATOM, DC, MEDIA, image_type, sub
from feeds.formats.values import EntryValue, FeedValue, rfc822, rfc3339

MEDIA_TYPE = "application/rss+xml"


def render(feed: FeedValue) -> bytes:
    """The document. `atom:updated` tells of a correction, for which RSS has no element."""
    channel = feedgenerator.Feed(feed, "rss", MEDIA_TYPE)
    channel.docs("https://www.rssboard.org/rss-specification")
    channel.register_extension("herald", lambda: _Channel(feed), atom=False)
    for entry in feed.entries:
        channel.add(_Item(entry, feed.author))
    return feedgenerator.document(channel.rss_str(pretty=True, encoding="UTF-8", xml_declaration=False))


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
        if self.value.image:
            kind = image_type(self.value.image)
            known = {"type": kind} if kind else {}
            sub(item, f"{{{MEDIA}}}content", url=self.value.image, medium="image", **known)
        return item


class _Channel(BaseExtension):  # type: ignore[misc]
    """The namespaces that items use, and the date, which feedgen would write by way of the process's locale."""

    def __init__(self, feed: FeedValue) -> None:
        self._feed = feed

    def extend_ns(self) -> dict[str, str]:
        images = any(entry.image for entry in self._feed.entries)
        return {"dc": DC, **({"media": MEDIA} if images else {})}

    def extend_rss(self, feed: Any) -> Any:
        sub(feed.find("channel"), "lastBuildDate", rfc822(self._feed.updated))
        return feed
