"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from typing import Any

from feedgen.ext.base import BaseExtension

from feeds.formats import feedgenerator
from feeds.formats.feedgenerator import XML_LANG
from feeds.formats.values import EntryValue, FeedValue, rfc3339

MEDIA_TYPE = "application/atom+xml"


def render(feed: FeedValue) -> bytes:
    """The document. Every entry has a link of rel alternate, so content may be missing (4.1.3); the feed names an
    author, so entries may not (4.2.1)."""
    head = feedgenerator.Feed(feed, "atom", MEDIA_TYPE)
    head.author({"name": feed.author, **({"uri": feed.home} if feed.home else {})})
    head.updated(feed.updated)
    head.register_extension("herald", lambda: _Updated(feed), rss=False)
    for entry in feed.entries:
        head.add(_Entry(entry))
    return feedgenerator.document(head.atom_str(pretty=True, encoding="UTF-8", xml_declaration=False))


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
        entry = super().atom_entry(extensions)
        entry.set(XML_LANG, self.value.language)
        entry.find("updated").text = rfc3339(self.value.updated)
        entry.find("published").text = rfc3339(self.value.published)
        return entry


class _Updated(BaseExtension):  # type: ignore[misc]
    """The feed's instant as the entries' are written."""

    def __init__(self, feed: FeedValue) -> None:
        self._feed = feed

    def extend_atom(self, feed: Any) -> Any:
        feed.find("updated").text = rfc3339(self._feed.updated)
        return feed
