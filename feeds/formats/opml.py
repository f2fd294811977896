"""OPML 2.0 (http://opml.org/spec2.opml): a list of feeds that a reader takes over as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from feeds import normalise
from feeds.formats.values import rfc822

MEDIA_TYPE = "text/x-opml"


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in the list: `address` is where it is read, `page` where people look at it."""

    title: str
    address: str
    page: str
    description: str


def render(
    title: str, owner: str, changed: datetime, language: str, groups: Iterable[tuple[str, Iterable[Outline]]]
) -> bytes:
    """Groups of feeds under their captions, in the order given. Readers want `type="rss"` whatever the format."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    for name, text in (("title", title), ("dateModified", rfc822(changed)), ("ownerName", owner)):
        _say(etree.SubElement(head, name), text)
    body = etree.SubElement(root, "body")
    for caption, outlines in groups:
        group: Any = None
        for outline in outlines:
            if group is None:
                group = etree.SubElement(body, "outline", text=normalise.line(caption))
            _add(group, outline, language)
    etree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="UTF-8") + b"\n"


def _add(group: Any, outline: Outline, language: str) -> None:
    name = normalise.line(outline.title)
    attributes = {
        "text": name,
        "title": name,
        "type": "rss",
        "xmlUrl": outline.address,
        "htmlUrl": outline.page,
        "description": normalise.line(outline.description),
        "language": language,
    }
    etree.SubElement(group, "outline", attributes)


def _say(element: Any, text: str) -> None:
    element.text = normalise.line(text)
