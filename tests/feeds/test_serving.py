"""Feeds over HTTP: what is sent, and what is not sent again."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import clock
from feeds import serving
from feeds.conditional import accepts_gzip, not_modified
from tests.feeds.stories import NOW

BODY = b"<feed>" + b"words " * 500 + b"</feed>\n"
MODIFIED = int(NOW.timestamp())
DATE = formatdate(MODIFIED, usegmt=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = "https://x.example"
    monkeypatch.setattr(serving, "_shelf", serving.Shelf())
    put("all.atom")
    return settings.FEED_FOLDER


def put(name, body=BODY, modified=MODIFIED):
    from django.conf import settings

    path = settings.FEED_FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name("draft")
    draft.write_bytes(body)
    os.utime(draft, (modified, modified))
    draft.replace(path)


def ask(path="/feeds/all.atom", method="GET", **headers):
    """Status, headers and body of the answer."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("a feed has no use for a body")

    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": named}
    asyncio.run(serving.application(scope, receive, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_a_feed_and_all_that_is_said_with_it():
    status, headers, body = ask()
    tag = headers.pop("etag")
    assert (status, body) == (200, BODY)
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert headers == {
        "content-type": "application/atom+xml; charset=utf-8",
        "content-length": str(len(BODY)),
        "last-modified": DATE,
        "link": '<https://x.example/feeds/all.atom>; rel="self"',
        "cache-control": "public, max-age=60, stale-while-revalidate=600, stale-if-error=600",
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, Link",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'",
    }


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [("atom", "application/atom+xml"), ("rss", "application/rss+xml"), ("json", "application/feed+json")],
)
def test_each_format_has_its_media_type(suffix, media_type):
    put(f"topics/arms-control.{suffix}")
    assert ask(f"/feeds/topics/arms-control.{suffix}")[1]["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.holds("F3")
def test_whoever_has_it_is_told_so_by_etag_alone_or_by_date_alone():
    tag = ask()[1]["etag"]
    for headers in (
        {"if_none_match": tag}, {"if_none_match": f"W/{tag}"}, {"if_none_match": f'"x", W/"y,z",{tag}'},
        {"if_none_match": "*"}, {"if_modified_since": DATE},
        {"if_modified_since": formatdate(MODIFIED + 60, usegmt=True)},
        {"if_none_match": tag, "if_modified_since": formatdate(0, usegmt=True)},
    ):  # fmt: skip
        status, answered, body = ask(**headers)
        assert (status, body) == (304, b""), headers
        assert answered["etag"] == tag
        assert not {"content-length", "content-type", "content-encoding"}.intersection(answered)
        assert {"cache-control", "vary", "last-modified", "access-control-allow-origin"} <= answered.keys()


@pytest.mark.holds("F3")
def test_whoever_has_it_not_gets_it():
    for headers in (
        {"if_none_match": '"other"'}, {"if_none_match": '"other"', "if_modified_since": DATE},
        {"if_modified_since": formatdate(MODIFIED - 1, usegmt=True)}, {"if_modified_since": "yesterday"},
        {"if_modified_since": ""}, {"if_none_match": ""}, {"if_none_match": "nonsense"},
    ):  # fmt: skip
        assert ask(**headers)[0] == 200, headers


@pytest.mark.holds("F3")
def test_compressed_where_it_is_wanted_and_known_again_in_either_encoding():
    plain = ask()[1]["etag"]
    status, headers, body = ask(accept_encoding="br, gzip;q=0.8")
    assert (status, gzip.decompress(body)) == (200, BODY)
    assert (headers["content-encoding"], int(headers["content-length"])) == ("gzip", len(body))
    assert headers["etag"] != plain
    for tag in (plain, headers["etag"]):
        for encoding in ("gzip", "identity"):
            assert ask(if_none_match=tag, accept_encoding=encoding)[0] == 304
    assert ask(accept_encoding="gzip")[2] == body, "made once"


@pytest.mark.holds("F3")
def test_head_says_the_same_without_the_body():
    for encoding in ("gzip", "identity"):
        got, head = ask(accept_encoding=encoding), ask(method="HEAD", accept_encoding=encoding)
        assert head == (got[0], got[1], b"")


def test_feeds_can_only_be_read():
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "get"):
        status, headers, _ = ask(method=method)
        assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/none.atom", "/feeds/../secret.atom", "/feeds/offices/../../secret.atom", "/feeds//etc/secret.atom",
        "/feeds/.hidden.atom", "/feeds/..atom", "/feeds/.atom", "/feeds/a%2fb.atom", "/feeds/a\x00.atom",
        "/feeds/all.atom/x.atom", "/feeds/\\secret.atom", "/feeds/dir.atom", "/feeds/all.atom\n", "/feeds/é.atom",
        "/feeds/" + "x" * 5000 + ".atom", "/feeds/\udcff.atom",
    ],
)  # fmt: skip
def test_what_is_no_feed_is_not_found(path, folder):
    (folder.parent / "secret.atom").write_bytes(b"secret")
    (folder / ".hidden.atom").write_bytes(b"secret")
    (folder / "dir.atom").mkdir()
    status, headers, body = ask(path)
    assert (status, body) == (404, b"There is no such feed.\n")
    assert headers["content-type"] == "text/plain; charset=utf-8"


