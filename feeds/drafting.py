"""From raw items, as a source tells them, to drafts that can be stored: named, in order, cleaned. Pure.

Naming is cheap and comes first, for all items; cleaning comes later, and only for those that say something new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from feeds import limits, normalise
from feeds.merging import LISTS, Draft
from feeds.sources.item import Fault, RawItem

CLEANING = 1  # raise it when the same item would be cleaned into something else: all is then looked at again
MADE_UP = "title:"  # a key made of title and date


@dataclass(frozen=True, slots=True)
class Named:
    """A raw item and what it is called at its source. Without a name there, the key is made of title and date, and
    `own_key` is false. Never empty.
    """

    item: RawItem
    key: str
    own_key: bool


def oldest_first(items: Iterable[RawItem]) -> list[RawItem]:
    """In the order of their dates; equal dates from the end, as listings have the newest on top."""
    ordered = list(items)
    ordered.reverse()
    ordered.sort(key=lambda item: item.published_on)
    return ordered


def newest_of_each(items: list[RawItem]) -> list[RawItem]:
    """Of items (oldest first) that bear one key of their own, the last."""
    last = {_own_key(item): number for number, item in enumerate(items)}
    return [item for number, item in enumerate(items) if not (key := _own_key(item)) or last[key] == number]


def name(items: Iterable[RawItem], where: str) -> Iterator[Named | Fault]:
    """Each item with its key, in the order given; a Fault for one without a title, or with the key of one before."""
    seen: dict[str, int] = {}
    for item in items:
        key, own = _own_key(item), True
        title = normalise.line(item.title[: limits.ROOM * limits.TITLE])
        if not key:
            key, own = MADE_UP + normalise.digest(f"{normalise.fold(title)}\0{item.published_on}"), False
        if not title:
            yield Fault(where, item.line, "a release without a title", "a title")
            continue
        seen[key] = count = seen.get(key, 0) + 1
        if count == 1:
            yield Named(item, key, own)
        elif own:
            yield Fault(where, item.line, "a key that another release has, too", "each key once")
        else:  # several "Daily report" of one day
            yield Named(item, f"{key}#{count}", own)


def raw_of(item: RawItem) -> str:
    """A digest of all that an item says, and of the rules by which it is cleaned. 128 bits, hex."""
    said = [
        item.title, item.key, item.url, item.summary, item.body, item.type, item.language, item.author,
        item.image_url, item.editors_note, item.withdrawn, item.translation_of, *item.offices, "", *item.topics, "",
        *(part for pair in item.alternates for part in pair), "", *item.warnings,
    ]  # fmt: skip
    plain = (CLEANING, item.published_on, item.dated, item.whole, item.visible_at, item.silent)
    lengths = ",".join([str(len(one)) for one in said])
    whole = f"{plain}{lengths}\0{''.join(said)}"
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def draft(named: Named) -> Draft:
    """A named item made safe and comparable."""
    item, cutter = named.item, limits.Cutter()
    for warning in item.warnings:
        cutter.warn(warning)
    url = cutter.url("address", item.url)
    values = {
        "title": cutter.text("title", item.title, limits.TITLE),
        "published_on": item.published_on,
        "summary": cutter.text("summary", item.summary, limits.SUMMARY, normalise.summary),
        "body": cutter.markup(item.body, url),
        "url": url,
        "language": cutter.language(item.language),
        "author": cutter.text("author", item.author, limits.AUTHOR),
        "image_url": cutter.url("address of the picture", item.image_url),
        "visible_at": _utc(item.visible_at),
        "silent": item.silent,
        "editors_note": cutter.text("editor's note", item.editors_note, limits.NOTE, normalise.text),
        "withdrawn_reason": cutter.text("reason of the withdrawal", item.withdrawn, limits.REASON),
    }
    lists = {
        "office": cutter.labels("office", item.offices),
        "topic": cutter.labels("topic", item.topics),
        "type": cutter.labels("type", (item.type,)),
        "links": _links(item, cutter),
        "warnings": cutter.warnings,
    }
    said = {name: value for name, value in values.items() if value}
    return Draft(named.key, named.own_key, item.whole, said, _told(said, lists, item.dated), raw_of(item))


def _links(item: RawItem, cutter: limits.Cutter) -> list[str]:
    """Under which names other language versions of it go: keys at the same source, and canonical addresses."""
    names: dict[str, None] = {}
    if name := normalise.url(item.translation_of) or short(item.translation_of):
        names[name] = None
    if len(item.alternates) > limits.ALTERNATES:
        cutter.warn(f"Only the first {limits.ALTERNATES} other language versions were kept.")
    for _, written in item.alternates[: limits.ALTERNATES]:
        if address := cutter.url("address of another language version", written):
            names[address] = None
    return list(names)


def _told(values: Mapping[str, Any], lists: Mapping[str, list[str]], dated: bool) -> dict[str, Any]:
    digests = {
        name: normalise.digest(str(value))
        for name, value in values.items()
        if dated or name != "published_on"
    }
    return digests | {name: lists[name] for name in LISTS if lists[name]}


def _utc(moment: datetime | None) -> datetime | None:
    """In UTC, which an instant without an offset is taken to be in."""
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _own_key(item: RawItem) -> str:
    return short(item.key) if item.key else ""


def short(key: str) -> str:
    """A key as it is kept: on one line; its digest, where it is too long for its column."""
    plain = normalise.line(key) if len(key) <= limits.ROOM * limits.KEY else key
    return plain if len(plain) <= limits.KEY else "sha256:" + normalise.digest(plain)
