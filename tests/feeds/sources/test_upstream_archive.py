"""Archives of others (RFC 5005), followed back page by page, over several fetches where need be."""

from __future__ import annotations

import json
from datetime import date

import pytest

from feeds.sources import syndication_pages
from feeds.web.client import Client
from tests.feeds.sources.test_upstream import fetch
from tests.feeds.web.server import Site, site, web

__all__ = ["site", "web"]


def page(number: int, older: str = "", rel: str = "prev-archive") -> bytes:
    link = f'<link rel="{rel}" href="{older}"/>' if older else ""
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>u</id>'
        f"<updated>2025-02-17T00:00:00Z</updated>{link}<entry><id>e{number}</id><title>E {number}</title>"
        f"<updated>2025-02-1{number}T00:00:00Z</updated></entry></feed>"
    ).encode()


@pytest.fixture
def archive(site: Site) -> Site:
    site.put("/feed", page(3, "/2"), etag='"3"')
    site.put("/2", page(2, "/1", rel="next"))
    site.put("/1", page(1))
    return site


def test_the_first_fetch_follows_it_to_its_end_and_no_other_does(archive: Site, web: Client) -> None:
    first = fetch(web, archive, pages=10)
    assert ([item.title for item in first.items], first.complete) == (["E 3", "E 2", "E 1"], True)
    assert fetch(web, archive, dict(first.memory), pages=10).unchanged
    assert archive.paths == ["/feed", "/2", "/1", "/feed"]


def test_as_many_pages_as_are_wanted_are_all_there_is(archive: Site, web: Client) -> None:
    first = fetch(web, archive, pages=2)
    assert ([item.title for item in first.items], first.complete) == (["E 3", "E 2"], True)
    assert "older" not in first.memory


def test_a_chain_that_bites_its_tail_ends(archive: Site, web: Client) -> None:
    archive.put("/2", page(2, "/feed"))
    first = fetch(web, archive, pages=10)
    assert (len(first.items), first.complete, first.faults) == (2, True, ())


def test_a_long_one_goes_on_at_the_next_fetch_where_it_was_left(
    archive: Site, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syndication_pages, "AT_ONCE", 1)
    first = fetch(web, archive, pages=10)
    assert ([item.title for item in first.items], first.complete) == (["E 3", "E 2"], False)
    second = fetch(web, archive, json.loads(json.dumps(first.memory)), pages=10)
    assert ([item.title for item in second.items], second.complete) == (["E 1"], False)
    third = fetch(web, archive, dict(second.memory), pages=10)
    assert ([item.title for item in third.items], third.complete) == (["E 3"], True), "whole, at one time"
    assert fetch(web, archive, dict(third.memory), pages=10).unchanged


def test_a_slow_one_is_left_before_others_take_it_for_dead(
    archive: Site, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syndication_pages, "SECONDS_AT_ONCE", 0)
    first = fetch(web, archive, pages=10)
    assert ([item.title for item in first.items], first.complete) == (["E 3"], False)


def test_a_page_that_fails_is_tried_again_three_times_in_all(archive: Site, web: Client) -> None:
    archive.put("/1", status=500, retry_after=7200)
    memory: dict[str, object] = {}
    told = []
    for _ in range(3):
        fetched = fetch(web, archive, memory, pages=10)
        memory = dict(fetched.memory)
        assert not fetched.complete
        told.append([fault.found for fault in fetched.faults])
    again = "answered 500; expected an older page of the feed; it is tried again at the next fetch"
    lost = "answered 500; expected an older page of the feed; this page and what lies behind it were not read"
    assert told == [[again], [again], [lost]]
    assert fetched.not_before is not None
    assert fetch(web, archive, memory, pages=10).complete


def test_a_page_that_comes_back_is_gone_on_from(archive: Site, web: Client) -> None:
    archive.put("/2", status=503, times=1)
    broken = fetch(web, archive, pages=10)
    assert ([item.title for item in broken.items], broken.complete) == (["E 3"], False)
    mended = fetch(web, archive, dict(broken.memory), pages=10)
    assert [item.title for item in mended.items] == ["E 2", "E 1"], "of the feed itself nothing is new"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_page_that_is_gone_ends_it(archive: Site, web: Client, status: int) -> None:
    archive.put("/2", status=status)
    first = fetch(web, archive, pages=10)
    assert (len(first.items), first.complete, len(first.faults)) == (1, True, 1)
    assert "were not read" in str(first.faults[0])


def test_a_page_that_is_no_feed_may_be_one_the_next_time(archive: Site, web: Client) -> None:
    archive.put("/2", b"<!DOCTYPE html><html>Down for an hour</html>", times=1)
    first = fetch(web, archive, pages=10)
    assert "a web page, expected a feed" in str(first.faults[0])
    assert "it is tried again" in str(first.faults[0])
    assert len(fetch(web, archive, dict(first.memory), pages=10).items) == 2


@pytest.mark.parametrize(("lost", "whole"), [(7, ["E 3", "E 2"]), (8, ["E 3"])], ids=["its end", "all of it"])
def test_a_page_that_was_cut_is_read_again(archive: Site, web: Client, lost: int, whole: list[str]) -> None:
    archive.put("/2", page(2, "/1")[:-lost], times=1)
    first = fetch(web, archive, pages=10)
    assert ([item.title for item in first.items], first.complete) == (whole, False)
    second = fetch(web, archive, dict(first.memory), pages=10)
    assert [item.title for item in second.items] == ["E 2", "E 1"]


def test_a_first_answer_that_breaks_off_before_it_says_where_it_goes_on_is_no_beginning(
    archive: Site, web: Client
) -> None:
    head, link, entries = page(3, "/2").partition(b'<link rel="prev-archive" href="/2"/>')
    late = head + entries.replace(b"</feed>", link + b"</feed>")
    archive.put("/feed", late)
    archive.put("/feed", late[: late.index(link)], times=1)
    first = fetch(web, archive, pages=10)
    assert ([item.title for item in first.items], first.complete) == (["E 3"], False)
    assert len(fetch(web, archive, dict(first.memory), pages=10).items) == 3


def test_a_feed_that_knows_no_dates_has_that_of_its_answer(site: Site, web: Client) -> None:
    feed = "<rss version='0.91'><channel><item><title>x</title><link>https://a.example/1</link></item></channel></rss>"
    site.put("/feed", feed)
    assert fetch(web, site).items[0].published_on == date(2025, 2, 17), "today"
    site.put("/feed", feed, modified="Sat, 15 Feb 2025 10:00:00 GMT")
    assert fetch(web, site).items[0].published_on == date(2025, 2, 15)


def test_the_charset_of_the_media_type_counts(site: Site, web: Client) -> None:
    feed = "<rss><channel><item><title>Прага</title><pubDate>2025-02-17</pubDate></item></channel></rss>"
    site.put("/feed", feed.encode("windows-1251"), type="application/rss+xml; charset=windows-1251")
    assert fetch(web, site).items[0].title == "Прага"
