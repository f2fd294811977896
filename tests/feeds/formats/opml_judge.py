"""OPML 2.0 (http://opml.org/spec2.opml) as a reader needs it who takes over a list of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from tests.feeds.formats.rules import language_faults, rfc822, twice, web

HEAD = {"title", "dateCreated", "dateModified", "ownerName", "ownerEmail", "ownerId", "docs"}
SUBSCRIPTION = {
    "text",
    "type",
    "xmlUrl",
    "htmlUrl",
    "title",
    "description",
    "language",
    "version",
    "category",
}


def opml_faults(document: bytes) -> list[str]:
    """Every fault of a document, and none for a good one."""
    root = etree.fromstring(document)
    if (
        root.tag != "opml"
        or root.get("version") != "2.0"
        or [child.tag for child in root] != ["head", "body"]
    ):
        return ["no opml 2.0 with one head and then one body"]
    head, body = root
    found = [f"head: {child.tag} is not of OPML" for child in head if child.tag not in HEAD]
    found += [f"head: {name} more than once" for name in twice(child.tag for child in head)]
    found += [f"head: {child.tag} says nothing" for child in head if not (child.text or "").strip()]
    for name in ("dateCreated", "dateModified"):
        found += [
            f"{one.text} is no RFC 822 date" for one in head.findall(name) if not rfc822(one.text or "")
        ]
    if not len(body):
        found.append("a body without outlines")
    found += [f"{child.tag} is no outline" for child in body.iterdescendants() if child.tag != "outline"]
    for outline in body.iter("outline"):
        where = outline.get("text") or "no text"
        found += [f"{where}: {fault}" for fault in (*_outline(outline), *_subscription(outline))]
    addresses = [outline.get("xmlUrl") for outline in body.iter("outline") if outline.get("xmlUrl")]
    return [*found, *(f"{address}: more than once" for address in twice(addresses))]


def _outline(outline: etree._Element) -> Iterator[str]:
    if not (outline.get("text") or "").strip():
        yield "an outline has a text"
    if outline.get("type") is None and not len(outline):
        yield "a group of nothing"
    if outline.get("type") is not None and len(outline):
        yield "a feed with feeds below it"


def _subscription(outline: etree._Element) -> Iterator[str]:
    if outline.get("type") is None:
        return
    if outline.get("type") != "rss":
        yield "readers know a feed by the type rss, whatever its format"
    for name in ("xmlUrl", "htmlUrl"):
        if not web(outline.get(name)):
            yield f"{name} is no address"
    yield from (f"{name} is not of OPML" for name in sorted(set(outline.attrib) - SUBSCRIPTION))
    yield from (f"{name} says nothing" for name, text in outline.attrib.items() if not text.strip())
    yield from language_faults("outline", outline.get("language"))
