"""The proxy before two web servers, as docker-compose.many.yml has it: one of them has no database, or is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.feeds.test_nginx import Upstream, until
from tests.nginx import PROGRAM, Proxy, before_many

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")

PAGE, FEED = "/offices/", "/feeds/all.atom"
AWAY = (503, [(b"retry-after", b"30"), (b"cache-control", b"no-store")])
WELL = {PAGE: (200, []), "/subscribe": (200, []), "/readyz": (200, [])}
WITHOUT = dict.fromkeys(WELL, AWAY)


@pytest.fixture
def webs() -> list[Upstream]:
    """Both are well."""
    return [Upstream(dict(WELL)), Upstream(dict(WELL))]


@pytest.fixture
def proxy(webs: list[Upstream], tmp_path: Path) -> Iterator[Proxy]:
    with ExitStack() as stack:
        ports = [stack.enter_context(web.open()) for web in webs]
        yield stack.enter_context(before_many(tmp_path, ports))


def asked(webs: list[Upstream]) -> int:
    return sum(len(web.seen) for web in webs)


def test_a_page_comes_from_the_server_that_has_a_database(proxy: Proxy, webs: list[Upstream]) -> None:
    webs[0].told = dict(WITHOUT)
    for method in ("GET", "HEAD"):
        assert [proxy.ask_plainly(PAGE, method)[0] for _ in range(6)] == [200] * 6
    assert len(webs[0].seen) < 6, "it is left out for a while"


def test_where_none_has_one_its_own_page_is_passed_on(proxy: Proxy, webs: list[Upstream]) -> None:
    for web in webs:
        web.told = dict(WITHOUT)
    for _ in range(6):
        status, headers, body = proxy.ask_plainly(PAGE)
        assert (status, headers["retry-after"], body) == (503, "30", PAGE.encode())


def test_a_page_comes_from_the_server_that_is_there(proxy: Proxy, webs: list[Upstream]) -> None:
    webs[1].leave()
    assert [proxy.ask_plainly(PAGE)[0] for _ in range(6)] == [200] * 6


def test_what_was_sent_is_never_sent_to_another_one(proxy: Proxy, webs: list[Upstream]) -> None:
    for web in webs:
        web.told = dict(WITHOUT)
    answers = [proxy.ask_plainly("/subscribe", "POST")[0] for _ in range(4)]
    assert (answers, asked(webs)) == ([503] * 4, 4)


def test_how_a_server_is_it_says_itself(proxy: Proxy, webs: list[Upstream]) -> None:
    webs[0].told = dict(WITHOUT)
    assert sorted(proxy.ask_plainly("/readyz")[0] for _ in range(4)) == [200, 200, 503, 503]


def test_a_feed_that_was_kept_is_given_while_no_server_is_there(proxy: Proxy, webs: list[Upstream]) -> None:
    kept = [(b"cache-control", b"max-age=1, stale-if-error=600")]
    for web in webs:
        web.told = {FEED: (200, kept)}
    assert proxy.ask_plainly(FEED)[0] == 200
    for web in webs:
        web.leave()
    status, headers, body = until(
        lambda: proxy.ask_plainly(FEED), lambda answer: answer[1].get("x-cache-status") != "HIT"
    )
    assert (status, body, headers.get("x-cache-status")) == (200, FEED.encode(), "STALE")
