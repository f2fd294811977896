"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), item by item."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urljoin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from feeds import normalise
from feeds.sources.categories import USUAL, Rules
from feeds.sources.item import Fault, RawItem, Reading, excerpt

A_DATE = "a date as RFC 3339 has it"
LONGEST_EXCERPT = 500
_IS_ONE = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version')


def _text(value: Any) -> str:
    """Numbers are read as text (the standard asks for it of ids); what is neither is nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


Text = Annotated[str, BeforeValidator(_text)]


def _authors(value: Any) -> list[str]:
    people = value if isinstance(value, list) else [value]
    names = [_text(one.get("name")) for one in people if isinstance(one, dict)]
    return [name for name in names if name]


def _tags(value: Any) -> list[str]:
    return [_text(tag) for tag in value if _text(tag)] if isinstance(value, list) else []


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
    author: Annotated[list[str], BeforeValidator(_authors)] = []
    authors: Annotated[list[str], BeforeValidator(_authors)] = []
    tags: Annotated[list[str], BeforeValidator(_tags)] = []
    language: Text = ""


def is_jsonfeed(data: bytes) -> bool:
    """Whether it says of itself, at its beginning, that it is a JSON Feed."""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"{") and _IS_ONE.search(head) is not None


def read(data: bytes, file: str, base: str = "", rules: Rules = USUAL, key: str = "id") -> Reading:
    """All items of a feed, in its order. `base` is its address, for relative links. Faults name `file`."""
    try:
        feed = json.loads(data.decode("utf-8-sig"))
        items = feed["items"]
        if not isinstance(items, list):
            raise TypeError("items is no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        fault = Fault(file, line, f"no JSON Feed ({excerpt(str(error))})", "a JSON Feed with items")
        return Reading(faults=(fault,), complete=False)
    language = _text(feed.get("language"))
    people = _authors(feed.get("authors")) or _authors(feed.get("author"))
    found = [
        _release(given, number, file, base, language, ", ".join(people), rules, key)
        for number, given in enumerate(items, 1)
    ]
    return Reading(
        tuple(one for one in found if isinstance(one, RawItem)),
        tuple(one for one in found if isinstance(one, Fault)),
        next_page=_text(feed.get("next_url")),
    )


def _release(
    given: Any, number: int, file: str, base: str, language: str, author: str, rules: Rules, key: str
) -> RawItem | Fault:
    try:
        item = _Item.model_validate(given)
    except ValidationError:
        return Fault(file, None, f"item {number} is no object", "an object for each item")
    title = normalise.line(item.title)
    if not title:
        return Fault(file, None, f"item {number} has no title", "a title")
    written = item.date_published or item.date_modified
    day = _day(written)
    if day is None:
        found = f'"{excerpt(written)}" is no date' if written else f'no date for "{excerpt(title)}"'
        return Fault(file, None, found, A_DATE)
    body, summary = _body_and_summary(item)
    labels = rules.sort(("", tag) for tag in item.tags)
    url = _resolved(base, item.url or item.external_url)
    return RawItem(
        title=title,
        published_on=day,
        key=(url if key == "link" else item.id) or item.id or url,
        url=url,
        summary=summary,
        body=body,
        type=labels.type,
        offices=labels.offices,
        topics=labels.topics,
        language=item.language or language,
        author=", ".join(item.authors or item.author) or author,
        image_url=_resolved(base, item.image or item.banner_image),
    )


def _body_and_summary(item: _Item) -> tuple[str, str]:
    body = item.content_html or (f"<p>{html.escape(item.content_text)}</p>" if item.content_text else "")
    if item.summary:
        return body, item.summary
    if not item.content_html and len(item.content_text) <= LONGEST_EXCERPT:
        return "", item.content_text
    return body, normalise.excerpt(normalise.plain(body), LONGEST_EXCERPT)


def _day(written: str) -> date | None:
    """The day in UTC."""
    try:
        instant = datetime.fromisoformat(written.strip().upper())
        return (instant.astimezone(UTC) if instant.tzinfo else instant).date()
    except (ValueError, OverflowError):
        return None


def _resolved(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""
