"""Every published feed read again, as a reader would, and compared with the store.

feedparser says whether a foreign reader understands Atom and RSS; what stands in the entries is read exactly, since
feedparser guesses at the markup of titles. JSON Feed has a reader of its own here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import feedparser
from lxml import etree

from feeds import canary, documents
from feeds.documents import Document
from feeds.folder import Folder
from feeds.formats import FORMATS
from feeds.formats.feedgenerator import ATOM
from feeds.formats.jsonfeed import VERSION
from feeds.formats.values import rfc3339
from feeds.library import Library
from feeds.models import ArchivePage

_IN_ATOM = {"a": ATOM}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file of the folder. As text: one line."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as a reader sees it."""

    id: str
    title: str
    link: str
    updated: str


class Unreadable(ValueError):
    """The bytes are no feed of this format; `str()` says why."""


def check(folder: Path) -> Iterator[Problem]:
    """Every fault of the feeds in `folder`, file by file. None if it shows just what the store holds."""
    show = documents.presentation()
    library = Library(show)
    feeds = [*library.catalogue, *canary.feeds()]
    pages = ArchivePage.objects.filter(feed__in=[feed.path for feed in feeds])
    made = chain(
        documents.current(feeds, show, library),
        documents.pages(pages.order_by("feed", "number"), show, library),
    )
    known = set()
    for document in made:
        for suffix in FORMATS:
            name = f"{document.path}.{suffix}"
            known.add(name)
            yield from (Problem(name, what) for what in _faults(folder / name, suffix, document))
    for name in Folder(folder).files():
        if name not in known:
            yield Problem(name, "no feed of the catalogue; remove it")


def _faults(file: Path, suffix: str, document: Document) -> Iterator[str]:
    try:
        title, found = _READERS[suffix](file.read_bytes())
    except FileNotFoundError:
        yield "is missing; herald build --all makes it"
        return
    except (OSError, Unreadable) as error:
        yield f"cannot be read: {error}"
        return
    if title != document.value.title:
        yield f"its title is {title!r}, expected {document.value.title!r}"
    entries = [one.value for one in document.entries if one.value]
    yield from _differences(found, [Item(e.id, e.title, e.url, rfc3339(e.updated)) for e in entries])


def _differences(found: Sequence[Item], expected: Sequence[Item]) -> Iterator[str]:
    if [item.id for item in found] != [item.id for item in expected]:
        missing = {item.id for item in expected} - {item.id for item in found}
        surplus = {item.id for item in found} - {item.id for item in expected}
        yield f"its entries are not the store's: {_listed('without', missing)}, {_listed('with', surplus)}"
        return
    for is_, should in zip(found, expected, strict=True):
        for name in ("title", "link", "updated"):
            if getattr(is_, name) != getattr(should, name):
                yield f"{should.id}: {name} is {getattr(is_, name)!r}, expected {getattr(should, name)!r}"


def _listed(word: str, ids: set[str]) -> str:
    some = ", ".join(sorted(ids)[:3])
    return f"{word} {some or 'none'}" + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def _read_atom(content: bytes) -> tuple[str, list[Item]]:
    root = _root(content, f"{{{ATOM}}}feed")
    items = [
        Item(
            _text(entry, "a:id"),
            _text(entry, "a:title"),
            "".join(entry.xpath("a:link[@rel='alternate']/@href", namespaces=_IN_ATOM)),
            _text(entry, "a:updated"),
        )
        for entry in root.findall("a:entry", _IN_ATOM)
    ]
    return _text(root, "a:title"), items


def _read_rss(content: bytes) -> tuple[str, list[Item]]:
    root = _root(content, "rss")
    items = [
        Item(_text(item, "guid"), _text(item, "title"), _text(item, "link"), _text(item, "a:updated"))
        for item in root.findall("channel/item")
    ]
    return _text(root, "channel/title"), items


def _read_json(content: bytes) -> tuple[str, list[Item]]:
    try:
        feed = json.loads(content.decode("utf-8"))
        items = [Item(i["id"], i["title"], i["url"], i["date_modified"]) for i in feed["items"]]
        title = feed["title"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"no JSON Feed: {type(error).__name__}: {error}") from None
    if feed.get("version") != VERSION:
        raise Unreadable(f"no JSON Feed 1.1: version is {feed.get('version')!r}")
    return title, items


_READERS: dict[str, Callable[[bytes], tuple[str, list[Item]]]] = {
    "atom": _read_atom,
    "rss": _read_rss,
    "json": _read_json,
}


def _root(content: bytes, name: str) -> Any:
    """The root element, after feedparser has had no complaint. Raises Unreadable."""
    foreign = feedparser.parse(content, resolve_relative_uris=False, sanitize_html=False)
    if foreign.bozo:
        raise Unreadable(str(foreign.bozo_exception))
    try:
        root: Any = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Unreadable(str(error)) from None
    if root.tag != name:
        raise Unreadable(f"its root element is {root.tag!r}, expected {name!r}")
    if len(foreign.entries) != len(root.xpath("//*[local-name()='entry' or local-name()='item']")):
        raise Unreadable(f"feedparser finds {len(foreign.entries)} entries")
    return root


def _text(element: Any, path: str) -> str:
    return element.findtext(path, "", _IN_ATOM) or ""
