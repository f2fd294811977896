"""Judges of the three formats: each returns every fault of a document as a sentence, and none for a good one."""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from lxml import etree

DATA = Path(__file__).parent.parent / "data"
ATOM = "{http://www.w3.org/2005/Atom}"
RELAX_NG = etree.RelaxNG(etree.parse(DATA / "atom.rng"))
SCHEMA = Draft202012Validator(json.loads((DATA / "jsonfeed.schema.json").read_text(encoding="utf-8")))
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ONCE_IN_CHANNEL = {"title", "link", "description", "language", "docs", "generator", "lastBuildDate"}
ONCE_IN_ITEM = {"title", "link", "description", "guid", "pubDate", "enclosure"}
NAMES = {
    "channel": ONCE_IN_CHANNEL | {"item"},
    "item": ONCE_IN_ITEM | {"category"},
}


def faults(suffix: str, document: bytes) -> list[str]:
    return {"atom": atom_faults, "rss": rss_faults, "json": json_faults}[suffix](document)


def atom_faults(document: bytes) -> list[str]:
    """RFC 4287: its grammar, and the rules that the grammar cannot say."""
    root = etree.fromstring(document)
    found = [] if RELAX_NG.validate(root) else [f"grammar: {error}" for error in RELAX_NG.error_log]
    found += _duplicates([entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")])
    if len(root.findall(f"{ATOM}link[@rel='self']")) != 1:
        found.append("feed: one link of rel self is wanted (4.1.1)")
    for node in (root, *root.iter(f"{ATOM}entry")):
        name = node.findtext(f"{ATOM}id") or "no id"
        if not urlsplit(name).scheme:
            found.append(f"{name}: an id is an absolute IRI (4.2.6)")
        if not (node.findtext(f"{ATOM}title") or "").strip():
            found.append(f"{name}: its title says nothing")
        if node.find(f"{ATOM}author") is None and root.find(f"{ATOM}author") is None:
            found.append(f"{name}: has no author (4.1.2)")
        alternates = node.findall(f"{ATOM}link[@rel='alternate']")
        if len({(link.get("type"), link.get("hreflang")) for link in alternates}) != len(alternates):
            found.append(f"{name}: two alternates of the same type and language (4.1.1)")
        if node is not root and node.find(f"{ATOM}content") is None and not alternates:
            found.append(f"{name}: neither content nor alternate (4.1.2)")
        found += [
            f"{name}: {link.get('href')} is not absolute"
            for link in node.iter(f"{ATOM}link")
            if not _web(link.get("href"))
        ]
        for date in (f"{ATOM}updated", f"{ATOM}published"):
            found += [
                f"{name}: {text} is no RFC 3339 date"
                for text in _texts(node, date)
                if not RFC3339.fullmatch(text)
            ]
    return found


def rss_faults(document: bytes) -> list[str]:
    """RSS 2.0 as the Advisory Board has it, and its profile's advice that a reader would miss."""
    root = etree.fromstring(document)
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        return ["no rss 2.0 with one channel"]
    channel = root[0]
    found = [f"channel: no {name}" for name in ("title", "link", "description") if not channel.findtext(name)]
    if len(channel.findall(f"{ATOM}link[@rel='self']")) != 1:
        found.append("channel: one atom:link of rel self is wanted")
    for node in (channel, *channel.findall("item")):
        plain = [child.tag for child in node if isinstance(child.tag, str) and not child.tag.startswith("{")]
        found += [f"{node.tag}: {name} is not of RSS" for name in plain if name not in NAMES[node.tag]]
        once = ONCE_IN_CHANNEL if node is channel else ONCE_IN_ITEM
        found += [f"{node.tag}: {name} more than once" for name in once if plain.count(name) > 1]
        found += [f"{node.tag}: {text} is no address" for text in _texts(node, "link") if not _web(text)]
        for date in ("lastBuildDate", "pubDate"):
            found += [f"{text} is no RFC 822 date" for text in _texts(node, date) if not _rfc822(text)]
    for item in channel.findall("item"):
        if not item.findtext("title") and not item.findtext("description"):
            found.append("item: neither title nor description")
        guid = item.find("guid")
        if guid is None or guid.get("isPermaLink") != "false" or not guid.text:
            found.append("item: no guid, or one that readers would take for an address")
        for enclosure in item.findall("enclosure"):
            if not (
                _web(enclosure.get("url"))
                and enclosure.get("length", "").isdigit()
                and "/" in enclosure.get("type", "")
            ):
                found.append("item: enclosure without url, length or type")
    return found + _duplicates([item.findtext("guid") for item in channel.findall("item")])


def json_faults(document: bytes) -> list[str]:
    """JSON Feed 1.1: its schema, dates and unique ids."""
    feed = json.loads(document.decode("utf-8"))
    found = [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(feed)]
    for item in feed.get("items", []):
        found += [
            f"{item[name]} is no date" for name in ("date_published", "date_modified") if not _iso(item[name])
        ]
    return found + _duplicates([item.get("id") for item in feed.get("items", [])])


def _duplicates(ids: list[str]) -> list[str]:
    return [f"{one}: more than one entry" for one in sorted({one for one in ids if ids.count(one) > 1})]


def _texts(node: etree._Element, name: str) -> list[str]:
    return [child.text or "" for child in node.findall(name)]


def _web(address: str | None) -> bool:
    return address is not None and re.fullmatch(r"https?://[!-~]+", address) is not None


def _rfc822(text: str) -> bool:
    """Written out again it is the same: day of the week right, English, four figures for the year."""
    return format_datetime(parsedate_to_datetime(text), usegmt=True) == text


def _iso(text: str) -> bool:
    return RFC3339.fullmatch(text) is not None and datetime.fromisoformat(text).tzinfo is not None
