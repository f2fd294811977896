"""Other systems' feeds over HTTP: RSS, Atom and JSON Feed. The way in of kind `syndication`.

    validators -> GET -> 304: nothing new; 410: gone for good; 200: read -> items

The other side is asked again when it says that it may be: by Retry-After, and by how long its answer is good.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from feeds.sources import jsonfeed_read, syndication, way
from feeds.sources.categories import Kind, Rule, Rules
from feeds.sources.files import is_feed
from feeds.sources.item import Reading
from feeds.sources.polite import refusal, shown
from feeds.sources.syndication_entry import resolved
from feeds.sources.syndication_pages import Older, Rest, beyond, follow
from feeds.sources.way import Fetched, Memory, Origin, Tools, Unusable
from feeds.web.answer import Answer, Validators
from feeds.web.caching import fresh_until, http_date

EVERY_SECONDS = 300
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_LINK = re.compile(rb"<link\b[^>]{0,500}>", re.I)
_HREF = re.compile(rb"""href\s*=\s*["']?([^"'\s>]{1,500})""", re.I)
_FEED_TYPE = re.compile(rb"type\s*=\s*[\"']?application/(?:rss\+xml|atom\+xml|feed\+json)", re.I)


class Options(way.Options):
    """What may stand in the options of a source of kind syndication."""

    key: Literal["id", "link"] = Field(
        "id",
        description="What names an entry: its id, or its link where a feed gives it another id each time.",
    )
    categories: tuple[Rule, ...] = Field(
        (), description="Which of its categories are what; the first that fits."
    )
    other_categories: Kind = Field("topic", description="What all other categories are.")
    pages: int = Field(1, ge=1, le=1000, description="How many pages of an archive the first fetch follows.")


def fetch(origin: Origin, memory: Memory, tools: Tools) -> Fetched:
    """What is new upstream. Raises FetchError, or Unusable for what is no feed."""
    answer = tools.web.get(origin.address, validators=_validators(memory), accept=ACCEPT)
    first, pending = not memory, Rest.of(memory)
    kept = _kept(memory, answer)
    again = _again(answer, tools.now)
    if answer.status == 304 and pending is None:
        return Fetched(memory=kept, unchanged=True, not_before=again)
    if answer.status == 410:
        return Fetched(gone=True, memory=dict(memory))
    if answer.status not in {200, 304}:
        raise refusal(answer, "a feed")
    reading = _read(answer, origin, tools.now) if answer.status == 200 else Reading()
    rest = beyond(answer, reading, origin.options.pages - 1) if first else pending
    older = _older(rest, answer, origin, tools)
    if older.rest:
        kept["older"] = older.rest.to_json()
    if first and not reading.complete and not reading.next_page:
        kept = {}  # where it goes on may have been cut off, too
    if pending or not reading.complete:  # the next answer is wanted whole, to have all of it at one time
        kept = {name: value for name, value in kept.items() if name not in {"etag", "last_modified"}}
    return Fetched(
        (*reading.items, *older.items),
        (*reading.faults, *older.faults),
        kept,
        complete=reading.complete and not (pending or older.rest),
        not_before=max((one for one in (again, older.not_before) if one), default=None),
    )


def _older(rest: Rest | None, answer: Answer, origin: Origin, tools: Tools) -> Older:
    if rest is None:
        return Older()
    return follow(rest, tools.web, ACCEPT, lambda page: _read(page, origin, tools.now), {answer.url})


def _validators(memory: Memory) -> Validators:
    return Validators(str(memory.get("etag", "")), str(memory.get("last_modified", "")))


def _kept(memory: Memory, answer: Answer) -> dict[str, Any]:
    """Validators for the next time; an address that moved for good is remembered."""
    given = answer.validators if answer.status == 200 else _validators(memory)
    address = answer.moved_to or str(memory.get("address", ""))
    kept = {"etag": given.etag, "last_modified": given.last_modified, "address": address}
    return {name: value for name, value in kept.items() if value} | {"begun": True}


def _again(answer: Answer, now: datetime) -> datetime | None:
    known = [one for one in (answer.not_before, fresh_until(answer.headers, now)) if one]
    return max(known, default=None)


def _read(answer: Answer, origin: Origin, now: datetime) -> Reading:
    """Raises Unusable where nothing of it is a feed."""
    name, data, options = shown(answer.url), answer.body, origin.options
    rules = Rules(options.categories, options.other_categories)
    if not data.strip():
        raise Unusable(f"{name}: an empty answer, expected a feed")
    changed = http_date(answer.headers.get("last-modified", ""))
    seen = min(changed or now, now).date()
    if jsonfeed_read.is_jsonfeed(data):
        reading = jsonfeed_read.read(data, name, answer.url, rules, options.key, seen)
    elif is_feed(data) or not _is_page(data):
        named = _CHARSET.search(answer.headers.get("content-type", ""))
        charset = named[1] if named else ""
        reading = syndication.read(data, name, answer.url, rules, options.key, charset, seen)
    else:
        raise Unusable(f"{name}: a web page, expected a feed{_hint(answer)}")
    if not reading.items and not reading.complete:
        raise Unusable(str(reading.faults[0]) if reading.faults else f"{name}: nothing, expected a feed")
    return reading


def _is_page(data: bytes) -> bool:
    head = data[:2000].lower()
    return b"<html" in head or b"<!doctype html" in head


def _hint(answer: Answer) -> str:
    """Where the page says that its feed is."""
    for link in _LINK.findall(answer.body[:200_000]):
        href = _HREF.search(link)
        if href and _FEED_TYPE.search(link):
            address = resolved(answer.url, html.unescape(href[1].decode("utf-8", "replace")))
            return f"; it names {address} as its feed: put that as the source's address"
    return "; put the feed's own address as the source's address"
