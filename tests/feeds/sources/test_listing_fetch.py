"""A list on a web server: how far it is followed, and what happens when something on the way fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import clock
from feeds.sources import listing_memory
from feeds.sources.way import Unusable
from feeds.web.answer import FetchError, Refused
from feeds.web.client import Client, Limits
from tests.feeds.sources.newsroom import PATH, Harvester, Newsroom, numbers
from tests.feeds.web.server import Site, client, serving, site, web

__all__ = ["site", "web"]


@pytest.fixture
def newsroom(site: Site) -> Newsroom:
    """Nine releases on three pages."""
    here = Newsroom(site, [9, 8, 7, 6, 5, 4, 3, 2, 1])
    here.publish()
    return here


@pytest.fixture
def harvester(newsroom: Newsroom, web: Client) -> Harvester:
    return Harvester(web, newsroom.site.url + PATH)


@contextmanager
def four_on_two_pages() -> Iterator[tuple[Newsroom, Harvester]]:
    with serving() as here:
        newsroom = Newsroom(here, [4, 3, 2, 1], size=2)
        newsroom.publish()
        yield newsroom, Harvester(client(), here.url + PATH)


def asked(newsroom: Newsroom) -> list[str]:
    """What was asked for since this was asked last, robots.txt apart."""
    paths = [path for path in newsroom.site.paths if path != "/robots.txt"]
    newsroom.site.requests.clear()
    return paths


def test_the_first_fetch_reads_the_list_to_its_end(newsroom, harvester):
    fetched = harvester.fetch()
    assert numbers(fetched) == newsroom.numbers
    assert (fetched.complete, fetched.faults, fetched.unchanged) == (True, (), False)
    assert asked(newsroom) == [PATH, f"{PATH}?page=1", f"{PATH}?page=2"]
    assert fetched.items[0].url == f"{newsroom.site.url}/r/9"
    assert fetched.items[0].image_url == f"{newsroom.site.url}/small/9.jpg"


def test_an_unchanged_list_is_asked_for_once_and_not_sent(newsroom, harvester):
    harvester.fetch()
    before, _ = harvester.memory, asked(newsroom)
    fetched = harvester.fetch()
    assert (fetched.unchanged, fetched.items, fetched.memory) == (True, (), before)
    assert asked(newsroom) == [PATH]


def test_a_new_release_costs_one_page(newsroom, harvester):
    harvester.fetch()
    asked(newsroom)
    newsroom.numbers.insert(0, 10)
    newsroom.publish()
    assert numbers(harvester.fetch())[0] == 10
    assert asked(newsroom) == [PATH, f"{PATH}?page=1"]
    assert harvester.fetch().unchanged


def test_the_pager_is_followed_until_known_releases_are_reached(newsroom, harvester):
    harvester.fetch()
    asked(newsroom)
    newsroom.numbers[:0] = [14, 13, 12, 11, 10]
    newsroom.publish()
    assert numbers(harvester.fetch())[:5] == [14, 13, 12, 11, 10]
    assert asked(newsroom) == [PATH, f"{PATH}?page=1", f"{PATH}?page=2"]


def test_a_release_that_stays_on_top_does_not_end_the_reading(newsroom, harvester):
    harvester.fetch()
    newsroom.numbers = [1, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
    newsroom.publish()
    assert {10, 11, 12, 13} <= set(numbers(harvester.fetch()))


def test_releases_that_come_while_pages_are_turned_are_neither_doubled_nor_in_the_way(newsroom, web):
    def turn(seconds: float) -> None:
        newsroom.numbers.insert(0, newsroom.numbers[0] + 1)
        newsroom.publish()

    harvester = Harvester(client(wait=turn), newsroom.site.url + PATH)
    fetched = harvester.fetch()
    assert sorted(set(numbers(fetched))) == sorted(numbers(fetched))
    assert set(range(1, 10)) <= set(numbers(fetched))
    harvester.web = web
    harvester.fetch()
    assert {int(key.rpartition("/")[2]) for key in harvester.brought} == set(newsroom.numbers)


def test_no_more_pages_than_the_options_allow(newsroom, harvester):
    harvester.options = {"max_pages": 2}
    fetched = harvester.fetch()
    assert numbers(fetched) == [9, 8, 7, 6, 5, 4]
    assert fetched.complete
    assert "more than 2 pages (max_pages)" in str(fetched.faults[0])
    assert harvester.fetch().unchanged


def test_a_pager_that_loops_ends(newsroom, harvester):
    newsroom.site.put(
        newsroom.path(2), newsroom.page(2).replace("<ul>", '<ul><li class="pager-next"><a href="/news">')
    )
    assert numbers(harvester.fetch()) == newsroom.numbers


def test_a_pager_without_an_end_ends(newsroom, harvester):
    for page in range(2, 20):
        last = newsroom.page(2).replace("<ul>", f'<ul><li class="pager-next"><a href="?page={page + 1}">')
        newsroom.site.put(newsroom.path(page), last)
    fetched = harvester.fetch()
    assert numbers(fetched) == newsroom.numbers
    assert (fetched.complete, len(asked(newsroom))) == (True, 5)


@pytest.mark.parametrize(
    "fails",
    [{"status": 500}, {"status": 404}, {"cut": 300}, {"reset": True}, {"body": "<html>Are you a robot?</html>"},
     {"body": ""}, {"body": b"\x00\xff"}],
    ids=str,
)  # fmt: skip
def test_a_page_that_fails_loses_nothing(newsroom, harvester, fails):
    """Before, in the first reading, and in a later one with a gap between what was read and what was known."""
    harvester.fetch()
    newsroom.numbers[:0] = range(21, 9, -1)
    newsroom.publish()
    newsroom.site.put(newsroom.path(2), **{"body": newsroom.page(2)} | fails)
    broken = harvester.fetch()
    assert numbers(broken) == [21, 20, 19, 18, 17, 16]
    assert (broken.complete, len(broken.faults)) == (False, 1)
    newsroom.numbers[:0] = [23, 22]
    newsroom.publish()
    asked(newsroom)
    mended = harvester.fetch()
    assert set(numbers(mended)) >= {23, 22, 15, 14, 13, 12, 11, 10}
    assert (mended.complete, mended.faults) == (True, ())
    assert len(harvester.brought) == 23
    assert harvester.fetch().unchanged


def test_a_reading_goes_on_where_it_broke_off(newsroom, harvester):
    newsroom.numbers = list(range(18, 0, -1))
    newsroom.publish()
    newsroom.site.put(newsroom.path(4), status=503, retry_after=120)
    broken = harvester.fetch()
    assert (len(broken.items), broken.complete) == (12, False)
    assert broken.not_before is not None
    assert asked(newsroom) == [newsroom.path(page) for page in range(5)]
    newsroom.numbers.insert(0, 19)
    newsroom.publish()
    mended = harvester.fetch()
    assert asked(newsroom) == [newsroom.path(page) for page in (0, 1, 3, 4, 5, 6)]
    assert mended.complete
    assert len(harvester.brought) == 19


def test_pages_are_counted_on_where_a_reading_broke_off(newsroom, harvester):
    harvester.options = {"max_pages": 6}
    newsroom.numbers = list(range(24, 0, -1))
    newsroom.publish()
    newsroom.site.put(newsroom.path(4), status=500)
    harvester.fetch()
    newsroom.publish()
    assert "more than 6 pages" in str(harvester.fetch().faults[0])
    assert len(harvester.brought) == 18


def test_a_reading_that_breaks_off_twice_at_different_places_loses_nothing(newsroom, harvester):
    harvester.fetch()
    newsroom.numbers[:0] = range(21, 9, -1)
    newsroom.publish()
    newsroom.site.put(newsroom.path(3), status=500)
    harvester.fetch()
    newsroom.numbers[:0] = range(30, 21, -1)
    newsroom.publish()
    newsroom.site.put(newsroom.path(1), status=500)
    assert numbers(harvester.fetch()) == [30, 29, 28]
    newsroom.publish()
    assert harvester.fetch().complete
    assert len(harvester.brought) == 30


@given(steps=st.lists(st.tuples(st.integers(0, 7), st.none() | st.integers(0, 6)), min_size=1, max_size=5))
def test_whatever_fails_nothing_is_lost_in_the_end(steps):
    """Each step: so many releases come, and the page of that number fails."""
    with four_on_two_pages() as (newsroom, harvester):
        for new, failing in steps:
            top = newsroom.numbers[0]
            newsroom.numbers[:0] = range(top + new, top, -1)
            newsroom.publish()
            if failing is not None:
                newsroom.site.put(newsroom.path(failing), status=500)
            try:
                harvester.fetch()
            except FetchError:
                assert failing == 0
        newsroom.publish()
        while not harvester.memory or harvester.memory.keys() & {"resume", "fresh"}:
            harvester.fetch()
        harvester.fetch()
        assert len(harvester.brought) == len(newsroom.numbers)


def test_a_fetch_has_its_time_and_the_next_goes_on(newsroom, harvester, monkeypatch):
    started = clock.ticks()
    times = iter([started, started + 301, started, started, started, started])
    monkeypatch.setattr(clock, "ticks", lambda: next(times))
    short = harvester.fetch()
    assert (numbers(short), short.complete) == ([9, 8, 7], False)
    monkeypatch.undo()
    assert harvester.fetch().complete
    assert len(harvester.brought) == 9


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<html><body><form action=/login>Sign in</form></body></html>", "select.result"),
        ("<html><body><h2 class='new-design'>Release</h2></body></html>", ".search-result-news"),
        ("<html><body></body></html>", "no release of a listing"),
        ("", "an empty page"),
        (b"%PDF-1.7\x00\x01", "a NUL byte"),
        ("<html><body>" + "<div>" * 5000, "nested very deeply"),
        ("Nothing but text.", "no release of a listing"),
        ("<p class='search-result-news'><b class='search-title'>T</b></p>", 'no "Publishing date:"'),
    ],
)  # fmt: skip
def test_a_page_without_releases_is_never_no_news(newsroom, harvester, body, says):
    harvester.fetch()
    memory = harvester.memory
    newsroom.site.put(PATH, body)
    with pytest.raises(Unusable, match=says.replace(".", r"\.")) as caught:
        harvester.fetch()
    assert str(caught.value).startswith(newsroom.site.url + PATH)
    newsroom.publish()
    assert harvester.memory == memory


def test_no_news_is_what_the_options_say_it_looks_like(newsroom, harvester):
    newsroom.site.put(PATH, "<html><body><p class='none'>No releases match.</p></body></html>")
    harvester.options = {"select": {"empty": ".none"}}
    fetched = harvester.fetch()
    assert (fetched.items, fetched.complete, fetched.faults) == ((), True, ())


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 304])
def test_an_answer_that_is_no_list_is_an_error(newsroom, harvester, status):
    newsroom.site.put(PATH, "sorry", status=status, retry_after=60)
    with pytest.raises(FetchError, match=f"answered {status}; expected 200") as caught:
        harvester.fetch()
    assert caught.value.not_before is not None
    assert abs(caught.value.not_before - clock.now() - timedelta(seconds=60)) < timedelta(seconds=10)


def test_a_list_that_is_gone_is_gone(newsroom, harvester):
    harvester.fetch()
    memory = harvester.memory
    newsroom.site.put(PATH, "gone", status=410)
    fetched = harvester.fetch()
    assert (fetched.gone, fetched.items, fetched.memory) == (True, (), memory)


def test_a_list_that_has_moved_for_good_is_asked_for_at_its_new_place(newsroom, harvester):
    newsroom.site.redirect("/old", PATH, 301)
    harvester.address = newsroom.site.url + "/old"
    harvester.fetch()
    asked(newsroom)
    assert harvester.fetch().unchanged
    assert asked(newsroom) == [PATH]


def test_another_address_begins_anew(newsroom, harvester):
    harvester.fetch()
    newsroom.site.put("/other", newsroom.page(1))
    harvester.address = newsroom.site.url + "/other"
    newsroom.site.put("/other?page=2", newsroom.page(2))
    assert numbers(harvester.fetch()) == [6, 5, 4, 3, 2, 1]


def test_robots_rules_are_kept(newsroom, harvester):
    newsroom.site.put("/robots.txt", "User-agent: *\nDisallow: /news\n", type="text/plain")
    with pytest.raises(Refused, match=r"robots\.txt"):
        harvester.fetch()
    assert asked(newsroom) == []


def test_a_pager_that_robots_may_not_follow_ends_there(newsroom, harvester):
    newsroom.site.put("/robots.txt", "User-agent: *\nDisallow: /*?page=\n", type="text/plain")
    fetched = harvester.fetch()
    assert (numbers(fetched), fetched.complete) == ([9, 8, 7], True)
    assert "robots.txt" in str(fetched.faults[0])


def test_there_is_a_pause_between_two_pages(newsroom, harvester):
    newsroom.site.put("/robots.txt", "User-agent: *\nCrawl-delay: 7\n", type="text/plain")
    harvester.fetch()
    assert [seconds > 6 for seconds in harvester.web.waited] == [True, True]


def test_a_next_page_that_may_not_be_fetched_ends_the_list(newsroom, harvester):
    newsroom.site.put(PATH, newsroom.page(0).replace("?page=1", "http://10.0.0.1/secret?token=canary"))
    fetched = harvester.fetch()
    assert (numbers(fetched), fetched.complete) == ([9, 8, 7], True)
    assert "10.0.0.1" in str(fetched.faults[0])
    assert "canary" not in str(fetched.faults[0])


def test_a_slow_and_a_truncated_list_are_errors(newsroom, harvester):
    newsroom.site.put(PATH, newsroom.page(0), cut=200)
    with pytest.raises(FetchError):
        harvester.fetch()
    newsroom.site.put(PATH, newsroom.page(0), hang=True)
    harvester.web = client(limits=Limits(seconds=0.2))
    with pytest.raises(FetchError, match="longer than"):
        harvester.fetch()


def test_a_page_that_stops_within_the_html_is_no_whole_one(newsroom, harvester):
    newsroom.site.put(PATH, newsroom.page(0)[:400])
    fetched = harvester.fetch()
    assert (fetched.complete, len(fetched.faults)) == (False, 1)
    newsroom.publish()
    assert harvester.fetch().complete
    assert len(harvester.brought) == 9


def test_a_charset_in_the_headers_counts(newsroom, harvester):
    page = newsroom.page(0).replace("Release 9", "Вена")
    newsroom.site.put(PATH, page.encode("koi8-r"), type="text/html; charset=KOI8-R")
    assert harvester.fetch().items[0].title == "Вена"


def test_a_list_may_be_text(newsroom, harvester):
    newsroom.site.put(PATH, "Head\nOne\nPublishing date: 17 February 2025\nIt says.\n", type="text/plain")
    fetched = harvester.fetch()
    assert [(item.title, item.url) for item in fetched.items] == [("One", "")]
    assert fetched.complete


def test_releases_without_links_are_known_by_title_and_date(newsroom, harvester):
    for page in range(3):
        newsroom.site.put(newsroom.path(page), newsroom.page(page).replace('href="/r/', 'name="'))
    assert len(harvester.fetch().items) == 9
    newsroom.site.put(PATH, newsroom.page(0).replace('href="/r/', 'name="').replace("Sum 9", "Sum nine"))
    asked(newsroom)
    assert len(harvester.fetch().items) == 3
    assert asked(newsroom) == [PATH]


def test_language_versions_by_their_addresses(newsroom, harvester):
    newsroom.site.put(PATH, newsroom.page(2).replace("/r/", "/fr/r/"))
    harvester.options = {"versions": {"pattern": "/(en|fr|ru)/"}}
    first, here = harvester.fetch().items[0], newsroom.site.url
    assert (first.language, first.alternates) == ("fr", (("en", f"{here}/en/r/3"), ("ru", f"{here}/ru/r/3")))


def test_links_of_releases_may_be_relative_to_another_place(newsroom, harvester):
    harvester.options = {"base_url": "https://www.newsroom.example/"}
    fetched = harvester.fetch()
    assert fetched.items[0].url == "https://www.newsroom.example/r/9"
    assert len(fetched.items) == 9


def test_the_memory_is_small_and_plain(newsroom, harvester):
    harvester.fetch()
    assert json.loads(json.dumps(harvester.memory)) == harvester.memory
    assert len(json.dumps(harvester.memory)) < 500


@given(
    st.dictionaries(
        st.sampled_from(["address", "whole", "fresh", "resume", "number", "seen", "waiting", "etag", "other"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.text(max_size=3), st.integers()),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_stands_in_the_memory_it_is_read(memory):
    kept = listing_memory.read(memory | {"address": "https://newsroom.example/"}, "https://newsroom.example/")
    assert listing_memory.read(kept.to_json(), "https://newsroom.example/") == kept
