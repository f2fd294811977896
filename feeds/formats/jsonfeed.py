"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

import orjson

from feeds.formats.values import EntryValue, FeedValue, Frame, address_of, rfc3339

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"
JOINT = b",\n"
_ITEMS = '"items": []'


def frame(feed: FeedValue) -> Frame:
    """The document without its items. It has no place for the feed's id and instant; `feed_url` is what readers know
    it by. `next_url` leads to older items, page by page."""
    author = {"name": feed.author, "url": feed.home}
    document = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": address_of(feed, "json"),
        "description": feed.subtitle,
        "next_url": f"{feed.paging.older}.json" if feed.paging.older else "",
        "language": feed.language,
        "authors": [_given(author)],
        "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
    }
    text = json.dumps({**_given(document), "items": []}, ensure_ascii=False, indent=2)
    before = text[: text.rindex(_ITEMS) + len(_ITEMS) - 1]
    return Frame(f"{before}\n".encode(), b"\n  ]\n}\n")


def entry(value: EntryValue, _publisher: str) -> bytes:
    """One item, on one line. Json's own encoder would take ten times as long, and indented a hundred times."""
    return b"    " + orjson.dumps(item(value))


def item(value: EntryValue) -> dict[str, Any]:
    """One item as an object; what is empty is left out."""
    return _given(
        {
            "id": value.id,
            "url": value.url,
            "title": value.title,
            "content_html": value.content,
            "content_text": "" if value.content else value.summary or value.title,
            "summary": value.summary if value.content else "",
            "image": value.image,
            "date_published": rfc3339(value.published),
            "date_modified": rfc3339(value.updated),
            "authors": [{"name": value.author}] if value.author else [],
            "tags": [category.label for category in value.categories],
            "language": value.language,
            "_herald": _more(value),
        }
    )


def _more(value: EntryValue) -> dict[str, Any]:
    """What Atom and RSS say and JSON Feed has no word for: of what kind a tag is, and the other languages."""
    return _given(
        {
            "categories": [
                {"scheme": one.scheme, "term": one.term, "label": one.label} for one in value.categories
            ],
            "translations": [
                {"language": language, "url": address} for language, address in value.translations
            ],
        }
    )


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
