"""Feeds over HTTP: what is sent, and what is not sent again."""

from __future__ import annotations

import gzip
import os
import re
from email.utils import formatdate

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from config import clock
from feeds import serving
from feeds.conditional import coding, not_modified
from feeds.folder import Folder
from feeds.memory import Memory
from feeds.sheet import Sheet, Span
from tests.feeds.asking import ask
from tests.feeds.stories import NOW

BODY = b"<feed>" + b"words " * 500 + b"</feed>\n"
MODIFIED = int(NOW.timestamp())
DATE = formatdate(MODIFIED, usegmt=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = "https://x.example"
    monkeypatch.setattr(serving, "_memory", Memory())
    put("all.atom")
    return settings.FEED_FOLDER


def put(name, body=BODY, modified=MODIFIED):
    from django.conf import settings

    path = settings.FEED_FOLDER / name
    Folder(settings.FEED_FOLDER).write(name, sheet(body), NOW)
    os.utime(path, (modified, modified))


def sheet(body, seq=7):
    return Sheet(body, seq=seq, head=6, tail=8, spans=(Span(seq, 6, len(body) - 14),))


def test_a_feed_and_all_that_is_said_with_it():
    status, headers, body = ask()
    tag = headers.pop("etag")
    assert (status, body) == (200, BODY)
    assert re.fullmatch(r'"7-[0-9a-f]{24}"', tag), "the last change, and a hash of the bytes"
    assert headers == {
        "content-type": "application/atom+xml; charset=utf-8",
        "content-length": str(len(BODY)),
        "last-modified": DATE,
        "link": '<https://x.example/feeds/all.atom>; rel="self"',
        "cache-control": "public, max-age=60, stale-while-revalidate=600, stale-if-error=600",
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, IM, Link",
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


UNPACK = {"br": brotli.decompress, "zstd": zstandard.decompress, "gzip": gzip.decompress}


@pytest.mark.holds("F3")
@pytest.mark.parametrize("wanted", UNPACK)
def test_packed_as_it_is_wanted_and_known_again_in_any_encoding(wanted):
    plain = ask()[1]["etag"]
    status, headers, body = ask(accept_encoding=f"{wanted}, identity;q=0.5")
    assert (status, UNPACK[wanted](body)) == (200, BODY)
    assert (headers["content-encoding"], int(headers["content-length"])) == (wanted, len(body))
    assert headers["etag"] != plain
    for tag in (plain, headers["etag"]):
        for encoding in (*UNPACK, "identity"):
            assert ask(if_none_match=tag, accept_encoding=encoding)[0] == 304


@pytest.mark.holds("F3")
def test_the_packed_twins_are_made_when_the_feed_is_and_not_when_it_is_asked_for(monkeypatch):
    for packer in ("brotli.compress", "zstandard.compress", "isal.igzip.compress"):
        monkeypatch.setattr(packer, lambda *_, **__: pytest.fail("packed while somebody waits"))
    assert [ask(accept_encoding=name)[1]["content-encoding"] for name in UNPACK] == list(UNPACK)


def test_a_feed_whose_twins_or_card_are_lost_is_served_all_the_same(folder):
    for lost in ("all.atom.br", ".all.atom.card"):
        put("all.atom", BODY + lost.encode())
        (folder / lost).unlink()
        assert ask(accept_encoding="gzip")[0] == 200
        assert gzip.decompress(ask(accept_encoding="gzip")[2]) == BODY + lost.encode()


@pytest.mark.holds("F3")
def test_head_says_the_same_without_the_body():
    for encoding in ("gzip", "identity"):
        got, head = ask(accept_encoding=encoding), ask(method="HEAD", accept_encoding=encoding)
        assert head == (got[0], got[1], b"")


def test_feeds_can_only_be_read():
    for method in ("POST", "PUT", "DELETE", "get"):
        status, headers, _ = ask(method=method)
        assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")


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


def test_memory_is_bounded(folder):
    memory = Memory(bound=3 * len(BODY))
    for n in range(3):
        put(f"{n}.atom", BODY + str(n).encode())
        assert memory.read(folder / f"{n}.atom").plain.endswith(str(n).encode())
    assert [memory.get(folder / f"{n}.atom") is not None for n in range(3)] == [False, True, True]
    put("huge.atom", BODY * 9)
    huge = memory.read(folder / "huge.atom")
    assert memory.get(folder / "huge.atom") is huge
    assert memory.get(folder / "2.atom") is None


ALL = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, ""), ("", ""), ("gzip", "gzip"), ("GZIP", "gzip"), ("x-gzip", "gzip"), ("gzip;q=0", ""),
        ("gzip; q=0.0, *", "zstd"), ("*", "zstd"), ("*;q=0", ""), ("compress", ""), ("identity", ""),
        ("identity;q=1, gzip;q=0.5", ""), ("identity;q=0.5, gzip;q=1.0", "gzip"), ("gzip;q=x", ""),
        ("deflate, gzip;q=1.0, *;q=0.5", "gzip"), ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"), ("gzip, zstd", "zstd"),
        ("br;q=0.1, gzip;q=0.2", "gzip"),
    ],
)  # fmt: skip
def test_what_accept_encoding_asks_for(header, wanted):
    assert coding(header, ALL) == wanted


