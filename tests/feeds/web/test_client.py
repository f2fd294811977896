"""What a fetch gives and what it refuses, against a real server."""

from __future__ import annotations

import dataclasses
import gzip
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.web.answer import FetchError, Unreachable, Validators
from feeds.web.client import Client, Limits, agent, from_settings
from feeds.web.guard import Allowed
from tests.feeds.stories import newsroom
from tests.feeds.web.server import Site, client, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def limited(**limits: float) -> Client:
    return client(limits=dataclasses.replace(Limits(), **limits))


def test_a_page_comes_whole(site, web):
    site.put("/a?b=c", "Übersicht", headers={"X-One": "1"}, type="text/html; charset=utf-8")
    answer = web.get(site.url + "/a?b=c#part", accept="text/html")
    assert (answer.status, answer.body.decode()) == (200, "Übersicht")
    assert answer.url == site.url + "/a?b=c"
    assert answer.headers["x-one"] == "1"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    (asked,) = site.requests
    assert (asked.method, asked.path) == ("GET", "/a?b=c")
    assert asked.headers["host"] == f"127.0.0.1:{site.port}"
    assert asked.headers["accept"] == "text/html"
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.headers["user-agent"].startswith("Herald/")


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 410, 418, 429, 500, 503, 599])
def test_any_status_is_an_answer(site, web, status):
    site.put("/a", "text", status=status)
    assert web.get(site.url + "/a").status == status


def test_what_is_the_same_is_not_sent_again(site, web):
    site.put("/feed", "text", etag='"v1"', modified="Sun, 01 Mar 2026 12:00:00 GMT")
    first = web.get(site.url + "/feed")
    assert first.validators == Validators('"v1"', "Sun, 01 Mar 2026 12:00:00 GMT")
    again = web.get(site.url + "/feed", validators=first.validators)
    assert (again.status, again.body) == (304, b"")
    site.put("/feed", "other", etag='"v2"')
    assert web.get(site.url + "/feed", validators=first.validators).body == b"other"


def test_validators_that_cannot_stand_in_a_header_are_left_out(site, web):
    site.put("/feed", "text", etag='"v1"')
    assert web.get(site.url + "/feed", validators=Validators('"v1"\r\nX: y', "\u2014")).status == 200
    assert not {"if-none-match", "if-modified-since", "x"} & site.requests[0].headers.keys()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_compressed_page_is_decoded(site, web, chunked):
    text = "so many words " * 5000
    site.put("/a", text, gzipped=True, chunked=chunked)
    assert web.get(site.url + "/a").body == text.encode()


@pytest.mark.parametrize(
    ("status", "moved"), [(301, True), (308, True), (302, False), (303, False), (307, False)]
)
def test_a_redirect_is_followed_and_remembered_if_it_is_for_good(site, web, status, moved):
    site.redirect("/old", "/new?x=1", status)
    site.put("/new", "text")
    answer = web.get(site.url + "/old")
    assert (answer.body, answer.url) == (b"text", site.url + "/new?x=1")
    assert answer.moved_to == (site.url + "/new?x=1" if moved else "")


def test_only_what_moved_for_good_before_the_first_passing_redirect_is_remembered(site, web):
    site.redirect("/1", "/2", 301)
    site.redirect("/2", "/3", 308)
    site.redirect("/3", "/4", 302)
    site.redirect("/4", "/5", 301)
    site.put("/5", "text")
    assert web.get(site.url + "/1").moved_to == site.url + "/3"


def test_a_move_to_nowhere_is_not_remembered(site, web):
    site.redirect("/old", "/gone", 301)
    answer = web.get(site.url + "/old")
    assert (answer.status, answer.moved_to) == (404, "")


def test_five_redirects_are_followed_and_no_sixth(site, web):
    for number in range(6):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.put("/6", "text")
    assert web.get(site.url + "/1").body == b"text"
    with pytest.raises(Unreachable, match="more than 5 redirects, the last to"):
        web.get(site.url + "/0")


def test_a_redirect_without_an_address_is_an_answer(site, web):
    site.put("/a", "text", status=302)
    assert (web.get(site.url + "/a").status, web.get(site.url + "/a").body) == (302, b"text")


def test_a_redirect_may_be_relative_and_in_any_script(site, web):
    site.put("/news/a", status=301, headers={"Location": "../über".encode().decode("latin-1")})
    site.put("/%C3%BCber", "text")
    assert web.get(site.url + "/news/a").body == b"text"


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("Sun, 01 Mar 2026 12:01:00 GMT", 60), ("9999999", 86400)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_may_ask_for_patience(site, status, value, seconds):
    site.put("/a", status=status, retry_after=value)
    assert client(now=lambda: NOW).get(site.url + "/a").not_before == NOW + timedelta(seconds=seconds)


