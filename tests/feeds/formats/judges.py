"""Judges of the three formats: each returns every fault of a document as a sentence, and none for a good one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from lxml import etree

from tests.feeds.formats.rss_judge import rss_faults
from tests.feeds.formats.rules import html_faults, iso, language_faults, later, twice, web

__all__ = ["atom_faults", "faults", "json_faults", "rss_faults"]
DATA = Path(__file__).parent.parent / "data"
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RELAX_NG = etree.RelaxNG(etree.parse(DATA / "atom.rng"))
SCHEMA = Draft202012Validator(json.loads((DATA / "jsonfeed.schema.json").read_text(encoding="utf-8")))
RELATIONS = {"alternate", "current", "enclosure", "hub", "next-archive", "prev-archive", "self"}
FOREIGN = {f"{HISTORY}archive", f"{MEDIA}content", f"{TOMBSTONES}deleted-entry"}


def faults(suffix: str, document: bytes) -> list[str]:
    return {"atom": atom_faults, "rss": rss_faults, "json": json_faults}[suffix](document)


def atom_faults(document: bytes) -> list[str]:
    """RFC 4287: its grammar, and the rules that the grammar cannot say; RFC 5005 and RFC 6721."""
    root = etree.fromstring(document)
    found = [] if RELAX_NG.validate(root) else [f"grammar: {error}" for error in RELAX_NG.error_log]
    found += [f"{one}: more than one entry" for one in twice(_texts(root, f"{ATOM}entry/{ATOM}id"))]
    if len(root.findall(f"{ATOM}link[@rel='self']")) != 1:
        found.append("feed: one link of rel self is wanted (4.1.1)")
    for node in (root, *root.iter(f"{ATOM}entry")):
        name = node.findtext(f"{ATOM}id") or "no id"
        found += [f"{name}: {fault}" for fault in (*_construct(node, root), *_links(node), *_instants(node))]
        found += language_faults(name, node.get(LANG))
    for entry in root.iter(f"{ATOM}entry"):
        found += _entry(entry, root)
    return [*found, *_history(root), *_tombstones(root)]


def _construct(node: etree._Element, root: etree._Element) -> Iterator[str]:
    """What a feed and an entry consist of."""
    if not urlsplit(node.findtext(f"{ATOM}id") or "").scheme:
        yield "an id is an absolute IRI (4.2.6)"
    if node.find(f"{ATOM}author") is None and root.find(f"{ATOM}author") is None:
        yield "has no author (4.1.2)"
    for name in ("title", "subtitle", "summary", "content", "generator", "author/name", "author/uri"):
        for text in _texts(node, "/".join(f"{ATOM}{part}" for part in name.split("/"))):
            if not text.strip():
                yield f"its {name} says nothing"
    for child in node:
        if not child.tag.startswith(ATOM) and child.tag not in FOREIGN:
            yield f"{child.tag} is of no vocabulary that readers know"


def _links(node: etree._Element) -> Iterator[str]:
    links = node.findall(f"{ATOM}link")
    alternates = [link for link in links if link.get("rel") == "alternate"]
    if twice((link.get("type"), link.get("hreflang")) for link in alternates):
        yield "two alternates of the same type and language (4.1.1)"
    if alternates and alternates[0].get("href") != alternates[-1].get("href"):
        yield "readers who take the first alternate and those who take the last go to different pages"
    for link in links:
        rel, kind = link.get("rel"), link.get("type")
        if not web(link.get("href")):
            yield f"{link.get('href')} is not absolute"
        if rel not in RELATIONS:
            yield f"{rel} is no link relation that is registered"
        if kind is None and rel in {"self", "current", "enclosure", "next-archive", "prev-archive"}:
            yield f"the link of rel {rel} does not say what is there"
        if link.get("hreflang") is not None:
            yield from language_faults("link", link.get("hreflang"))


def _instants(node: etree._Element) -> Iterator[str]:
    updated, published = (node.findtext(f"{ATOM}{name}") for name in ("updated", "published"))
    for text in filter(None, (updated, published)):
        if not iso(text):
            yield f"{text} is no RFC 3339 date"
    if later(published, updated):
        yield "published after it was updated"


def _entry(entry: etree._Element, root: etree._Element) -> Iterator[str]:
    name = entry.findtext(f"{ATOM}id") or "no id"
    content = entry.find(f"{ATOM}content")
    if content is None and entry.find(f"{ATOM}link[@rel='alternate']") is None:
        yield f"{name}: neither content nor alternate (4.1.2)"
    if content is not None:
        yield from html_faults(name, content.text or "")
    if later(entry.findtext(f"{ATOM}updated"), root.findtext(f"{ATOM}updated")):
        yield f"{name}: updated after its feed was"
    if twice((one.get("scheme"), one.get("term")) for one in entry.findall(f"{ATOM}category")):
        yield f"{name}: a category twice"
    for media in entry.findall(f"{MEDIA}content"):
        if not web(media.get("url")) or media.get("medium") != "image":
            yield f"{name}: media without address or medium"


def _history(root: etree._Element) -> Iterator[str]:
    """RFC 5005, 4: an archive document says so and leads to the current one; nothing else does."""
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    archive = root.find(f"{HISTORY}archive") is not None
    if archive != ("current" in links) or ("next-archive" in links and not archive):
        yield "feed: an archive document without its mark or its current document, or the other way round"
    beside = [links[rel] for rel in ("self", "current", "prev-archive", "next-archive") if rel in links]
    if twice(beside):
        yield "feed: a document beside itself"


def _tombstones(root: etree._Element) -> Iterator[str]:
    """RFC 6721, 3."""
    buried = [(stone.get("ref"), stone.get("when")) for stone in root.findall(f"{TOMBSTONES}deleted-entry")]
    for ref, when in buried:
        if not urlsplit(ref or "").scheme or not iso(when or ""):
            yield f"{ref}: a tombstone without id or instant"
        if later(when, root.findtext(f"{ATOM}updated")):
            yield f"{ref}: deleted after its feed was updated"
    ids = _texts(root, f"{ATOM}entry/{ATOM}id")
    yield from (f"{one}: told to be gone twice, or gone and there" for one in twice([*ids, *dict(buried)]))
    yield from (f"{one}: two tombstones" for one in twice(ref for ref, _ in buried))


def json_faults(document: bytes) -> list[str]:
    """JSON Feed 1.1: its schema, dates, unique ids and pages that lead on."""
    feed = json.loads(document.decode("utf-8"))
    found = [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(feed)]
    if feed.get("next_url") == feed.get("feed_url"):
        found.append("next_url leads back to where it is")
    for item in feed.get("items", []):
        published, modified = item.get("date_published", ""), item.get("date_modified", "")
        found += [f"{text} is no date" for text in (published, modified) if not iso(text)]
        found += html_faults(item.get("id"), item.get("content_html", ""))
        if later(published, modified):
            found.append(f"{item.get('id')}: published after it was modified")
        if "content_html" not in item and "summary" in item:
            found.append(f"{item.get('id')}: a summary of nothing")
    ids = [item.get("id") for item in feed.get("items", [])]
    return [*found, *(f"{one}: more than one entry" for one in twice(ids))]


def _texts(node: etree._Element, name: str) -> list[str]:
    return [child.text or "" for child in node.findall(name)]
