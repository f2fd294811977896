"""feedgen 1.0 with its traps closed, as far as Atom and RSS share them.

- An entry's `atom_entry` drops every attribute of a link but href: `Entry` puts them back.
- Dates that nobody set become the present instant, and for RSS they are written by way of `locale.setlocale`, which is
  not safe among threads: `Feed` has no date but those written here.
- `add_entry` prepends: entries are appended.
- Elements of an Atom tree carry no namespace, so bare names are used.
"""

from __future__ import annotations

from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats.values import EntryValue, FeedValue

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
IMAGE_TYPES = {
    "avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "png": "image/png", "svg": "image/svg+xml", "webp": "image/webp",
}  # fmt: skip
_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class Entry(FeedEntry):  # type: ignore[misc]
    """What Atom and RSS say alike of a release."""

    def __init__(self, value: EntryValue) -> None:
        super().__init__()
        self.value = value
        self.id(value.id)
        self.title(value.title)
        for category in value.categories:
            self.category(term=category.term, scheme=category.scheme, label=category.label)
        kind = image_type(value.image)
        if kind:
            # An unknown length is 0 (RSS Advisory Board); Atom may leave it out.
            self.link(href=value.image, rel="enclosure", type=kind)
        self.link(href=value.url, rel="alternate", hreflang=value.language)

    def atom_entry(self, extensions: bool = True) -> Any:
        entry = super().atom_entry(extensions)
        for element, link in zip(entry.findall("link"), self.link(), strict=True):
            element.attrib.update({name: link[name] for name in _LINK_ATTRIBUTES if link.get(name)})
        return entry


class Feed(FeedGenerator):  # type: ignore[misc]
    """What Atom and RSS say alike of a feed."""

    def __init__(self, value: FeedValue, suffix: str, media_type: str) -> None:
        super().__init__()
        self._FeedGenerator__rss_lastBuildDate = None
        self.id(value.id)
        self.title(value.title)
        self.subtitle(value.subtitle)
        self.language(value.language)
        self.generator("Herald")
        self.link(href=f"{value.address}.{suffix}", rel="self", type=media_type)
        # The last link is RSS's own <link>.
        self.link(href=value.page, rel="alternate", type="text/html")

    def add(self, entry: Entry) -> None:
        self.add_entry(entry, order="append")


def image_type(address: str) -> str:
    """The media type of an image by the suffix of its address, or ""."""
    path = address.partition("?")[0].partition("#")[0]
    return IMAGE_TYPES.get(path.rpartition(".")[2].lower(), "")


def sub(parent: Any, name: str, text: str = "", **attributes: str) -> None:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None


def document(body: bytes) -> bytes:
    """A whole document: feedgen's own declaration stands in single quotes."""
    return _DECLARATION + body
