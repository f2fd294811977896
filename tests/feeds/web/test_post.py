"""Sending a form: as guarded as fetching, and told twice only where that is what a redirect means."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from feeds.web.answer import Refused, Unreachable
from feeds.web.client import Limits
from tests.feeds.web.server import client, serving

FORM = [
    ("hub.mode", "publish"),
    ("hub.url", "https://x.example/a?b=c&d=ü"),
    ("hub.url", "https://x.example/b"),
]


def test_a_form_comes_as_it_was_sent(site, web):
    site.put("/hub", status=204)
    answer = web.post(site.url + "/hub?key=1", FORM)
    assert (answer.status, answer.body, answer.url) == (204, b"", site.url + "/hub?key=1")
    (asked,) = site.requests
    assert (asked.method, asked.path) == ("POST", "/hub?key=1")
    assert parse_qsl(asked.body.decode()) == FORM
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["content-length"] == str(len(asked.body))
    assert asked.headers["host"] == f"127.0.0.1:{site.port}"
    assert asked.headers["user-agent"].startswith("Herald/")


def test_a_refusal_comes_with_its_words_and_its_patience(site, web):
    site.put("/hub", "hub.url invalid", status=400, retry_after=60)
    answer = web.post(site.url + "/hub", FORM)
    assert (answer.status, answer.body) == (400, b"hub.url invalid")
    assert answer.not_before is not None


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed_with_the_form(site, web, status):
    site.redirect("/old", "/new", status)
    site.put("/new", status=202)
    answer = web.post(site.url + "/old", FORM)
    assert (answer.status, answer.url) == (202, site.url + "/new")
    assert [(asked.method, asked.path, parse_qsl(asked.body.decode())) for asked in site.requests] == [
        ("POST", "/old", FORM),
        ("POST", "/new", FORM),
    ]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304])
def test_any_other_redirect_is_an_answer(site, web, status):
    site.redirect("/old", "/new", status)
    assert web.post(site.url + "/old", FORM).status == status
    assert site.paths == ["/old"]


def test_redirects_without_end_are_given_up(site, web):
    site.redirect("/hub", "/hub", 307)
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        web.post(site.url + "/hub", FORM)
    assert len(site.requests) == 6


@pytest.mark.holds("S6")
def test_a_form_goes_to_no_private_address_by_whatever_way(site):
    with pytest.raises(Refused, match=r"name 127\.0\.0\.1 in FETCH_ALLOW"):
        client("192.0.2.1").post(site.url + "/hub", FORM)
    site.redirect("/hub", "http://127.0.0.2:1/", 307)
    with pytest.raises(Refused, match=r"name 127\.0\.0\.2 in FETCH_ALLOW"):
        client("127.0.0.1").post(site.url + "/hub", FORM)


@pytest.mark.parametrize(
    "how",
    [
        {"headers": {"Content-Length": "9" * 12}}, {"chunked": True, "cut": 1}, {"cut": 3},
        {"headers": {"Content-Encoding": "x"}},
    ],
)  # fmt: skip
def test_what_is_said_with_a_success_is_not_listened_to(site, web, how):
    site.put("/hub", "x" * 10_000, **how)
    assert web.post(site.url + "/hub", FORM).status == 200


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "how", [{"hang": True}, {"latency": 5.0}, {"drip": 0.02}, {"drip": 0.02, "status": 500}]
)
def test_it_has_one_deadline(site, how):
    site.put("/hub", "x" * 5000, **how)
    with pytest.raises(Unreachable, match=r"took longer than 0\.2 s"):
        client(limits=Limits(seconds=0.2)).post(site.url + "/hub", FORM)


def test_nobody_there_is_told(web):
    with serving() as site:
        url = site.url
    with pytest.raises(Unreachable, match="no connection"):
        web.post(url + "/hub", FORM)