def test_only_what_there_is_is_offered():
    assert coding("br, gzip", ["gzip"]) == "gzip"
    assert coding("br", ["gzip"]) == ""


@given(st.text(), st.text(), st.text())
def test_no_header_is_too_odd(match, since, encoding):
    not_modified(match, since, "0123", MODIFIED)
    coding(encoding, ALL)
    assert not_modified(None, None, "0123", MODIFIED) is False


def test_an_office_with_a_topic_in_which_nothing_ever_was_leads_to_the_selection():
    status, headers, _ = ask("/feeds/offices/vienna/topics/youth.rss")
    assert status == 302
    assert headers["location"] == "https://x.example/feeds/selection.rss?office=vienna&topic=youth"
    put("offices/vienna/topics/youth.rss")
    assert ask("/feeds/offices/vienna/topics/youth.rss")[0] == 200


def test_an_archive_document_that_was_changed_is_found_by_its_old_address():
    put("all/archive/3-2.atom")
    status, headers, _ = ask("/feeds/all/archive/3.atom")
    assert (status, headers["location"]) == (301, "https://x.example/feeds/all/archive/3-2.atom")
    assert ask("/feeds/all/archive/4.atom")[0] == 404


def test_a_page_may_ask_whether_it_may_send_an_etag():
    """If-None-Match is no header that a page may send elsewhere without asking (Fetch, 2.2.2)."""
    status, headers, body = ask(method="OPTIONS", origin="https://reader.example")
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-allow-methods"] == "GET, HEAD"
    assert {"If-None-Match", "If-Modified-Since", "A-IM"} <= set(
        headers["access-control-allow-headers"].split(", ")
    )


@pytest.mark.holds("S11")
@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/feeds/none.atom", "GET", 404), ("/feeds/all.atom", "POST", 405),
     ("/feeds/offices/a/topics/b.atom", "GET", 302)],
)  # fmt: skip
def test_what_is_no_feed_is_said_openly_and_safely(path, method, status):
    """A page that follows an address elsewhere may do so only where each answer on the way allows it."""
    answered, headers, _ = ask(path, method)
    assert answered == status
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("asked", "kept"), [({"accept_encoding": "gzip"}, 1), ({"accept_encoding": "x" * 2_000}, 0)]
)
def test_answers_are_kept_only_where_they_are_small(folder, asked, kept):
    assert ask(**asked)[0] == 200
    document = serving._memory.get(folder / "all.atom")
    assert len(document.answers) == kept
