"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

from feeds.formats.values import EntryValue, FeedValue, rfc3339

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def render(feed: FeedValue) -> bytes:
    """The document. It has no place for the feed's id and instant; `feed_url` is what readers know it by."""
    author = {"name": feed.author, "url": feed.home}
    document = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": f"{feed.address}.json",
        "description": feed.subtitle,
        "language": feed.language,
        "authors": [_given(author)],
        "items": [_item(entry) for entry in feed.entries],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _item(entry: EntryValue) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.content,
        "content_text": "" if entry.content else entry.summary or entry.title,
        "summary": entry.summary if entry.content else "",
        "image": entry.image,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": [{"name": entry.author}] if entry.author else [],
        "tags": [category.label for category in entry.categories],
        "language": entry.language,
    }
    return _given(item)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
