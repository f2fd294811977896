"""feedgen 1.0 with its traps closed, as far as Atom and RSS share them.

- An entry's `atom_entry` drops every attribute of a link but href: `Entry` puts them back.
- Dates that nobody set become the present instant, and for RSS they are written by way of `locale.setlocale`, which is
  not safe among threads: `Feed` has no date but those written here.
- The tree is built anew each time, entries included: here each entry is rendered by itself, and put between the two
  parts of a feed without any.
- Elements of an Atom tree carry no namespace, so bare names are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats.values import EntryValue, FeedValue, Frame, address_of

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
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
        if value.categories:  # all at once: feedgen goes through all it has for each that is added
            self.category(
                [{"term": one.term, "scheme": one.scheme, "label": one.label} for one in value.categories]
            )
        kind = image_type(value.image)
        if kind:
            # An unknown length is 0 (RSS Advisory Board); Atom may leave it out.
            self.link(href=value.image, rel="enclosure", type=kind)
        # Some readers go to the first alternate, others (and feedgen, for RSS) to the last: both are this very release.
        # That they differ in type is what RFC 4287, 4.1.2, asks for.
        self.link(href=value.url, rel="alternate", hreflang=value.language)
        for language, address in value.translations:
            self.link(href=address, rel="alternate", hreflang=language)
        if value.translations:
            self.link(href=value.url, rel="alternate", type="text/html")

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
        self.link(href=address_of(value, suffix), rel="self", type=media_type)
        for link in links(value, suffix, media_type):
            self.link(**link)
        # The last link is RSS's own <link>.
        self.link(href=value.page, rel="alternate", type="text/html")


def links(feed: FeedValue, suffix: str, media_type: str) -> Iterator[dict[str, str]]:
    """The attributes of links to a feed's hubs (WebSub, 5) and to the documents beside it (RFC 5005, 4)."""
    yield from ({"href": hub, "rel": "hub"} for hub in feed.hubs)
    beside = {
        "current": feed.paging.current,
        "prev-archive": feed.paging.older,
        "next-archive": feed.paging.newer,
    }
    for rel, address in beside.items():
        if address:
            yield {"href": f"{address}.{suffix}", "rel": rel, "type": media_type}


def framed(text: bytes, end: bytes) -> Frame:
    """A document without entries, parted before its `end`. feedgen's own declaration stands in single quotes."""
    at = text.rindex(end)
    return Frame(_DECLARATION + text[:at], text[at:])


def part(element: Any, frame: str, namespaces: dict[str, str], level: int) -> bytes:
    """An entry as it stands in its document, whose root element `frame` declares these namespaces already."""
    root = etree.Element(frame, nsmap=namespaces)
    root.append(element)
    etree.indent(element, level=level)
    text = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    inner = text[text.index(b">") + 1 : text.rindex(b"</")].strip()
    return b"  " * level + inner + b"\n"


def add_media(entry: Any, address: str) -> None:
    """The release's image, as Media RSS has it; unlike an enclosure it may be of a type that nobody knows."""
    if address:
        kind = image_type(address)
        sub(entry, f"{{{MEDIA}}}content", url=address, medium="image", **({"type": kind} if kind else {}))


def image_type(address: str) -> str:
    """The media type of an image by the suffix of its address, or ""."""
    path = address.partition("?")[0].partition("#")[0]
    return IMAGE_TYPES.get(path.rpartition(".")[2].lower(), "")


def sub(parent: Any, name: str, text: str = "", **attributes: str) -> None:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None