@given(st.text(alphabet="./\\a\x00%2e~ ", max_size=12))
def test_no_path_leads_out_of_the_folder(middle):
    found = serving._FEED.fullmatch(f"/feeds/{middle}.atom")
    assert found is None or ".." not in found[1]
    assert found is None or not found[1].startswith("/")


def test_it_serves_what_looks_like_a_feed_and_nothing_else():
    yes = ["/feeds/all.atom", "/feeds/topics/x.json", "/feeds/none.rss", "/feeds/../x.atom"]
    no = [
        "/feeds/",
        "/feeds/all",
        "/feeds.opml",
        "/feeds/all.xml",
        "/",
        "/feeds/all.atom/",
        "/x/feeds/all.atom",
    ]
    assert [serving.serves(path) for path in yes + no] == [True] * len(yes) + [False] * len(no)


def test_a_file_replaced_is_served_at_once():
    before = ask()[1]
    put("all.atom", BODY + b"more", MODIFIED + 1)
    status, headers, body = ask(if_none_match=before["etag"], if_modified_since=before["last-modified"])
    assert (status, body) == (200, BODY + b"more")
    assert headers["last-modified"] > before["last-modified"]


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_served_at_once():
    assert ask()[2] == BODY
    put("all.atom", BODY.swapcase())
    assert ask()[2] == BODY.swapcase()


def test_a_file_that_is_gone_is_gone(folder):
    assert ask()[0] == 200
    (folder / "all.atom").unlink()
    assert ask()[0] == 404


def test_no_date_lies_in_the_future(monkeypatch):
    put("all.atom", BODY, MODIFIED + 30)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert ask()[1]["last-modified"] == DATE
    assert ask(if_modified_since=DATE)[0] == 200, "a later version may follow within the same second"


def test_memory_is_bounded():
    shelf = serving.Shelf(bound=25)
    made = [serving.Document((n, 0, 0), b"x" * 8, b"y" * 2, str(n)) for n in range(3)]
    for n, document in enumerate(made):
        shelf.put(f"/{n}", document)
    assert [shelf.get(f"/{n}", (n, 0, 0)) for n in range(3)] == [None, *made[1:]]
    huge = serving.Document((9, 0, 0), b"x" * 99, b"", "9")
    shelf.put("/9", huge)
    assert shelf.get("/9", (9, 0, 0)) is huge
    assert shelf._size == 99
    assert shelf.get("/9", (8, 0, 0)) is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, False), ("", False), ("gzip", True), ("GZIP", True), ("x-gzip", True), ("gzip;q=0", False),
        ("gzip; q=0.0, *", False), ("*", True), ("*;q=0", False), ("br", False), ("identity", False),
        ("identity;q=1, gzip;q=0.5", False), ("identity;q=0.5, gzip;q=1.0", True), ("gzip;q=x", False),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
    ],
)  # fmt: skip
def test_what_accept_encoding_asks_for(header, wanted):
    assert accepts_gzip(header) is wanted


@given(st.text(), st.text(), st.text())
def test_no_header_is_too_odd(match, since, encoding):
    not_modified(match, since, "0123", MODIFIED)
    accepts_gzip(encoding)
    assert not_modified(None, None, "0123", MODIFIED) is False
