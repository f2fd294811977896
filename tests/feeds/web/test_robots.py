"""Politeness: robots.txt (RFC 9309), and the time between two pages of one host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.answer import Answer, Refused, Unreachable
from feeds.web.robots import LARGEST, read
from tests.feeds.web.server import Site, client, serving


class Stopwatch:
    """Seconds that pass only when somebody waits or the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def web(watch):
    return client(ticks=watch, wait=watch.wait)


def robots(site: Site, text: str, **how: object) -> None:
    site.put("/robots.txt", text, type="text/plain", **how)


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private\n", "/private/x", False),
        ("User-agent: *\nDisallow: /private\n", "/public", True),
        ("User-agent: herald\nDisallow: /\n\nUser-agent: *\nDisallow:\n", "/x", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Herald\nAllow: /\n", "/x", True),
        ("User-agent: *\nDisallow: /news\nAllow: /news/releases\n", "/news/releases/1", True),
        ("User-agent: *\nDisallow: /*?page=\n", "/list?page=2", False),
        ("\ufeffUser-agent: *\nDisallow: /x\n", "/x", False),
        ("<html>not found</html>", "/x", True),
        ("", "/x", True),
    ],
)
def test_the_rules_of_a_host_are_kept(site, web, text, path, allowed):
    robots(site, text)
    assert web.allowed(site.url + path) is allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_no_rules_allow_all(site, web, status):
    robots(site, "User-agent: *\nDisallow: /\n", status=status)
    assert web.allowed(site.url + "/x")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_in_trouble_allows_nothing(site, web, status):
    robots(site, "", status=status)
    with pytest.raises(Unreachable, match=rf"robots\.txt: answered {status}"):
        web.allowed(site.url + "/x")


def test_a_host_that_cannot_be_reached_allows_nothing(web):
    with serving() as site:
        url = site.url
    with pytest.raises(Unreachable, match=r"robots\.txt"):
        web.allowed(url + "/x")


def test_a_host_that_must_not_be_asked_is_refused():
    with pytest.raises(Refused, match="FETCH_ALLOW"):
        client("10.0.0.0/8").allowed("http://127.0.0.1:1/x")


def test_rules_are_asked_for_once_a_day(site, web, watch):
    robots(site, "User-agent: *\nDisallow: /x\n")
    for _ in range(3):
        web.allowed(site.url + "/x")
    watch.seconds += 23 * 3600
    web.allowed(site.url + "/y")
    assert site.paths == ["/robots.txt"]
    watch.seconds += 3600
    robots(site, "")
    assert web.allowed(site.url + "/x")
    assert len(site.requests) == 2


def test_a_host_in_trouble_is_asked_again_after_minutes(site, web, watch):
    robots(site, "", status=503)
    for _ in range(3):
        with pytest.raises(Unreachable):
            web.allowed(site.url + "/x")
    assert len(site.requests) == 1
    robots(site, "")
    watch.seconds += 300
    assert web.allowed(site.url + "/x")


def test_rules_that_have_moved_are_followed(site, web):
    site.redirect("/robots.txt", "/elsewhere.txt", 301)
    site.put("/elsewhere.txt", "User-agent: *\nDisallow: /x\n")
    assert not web.allowed(site.url + "/x")


@pytest.mark.holds("S6")
def test_rules_that_have_moved_to_a_private_address_are_not_followed(site, web):
    site.redirect("/robots.txt", "http://10.0.0.1/robots.txt")
    with pytest.raises(Refused, match=r"10\.0\.0\.1 is no public address"):
        web.allowed(site.url + "/x")


def test_what_comes_after_half_a_megabyte_is_not_read():
    filling = b"# so long\n" * (LARGEST // 10)
    body = b"User-agent: *\nDisallow: /x\n" + filling + b"Disallow: /y\n"
    rules = read(Answer(200, "http://a.example/robots.txt", body))
    assert not rules.allow("http://a.example/x")
    assert rules.allow("http://a.example/y")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 1),
        ("User-agent: *\nCrawl-delay: 0.1\n", 1),
        ("User-agent: *\nCrawl-delay: 7\n", 7),
        ("User-agent: *\nCrawl-delay: 3600\n", 60),
        ("User-agent: *\nCrawl-delay: -5\n", 1),
        ("User-agent: *\nCrawl-delay: soon\n", 1),
        ("User-agent: *\nCrawl-delay: nan\n", 1),
        ("User-agent: *\nCrawl-delay: inf\n", 1),
        ("User-agent: *\nCrawl-delay: 9\n\nUser-agent: Herald\nCrawl-delay: 2\n", 2),
    ],
)
def test_the_time_between_two_pages(site, web, watch, text, seconds):
    robots(site, text)
    web.allowed(site.url + "/x")
    began = watch.seconds
    web.pause(site.url + "/x")
    web.get(site.url + "/x")
    assert watch.seconds == began, "the first page need not wait"
    watch.seconds += 0.25
    web.pause(site.url + "/y")
    assert watch.seconds == began + seconds


def test_a_page_that_was_long_ago_need_not_be_waited_for(site, web, watch):
    web.get(site.url + "/x")
    watch.seconds += 5
    web.pause(site.url + "/y")
    assert watch.seconds == 1005


def test_hosts_do_not_wait_for_each_other(site, web, watch):
    with serving() as other:
        web.get(site.url + "/x")
        web.pause(other.url + "/x")
    assert watch.seconds == 1000


def test_who_waits_for_the_same_host_waits_in_turn(site, watch):
    waited: list[float] = []
    web = client(ticks=watch, wait=waited.append)
    for _ in range(3):
        web.pause(site.url + "/x")
    assert waited == [1, 2]


@given(st.binary(max_size=400), st.text(max_size=30))
def test_junk_is_read_as_something(body, path):
    rules = read(Answer(200, "http://a.example/robots.txt", b"User-agent: *\nDisallow: " + body))
    rules.allow(f"http://a.example/{path}")
    assert 1 <= rules.delay <= 60