def test_a_server_that_asks_for_none_gets_none(site, web):
    site.put("/a", status=503)
    assert web.get(site.url + "/a").not_before is None


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "how",
    [
        {"cut": 500}, {"cut": 0}, {"chunked": True, "cut": 3}, {"chunked": True, "cut": 4200},
        {"chunked": True, "cut": 10_014}, {"gzipped": True, "cut": 40}, {"reset": True}, {"raw": b""},
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Le"}, {"raw": b"220 mail.example ESMTP\r\n"}, {"raw": b"\x16\x03\x01"},
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"},
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}, {"raw": b"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n"},
        {"raw": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}, {"status": 206},
        {"raw": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 30_000 + b"\r\n"},
    ],
)  # fmt: skip
def test_half_an_answer_is_none(site, web, how):
    site.put("/a", "x" * 10_000, **how)
    with pytest.raises(Unreachable, match=rf"^http://127\.0\.0\.1:{site.port}/a: ") as failure:
        web.get(site.url + "/a?token=secret")
    assert "secret" not in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "how",
    [
        {"chunked": True},
        {"gzipped": True},
        {"gzipped": True, "chunked": True},
        {},
        {"headers": {"Content-Length": "9" * 20}},
    ],
)
def test_too_much_is_not_read_to_its_end(site, how):
    site.put("/a", bytes(1_000_001), **how)
    with pytest.raises(Unreachable, match="more than 1 MB"):
        limited(body=1_000_000).get(site.url + "/a")


def test_ten_megabytes_are_the_most(site, web):
    site.put("/a", bytes(10_000_000), chunked=True)
    site.put("/b", gzip.compress(bytes(10_000_001)), headers={"Content-Encoding": "gzip"})
    assert len(web.get(site.url + "/a").body) == 10_000_000
    with pytest.raises(Unreachable, match="more than 10 MB"):
        web.get(site.url + "/b")


@pytest.mark.holds("S6")
def test_headers_without_end_are_too_much(site):
    site.put("/a", raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50_000)
    with pytest.raises(Unreachable, match="sent too much"):
        limited(wire=500_000).get(site.url + "/a")


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "how",
    [
        {"latency": 5.0}, {"hang": True}, {"drip": 0.02}, {"drip": 0.02, "piece": 50},
        {"drip": 0.02, "piece": 60, "chunked": True}, {"drip": 0.02, "raw": b"HTTP/1.1 100 Continue\r\n\r\n" * 90},
    ],
)  # fmt: skip
def test_the_whole_of_it_has_one_deadline(site, how):
    site.put("/a", "x" * 5000, **how)
    with pytest.raises(Unreachable, match=r"took longer than 0\.2 s"):
        limited(seconds=0.2).get(site.url + "/a")


@pytest.mark.holds("S6")
def test_redirects_do_not_begin_a_new_deadline(site):
    for number in range(5):
        site.put(f"/{number}", status=302, headers={"Location": f"/{number + 1}"}, latency=0.1)
    with pytest.raises(Unreachable, match="took longer"):
        limited(seconds=0.25).get(site.url + "/0")
    assert len(site.requests) <= 3


def test_a_resolver_that_does_not_answer_is_not_waited_for():
    answered = threading.Event()
    web = client(limits=Limits(seconds=0.1), resolver=lambda host, port: [str(answered.wait(5))])
    with pytest.raises(Unreachable, match=r"its name was not found in 0\.1 s"):
        web.get("http://newsroom.example/")
    answered.set()


def test_nobody_there_is_told(web):
    with serving() as site:
        url = site.url
    with pytest.raises(Unreachable, match=r"no connection \(Connection refused\)"):
        web.get(url + "/a")


def test_the_next_address_is_tried(site):
    web = client(resolver=lambda host, port: ["127.0.0.2", "::1", "127.0.0.1"])
    site.put("/a", "text")
    assert web.get(f"http://newsroom.example:{site.port}/a").body == b"text"
    assert site.requests[0].headers["host"] == f"newsroom.example:{site.port}"


def test_the_agent_says_who_asks_and_whom_to_write_to():
    assert agent("1.2", "https://feeds.example.org", "desk@example.org") == (
        "Herald/1.2 (+https://feeds.example.org; desk@example.org)"
    )
    assert agent("1.2", "", "") == "Herald/1.2"
    assert agent("1.2", "", "Büro (Wien)\r\nX: y") == "Herald/1.2 (Bro WienX: y)"


@pytest.mark.django_db
@override_settings(BASE_URL="https://feeds.example.org", FETCH_ALLOW=["127.0.0.1"], FETCH_PROXY="")
@pytest.mark.parametrize(
    ("contact", "told"), [("desk@example.org", "desk@example.org"), ("", "post@example.org")]
)
def test_settings_and_the_newsroom_make_the_client(site, contact, told):
    newsroom(contact=contact, sender_address="post@example.org")
    site.put("/a", status=503, retry_after=60)
    answer = from_settings(lambda: NOW).get(site.url + "/a")
    assert answer.not_before == NOW + timedelta(seconds=60)
    assert site.requests[0].headers["user-agent"].endswith(f" (+https://feeds.example.org; {told})")


@settings(max_examples=30)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda b: b"HTTP/1.1 200 OK\r\n" + b)))
def test_whatever_comes_is_an_answer_or_a_fetch_error(junk: bytes):
    with serving() as site:
        site.put("/a", raw=junk)
        try:
            told = client(limits=Limits(seconds=2)).get(site.url + "/a").url
        except FetchError as error:
            told = str(error)
        assert told.startswith(site.url)


def test_nothing_is_logged_below_a_warning(site, web, caplog):
    caplog.set_level(logging.INFO)
    site.put("/a", "text")
    web.get(site.url + "/a?token=secret")
    assert caplog.records == []


def test_site_is_what_it_says(site: Site, web: Client):
    site.put("/a", "then")
    site.put("/a", "once", times=1)
    assert [web.get(site.url + "/a").body for _ in range(3)] == [b"once", b"then", b"then"]
    site.remove("/a")
    assert web.get(site.url + "/a").status == 404
    assert site.paths == ["/a"] * 4
    assert Allowed.of(["127.0.0.1"]).against("127.0.0.1") == ""
