"""RSS 2.0 as the Advisory Board has it, its best-practices profile, and the modules that Herald's feeds use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from tests.feeds.formats.rules import html_faults, iso, language_faults, rfc822, twice, web

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
WANTED = ("title", "link", "description")
# What may stand once, and what several times.
CHANNEL = (
    {*WANTED, "language", "docs", "generator", "lastBuildDate", f"{HISTORY}archive"},
    {"item", f"{ATOM}link"},
)
ITEM = (
    {
        *WANTED, "guid", "pubDate", "enclosure",
        f"{ATOM}updated", f"{CONTENT}encoded", f"{DC}creator", f"{DC}language", f"{MEDIA}content",
    },
    {"category", f"{ATOM}link"},
)  # fmt: skip
EMPTY = {"enclosure", f"{ATOM}link", f"{HISTORY}archive", f"{MEDIA}content"}
BEGINS_LIKE_MARKUP = re.compile(r"</?(p|div|br|b|i|em|strong|a|img|span|ul|li)\b[^<>]*>", re.I)


def rss_faults(document: bytes) -> list[str]:
    """Every fault of a document, and none for a good one."""
    root = etree.fromstring(document)
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        return ["no rss 2.0 with one channel"]
    channel = root[0]
    found = [f"channel: no {name}" for name in WANTED if not (channel.findtext(name) or "").strip()]
    found += [*_elements(channel, *CHANNEL), *_links(channel), *_dates(channel), *_history(channel)]
    found += language_faults("channel", channel.findtext("language"))
    for item in channel.findall("item"):
        name = item.findtext("guid") or "no guid"
        about = (*_elements(item, *ITEM), *_links(item), *_dates(item), *_item(item), *_enclosures(item))
        found += [f"{name}: {fault}" for fault in about]
        found += html_faults(name, item.findtext(f"{CONTENT}encoded") or "")
    guids = [item.findtext("guid") for item in channel.findall("item")]
    return [*found, *(f"{one}: more than one item" for one in twice(guids))]


def _elements(node: etree._Element, once: set[str], often: set[str]) -> Iterator[str]:
    names = [child.tag for child in node if isinstance(child.tag, str)]
    yield from (f"{name} is not of RSS or a module of ours" for name in names if name not in once | often)
    yield from (f"{name} more than once" for name in twice(names) if name in once)
    for child in node:
        if child.tag not in EMPTY and not len(child) and not (child.text or "").strip():
            yield f"{child.tag} says nothing"


def _links(node: etree._Element) -> Iterator[str]:
    if not web(node.findtext("link")):
        yield f"{node.findtext('link')} is no address"
    links = node.findall(f"{ATOM}link")
    for link in links:
        if not web(link.get("href")):
            yield f"atom:link to {link.get('href')}, which is no address"
        if link.get("rel") in {"self", "current", "next-archive", "prev-archive"} and not link.get("type"):
            yield f"the atom:link of rel {link.get('rel')} does not say what is there"
        if link.get("rel") == "alternate" and link.get("href") != node.findtext("link"):
            yield from language_faults("atom:link", link.get("hreflang"))
    alternates = [link.get("href") for link in links if link.get("rel") == "alternate"]
    if alternates and alternates[-1] != node.findtext("link"):
        yield "readers who take the last link of any kind go elsewhere"
    if len([link for link in links if link.get("rel") == "self"]) != (node.tag == "channel"):
        yield "one atom:link of rel self is wanted in the channel, and none in items"


def _dates(node: etree._Element) -> Iterator[str]:
    for name in ("lastBuildDate", "pubDate"):
        yield from (
            f"{one.text} is no RFC 822 date" for one in node.findall(name) if not rfc822(one.text or "")
        )
    for one in node.findall(f"{ATOM}updated"):
        if not iso(one.text or ""):
            yield f"{one.text} is no RFC 3339 date"


def _history(channel: etree._Element) -> Iterator[str]:
    links = {link.get("rel"): link.get("href") for link in channel.findall(f"{ATOM}link")}
    archive = channel.find(f"{HISTORY}archive") is not None
    if archive != ("current" in links) or ("next-archive" in links and not archive):
        yield "channel: an archive document without its mark or its current document, or the other way round"


def _item(item: etree._Element) -> Iterator[str]:
    if not item.findtext("title") and not item.findtext("description"):
        yield "neither title nor description"
    if BEGINS_LIKE_MARKUP.match(item.findtext("title") or ""):
        yield "markup in its title, which is plain text"
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false":
        yield "no guid, or one that readers would take for an address"
    yield from language_faults("item", item.findtext(f"{DC}language"))
    if not item.findtext(f"{DC}creator"):
        yield "nobody wrote it"
    if twice((one.get("domain"), one.text) for one in item.findall("category")):
        yield "a category twice"
    if any(not one.get("domain") for one in item.findall("category")):
        yield "a category of no kind"


def _enclosures(item: etree._Element) -> Iterator[str]:
    for one in item.findall("enclosure"):
        known = one.get("length", "").isdigit() and re.fullmatch(r"\w+/[-+.\w]+", one.get("type", ""))
        if not web(one.get("url")) or not known:
            yield "enclosure without url, length or type"
    for one in item.findall(f"{MEDIA}content"):
        if not web(one.get("url")) or one.get("medium") != "image":
            yield "media without address or medium"
