"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), item by item."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from feeds import normalise
from feeds.sources import jsonfeed_parts, twins
from feeds.sources.categories import USUAL, Category, Rules
from feeds.sources.item import Fault, RawItem, Reading, excerpt
from feeds.sources.syndication_dates import day
from feeds.sources.syndication_entry import LONGEST_EXCERPT, Feed, beginning, resolved

A_DATE = "a date as RFC 3339 has it"
_DATES = ("date_published", "date_modified")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)


def _text(value: Any) -> str:
    """Numbers are read as text (the standard asks for it of ids); what is neither is nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _authors(value: Any) -> list[str]:
    people = _objects(value if isinstance(value, list) else [value])
    return [name for one in people if (name := normalise.line(_text(one.get("name"))))]


def _tags(value: Any) -> list[str]:
    return [_text(tag) for tag in value if _text(tag)] if isinstance(value, list) else []


def _pictures(value: Any) -> list[str]:
    found = [one for one in _objects(value) if _text(one.get("mime_type")).startswith("image/")]
    return [_text(one.get("url")) for one in found]


Text = Annotated[str, BeforeValidator(_text)]
Authors = Annotated[list[str], BeforeValidator(_authors)]


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: Text = ""
    url: Text = ""
    external_url: Text = ""
    title: Text = ""
    content_html: Text = ""
    content_text: Text = ""
    summary: Text = ""
    image: Text = ""
    banner_image: Text = ""
    date_published: Text = ""
    date_modified: Text = ""
    author: Authors = []
    authors: Authors = []
    tags: Annotated[list[str], BeforeValidator(_tags)] = []
    language: Text = ""
    attachments: Annotated[list[str], BeforeValidator(_pictures)] = []


def is_jsonfeed(data: bytes) -> bool:
    """Whether it says of itself that it is a JSON Feed."""
    return jsonfeed_parts.is_one(data)


def read(
    data: bytes, file: str, base: str = "", rules: Rules = USUAL, key: str = "id", seen: date | None = None
) -> Reading:
    """All items of a feed, in its order; see `syndication.read`. Raises nothing."""
    parts = jsonfeed_parts.parse(data)
    people = _authors(parts.feed.get("authors")) or _authors(parts.feed.get("author"))
    language = _text(parts.feed.get("language"))
    dated = any(one.get(name) for one in _objects(parts.items) for name in _DATES)
    day_seen = None if dated else seen
    feed = Feed(file, base, language, ", ".join(people), day_seen, key=key, rules=rules)
    found = [_release(given, number, feed) for number, given in enumerate(parts.items, 1)]
    items, twice = twins.told_apart([one for one in found if isinstance(one, RawItem)], file)
    faults = [one for one in found if isinstance(one, Fault)] + twice
    if parts.error is not None:
        line, wrong = parts.error
        faults.append(Fault(file, line, f"no JSON Feed ({wrong})", "a JSON Feed with items"))
    return Reading(items, tuple(faults), not parts.cut, _text(parts.feed.get("next_url")))


def _release(given: Any, number: int, feed: Feed) -> RawItem | Fault:
    try:
        item = _Item.model_validate(given)
    except ValidationError:
        return Fault(feed.file, None, f"item {number} is no object", "an object for each item")
    title = normalise.line(_unescaped(item.title))
    if not title:
        return Fault(feed.file, None, f"item {number} has no title", "a title")
    dates = [one for one in (item.date_published, item.date_modified) if one.strip()]
    published = next((known for one in dates if (known := day(one, feed.language))), None)
    url = resolved(feed.base, item.url or item.external_url)
    key = (url if feed.key == "link" else "") or item.id or url
    on = published or (feed.day if key and not dates else None)
    if on is None:
        found = f'"{excerpt(dates[0])}" is no date' if dates else f'no date for "{excerpt(title)}"'
        return Fault(feed.file, None, found, A_DATE)
    summary, body = _summary_and_body(item)
    labels = feed.rules.sort(Category("", tag) for tag in item.tags)
    return RawItem(
        title=title,
        published_on=on,
        key=key,
        url=url,
        summary=summary,
        body=body,
        type=labels.type,
        offices=labels.offices,
        topics=labels.topics,
        language=item.language or feed.language,
        author=", ".join(item.authors or item.author) or feed.author,
        dated=published is not None,
        image_url=resolved(
            feed.base, next(filter(None, [item.image, item.banner_image, *item.attachments]), "")
        ),
    )


def _unescaped(title: str) -> str:
    """Titles are plain text, but programs that keep them as HTML write them so."""
    return html.unescape(title) if _REFERENCE.search(title) else title


def _summary_and_body(item: _Item) -> tuple[str, str]:
    """The summary as plain text, and the full text as HTML if there is more to it than the summary."""
    if not item.content_html and len(item.content_text) <= LONGEST_EXCERPT and not item.summary:
        return item.content_text, ""
    body = item.content_html or normalise.paragraphs(item.content_text)
    return item.summary or beginning(body), body
