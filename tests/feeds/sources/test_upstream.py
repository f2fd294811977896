"""Feeds of other makers: each beside what is to be read from it; and their ways over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.formats import FORMATS
from feeds.sources import jsonfeed_read, syndication, upstream
from feeds.sources.categories import Category, Rule, Rules
from feeds.sources.item import RawItem, Reading
from feeds.sources.upstream import Options
from feeds.sources.way import Fetched, Origin, Tools, Unusable
from feeds.web.answer import FetchError
from feeds.web.client import Client
from tests.feeds.formats.test_formats import BARE, ENTRY, FEED
from tests.feeds.web.server import Site, site, web

__all__ = ["site", "web"]
MAKERS = Path(__file__).parent / "upstream"
NOW = datetime(2025, 2, 17, 12, tzinfo=UTC)
BASE = "https://base.example/feed"
FEED_BYTES = (MAKERS / "wordpress.rss").read_bytes()


def read(data: bytes, name: str = "feed", **how: Any) -> Reading:
    kind = jsonfeed_read if jsonfeed_read.is_jsonfeed(data) else syndication
    return kind.read(data, name, BASE, **how)


def shown(path: Path | str) -> dict[str, Any]:
    """A reading as plain JSON: what is empty is left out."""
    path = Path(path)
    reading = read(path.read_bytes(), path.name)
    empty = {field.name: field.default for field in fields(RawItem)}
    items = [
        {name: value for name, value in asdict(item).items() if value != empty[name] and name != "line"}
        for item in reading.items
    ]
    return json.loads(
        json.dumps(
            {
                "items": items,
                "faults": [str(fault) for fault in reading.faults],
                "complete": reading.complete,
                "next_page": reading.next_page,
            },
            default=str,
        )
    )


@pytest.mark.parametrize(
    "path", sorted(p for p in MAKERS.iterdir() if not p.name.endswith(".expected.json")), ids=lambda p: p.name
)
def test_each_maker_is_read_as_expected(path: Path) -> None:
    expected = path.with_name(f"{path.name}.expected.json")
    assert shown(path) == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_our_own_feeds_are_read_back_with_their_labels(suffix: str) -> None:
    reading = read(FORMATS[suffix].render(FEED))
    first, bare = reading.items
    assert (first.key, first.url, first.title) == (ENTRY.id, ENTRY.url, ENTRY.title)
    assert (bare.key, bare.url) == (BARE.id, BARE.url)
    if suffix != "json":  # JSON Feed's tags have no schemes
        assert (first.topics, first.type, first.offices) == (("Border management",), "News", ())
    assert first.image_url == ENTRY.image


def test_categories_are_what_the_rules_say() -> None:
    rules = Rules(
        (
            Rule(label="press releases", to="type", name="Press release"),
            Rule(prefix="Office: ", to="office"),
            Rule(scheme="urn:noise", to="nothing"),
        ),
        "topic",
    )
    found = rules.sort(
        [
            Category("", "pr", "Press Releases"),
            Category("", "Office: Vienna"),
            Category("urn:noise", "x"),
            Category("", "roads", "Roads"),
            Category("", "Roads"),
        ]
    )
    assert (found.type, found.offices, found.topics) == ("Press release", ("Vienna",), ("Roads",))
    own = Category("https://y.example/offices/", "Tirana")
    assert Rules((), "nothing").sort([Category("", "x"), own]).offices == ("Tirana",)


def test_a_rule_names_a_category_by_its_label_or_its_term() -> None:
    rules = Rules((Rule(label="pr", to="type", name="Press release"),))
    assert rules.sort([Category("", "PR", "Press Releases")]).type == "Press release"
    assert rules.sort([Category("", "", "pr")]).type == "Press release"


@given(st.binary(max_size=300))
def test_junk_is_only_ever_a_reading(data: bytes) -> None:
    syndication.read(data, "junk", BASE)
    jsonfeed_read.read(data, "junk", BASE)


@given(
    st.integers(0, 4000),
    st.integers(0, 4000),
    st.binary(max_size=12),
    st.sampled_from(sorted(p.name for p in MAKERS.iterdir())),
)
def test_a_feed_that_was_tampered_with_is_only_ever_a_reading(
    at: int, upto: int, put: bytes, name: str
) -> None:
    data = (MAKERS / name).read_bytes()
    read(data[:at] + put + data[min(at, upto) :], name)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "title", "date_published", "tags", "authors", "items", "url"]),
                x,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_the_items_of_a_json_feed_are(items: Any) -> None:
    jsonfeed_read.read(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode(), "j", BASE
    )


BOMBS = {
    "laughs": b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    ) + b']><rss version="2.0"><channel><title>&j;</title><item><title>&j;</title></item></channel></rss>',
    "blow-up": b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 500_000 + b'">]><rss version="2.0"><channel><item><title>'
    + b"&a;" * 20_000 + b"</title></item></channel></rss>",
    "outside": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item>'
    b"<title>&a;root</title><pubDate>Mon, 17 Feb 2025 10:00:00 GMT</pubDate></item></channel></rss>",
    "deep": b'<rss version="2.0"><channel>' + b"<a>" * 60_000 + b"</channel></rss>",
    "long": b'<rss version="2.0"><channel><item><title>' + b"x" * 9_000_000 + b"</title></item></channel></rss>",
}  # fmt: skip
CHILD = """
import resource, sys, time
sys.path.insert(0, sys.argv[1])
import tests.settings, django
from django.conf import settings
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from feeds.sources import syndication
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
reading = syndication.read(sys.stdin.buffer.read(), "bomb", "")
spent = time.process_time() - began
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
text = " ".join(item.title for item in reading.items)
print(spent, grown // 1024, "root:" in text)
"""


@pytest.mark.holds("S6")
@pytest.mark.parametrize("bomb", BOMBS)
def test_an_xml_bomb_costs_little_and_brings_nothing_of_ours(bomb: str) -> None:
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, root],
        input=BOMBS[bomb],
        capture_output=True,
        timeout=60,
        check=True,
        cwd=root,
    )
    seconds, megabytes, leaked = done.stdout.split()
    assert float(seconds) < 2
    assert int(megabytes) < 200
    assert leaked == b"False"


def fetch(
    web: Client, site: Site, memory: dict[str, Any] | None = None, path: str = "/feed", **options: Any
) -> Fetched:
    origin = Origin(
        "up",
        (memory or {}).get("address") or site.url + path,
        "en",
        Options.model_validate_json(json.dumps(options)),
    )
    return upstream.fetch(origin, memory or {}, Tools(web, NOW, lambda keys: set()))


def test_asked_again_by_tag_and_date_it_says_that_nothing_is_new(site: Site, web: Client) -> None:
    site.put(
        "/feed", FEED_BYTES, type="application/rss+xml", etag='"1"', modified="Mon, 17 Feb 2025 10:00:00 GMT"
    )
    first = fetch(web, site)
    assert (len(first.items), first.complete, first.unchanged) == (1, True, False)
    again = fetch(web, site, dict(first.memory))
    assert (again.unchanged, again.items, again.memory) == (True, (), first.memory)


def test_it_is_asked_again_when_it_wants_to_be(site: Site, web: Client) -> None:
    site.put("/feed", FEED_BYTES, headers={"Cache-Control": "max-age=3600"})
    until = fetch(web, site).not_before
    assert until is not None
    assert until > NOW
    for status in (429, 503):
        site.put("/feed", b"", status=status, headers={"Retry-After": "7200"})
        with pytest.raises(FetchError) as refused:
            fetch(web, site)
        assert refused.value.not_before is not None
        assert str(status) in str(refused.value)


def test_gone_for_good_moved_for_good_and_moved_for_now(site: Site, web: Client) -> None:
    site.put("/new", FEED_BYTES)
    site.put("/feed", b"", status=301, headers={"Location": "/new"})
    moved = fetch(web, site)
    assert moved.memory["address"] == site.url + "/new"
    before = len(site.requests)
    fetch(web, site, dict(moved.memory))
    assert [asked.path for asked in site.requests[before:]] == ["/new"]
    site.put("/feed", b"", status=302, headers={"Location": "/new"})
    assert "address" not in fetch(web, site).memory
    site.put("/feed", b"", status=410)
    assert fetch(web, site).gone


@pytest.mark.parametrize(("status", "body"), [(404, b""), (500, b"oops"), (401, b""), (403, b"")])
def test_an_error_is_told_with_its_number(site: Site, web: Client, status: int, body: bytes) -> None:
    site.put("/feed", body, status=status)
    with pytest.raises(FetchError, match=f"answered {status}; expected a feed"):
        fetch(web, site)


def test_a_page_instead_of_a_feed_says_where_the_feed_is(site: Site, web: Client) -> None:
    site.put(
        "/feed",
        b'<!DOCTYPE html><html><link rel=alternate type="application/atom+xml" href="/real.atom"></html>',
    )
    with pytest.raises(Unusable, match=r"it names http://127.0.0.1:\d+/real.atom as its feed"):
        fetch(web, site)
    site.put("/feed", b"<!DOCTYPE html><html>maintenance</html>")
    with pytest.raises(Unusable, match="a web page, expected a feed"):
        fetch(web, site)


def test_a_truncated_feed_gives_what_stands_whole_and_is_asked_for_again(site: Site, web: Client) -> None:
    item = FEED_BYTES[FEED_BYTES.index(b"<item>") : FEED_BYTES.index(b"</item>") + 7]
    site.put("/feed", FEED_BYTES.replace(b"</channel></rss>", item[: len(item) // 2]), etag='"half"')
    fetched = fetch(web, site)
    assert (len(fetched.items), fetched.complete, "etag" in fetched.memory) == (1, False, False)


def test_json_feed_is_told_by_its_content_whatever_its_type(site: Site, web: Client) -> None:
    site.put("/feed", (MAKERS / "jsonfeed11.json").read_bytes(), type="text/plain")
    fetched = fetch(web, site, categories=[{"label": "borders", "to": "office", "name": "Vienna"}])
    assert (fetched.items[0].title, fetched.items[0].offices, len(fetched.faults)) == (
        "First",
        ("Vienna",),
        4,
    )


def test_an_entry_is_named_by_its_link_where_ids_change(site: Site, web: Client) -> None:
    site.put("/feed", FEED_BYTES)
    (item,) = fetch(web, site, key="link").items
    assert item.key == item.url == "https://bridges.example/2025/02/old-bridge/"


def test_an_answer_is_good_for_a_day_at_most(site: Site, web: Client) -> None:
    site.put("/feed", FEED_BYTES, headers={"Cache-Control": "max-age=99999999"})
    until = fetch(web, site).not_before
    assert until is not None
    assert until <= NOW + timedelta(days=1)


def test_the_example_of_the_guide_is_a_configuration() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "syndication.md").read_text(encoding="utf-8")
    (row,) = tomllib.loads(guide.split("```toml")[1].split("```")[0])["source"]
    options = Options.model_validate_json(json.dumps(row["options"]))
    assert [rule.to for rule in options.categories] == ["type", "office", "nothing"]
    described = {name for name in Options.model_fields if name in guide}
    assert described >= set(Options.model_fields) - {"check_pages_days"}
