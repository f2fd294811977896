"""A release's own page: what is read from it, when it is fetched, and what happens if it fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources import listing_bodies, release_page
from feeds.sources.item import Fault
from feeds.sources.listing_options import ReleasePage
from feeds.sources.release_page import Page
from feeds.web.client import Client
from tests.feeds.sources.newsroom import PATH, Harvester, Newsroom, numbers
from tests.feeds.web.server import Site, serving, site, web

__all__ = ["site", "web"]

ADDRESS = "https://newsroom.example/en/r/1"
PAGE = """<!DOCTYPE html><html lang="en_GB"><head><base href="/en/">
<meta property="og:image" content="media/one.jpg"><meta name="author" content=" Press &amp; Media ">
<link rel="alternate" hreflang="en" href="r/1"><link rel="alternate" hreflang="fr" href="/fr/r/1">
<link rel="alternate" hreflang="ru" href="https://newsroom.example/ru/r/1">
<link rel="alternate" hreflang="x-default" href="/">
<link rel="alternate" hreflang="de" type="application/rss+xml" href="/de.rss"></head><body>
<article>Lead &lt;in&gt; text<h1>Title</h1><script>run()</script>
<p>See <a href="../about">who</a> we are.<img data-src="p.jpg" src="data:,"></p><nav>Share</nav></article>
<aside><article>Related</article></aside></body></html>"""


def read(text: str, address: str = ADDRESS, **where: str) -> Page | Fault:
    return release_page.read(text, "page", address, ReleasePage(**where))


def test_a_page_gives_its_text_picture_author_language_and_versions():
    assert read(PAGE) == Page(
        body='Lead &lt;in&gt; text\n<p>See <a href="https://newsroom.example/about">who</a> we are.'
        '<img data-src="p.jpg" src="https://newsroom.example/en/p.jpg"></p>',
        image_url="https://newsroom.example/en/media/one.jpg",
        author="Press & Media",
        language="en-GB",
        alternates=(("fr", "https://newsroom.example/fr/r/1"), ("ru", "https://newsroom.example/ru/r/1")),
    )


def test_everything_can_be_looked_for_elsewhere():
    text = """<html lang="en"><body><div class="t"><p>One</p></div><div class="t"><p>Two</p><i>x</i></div>
    <figure><img src="/f.png"></figure><b class="by">Ada</b><span lang="fr-CH">x</span>
    <a hreflang="it" href="/it">it</a></body></html>"""
    page = read(
        text, body=".t", without="i", image="figure", author=".by", language="span", alternates="a[hreflang]"
    )
    assert page == Page("<p>One</p>\n<p>Two</p>", "https://newsroom.example/f.png", "Ada", "fr-CH",
                        (("it", "https://newsroom.example/it"),))  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "<html><body>Sign in</body></html>", "<article><h1>Only a title</h1></article>", "\x00"]
)
def test_a_page_without_text_is_a_fault_that_names_the_option(text):
    fault = read(text)
    assert isinstance(fault, Fault)
    assert 'in "article" (release_page.body' in str(fault)


def test_a_page_nested_too_deeply_is_a_fault():
    assert "nested very deeply" in str(read("<article>" + "<div>" * 30_000))


PIECES = [
    "<article>", "</article>", "<p>", "<base href='//[", "'>", "<img src='http://[x'>", "<a href='http://[x'>", "text",
    "<link rel=alternate hreflang=fr href='//[x'>", "<meta property=og:image content='//['>", "\x00", "\ud800",
    "<aside>",
]  # fmt: skip


def test_a_form_around_the_whole_page_is_not_left_out():
    assert read("<form><aside>x</aside><article>Text<form>y</form></article></form>") == Page("Text")


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=200))
def test_whatever_a_page_is_it_is_a_page_or_a_fault(text):
    found = read(text)
    assert isinstance(found, Page | Fault)
    assert isinstance(found, Page) or "expected" in str(found)


@pytest.fixture
def newsroom(site: Site) -> Newsroom:
    """Six releases on two pages, each with a page of its own."""
    here = Newsroom(site, [6, 5, 4, 3, 2, 1])
    here.publish()
    for number in here.numbers:
        here.put_release(number)
    return here


@pytest.fixture
def harvester(newsroom: Newsroom, web: Client) -> Harvester:
    return Harvester(web, newsroom.site.url + PATH, {"pages": True})


def asked(newsroom: Newsroom) -> list[int]:
    """The releases whose own pages were asked for since this was asked last."""
    found = [int(path[3:]) for path in newsroom.site.paths if path.startswith("/r/")]
    newsroom.site.requests.clear()
    return found


def test_a_new_release_is_completed_from_its_own_page(newsroom, harvester):
    fetched = harvester.fetch()
    first, here = fetched.items[0], newsroom.site.url
    assert (first.body, first.image_url, first.language, first.summary) == (
        "<p>All of 6.</p>", f"{here}/large/6.jpg", "en-GB", "Sum 6."
    )  # fmt: skip
    assert asked(newsroom) == [6, 5, 4, 3, 2, 1]
    assert fetched.complete
    assert harvester.fetch().unchanged
    assert asked(newsroom) == []


def test_only_what_is_new_or_told_anew_is_fetched_again(newsroom, harvester):
    harvester.fetch()
    asked(newsroom)
    newsroom.numbers.insert(0, 7)
    newsroom.put_release(7)
    newsroom.edits[5] = "Release five"
    newsroom.publish()
    fetched = harvester.fetch()
    assert asked(newsroom) == [7, 5]
    by_number = dict(zip(numbers(fetched), fetched.items, strict=True))
    assert by_number[6].body == ""


def test_a_list_does_not_take_back_the_picture_of_the_page(newsroom, harvester):
    """The thumbnail on the list is another address than the picture on the page: neither is a correction."""
    harvester.fetch()
    newsroom.numbers.insert(0, 7)
    newsroom.publish()
    fetched = harvester.fetch()
    assert {item.image_url for item in fetched.items[1:]} == {""}
    assert fetched.items[0].image_url == f"{newsroom.site.url}/small/7.jpg"  # it has no page yet


def test_so_many_at_most_in_one_fetch_and_the_rest_later(newsroom, harvester):
    harvester.options = {"pages": True, "max_release_pages": 4}
    assert [bool(item.body) for item in harvester.fetch().items] == [True] * 4 + [False] * 2
    assert asked(newsroom) == [6, 5, 4, 3]
    later = harvester.fetch()
    assert asked(newsroom) == [2, 1]
    assert {number for number, item in zip(numbers(later), later.items, strict=True) if item.body} == {2, 1}
    assert harvester.fetch().unchanged


@pytest.mark.parametrize(
    "fails", [{"status": 500}, {"status": 404}, {"reset": True}, {"body": "<html>Sign in</html>"}], ids=str
)
def test_a_page_that_fails_leaves_what_the_list_says_and_is_tried_again(newsroom, harvester, fails):
    newsroom.site.put("/r/5", **fails)
    fetched = harvester.fetch()
    assert [bool(item.body) for item in fetched.items] == [True, False, True, True, True, True]
    assert fetched.items[1].summary == "Sum 5."
    assert [fault.file for fault in fetched.faults] == [f"{newsroom.site.url}/r/5"]
    asked(newsroom)
    newsroom.put_release(5)
    later = harvester.fetch()
    assert asked(newsroom) == [5]
    assert [item.body for item in later.items if item.body] == ["<p>All of 5.</p>"]
    assert harvester.fetch().unchanged


def test_a_page_that_always_fails_is_given_up_and_holds_up_nobody(newsroom, harvester):
    harvester.options = {"pages": True, "max_release_pages": 1}
    newsroom.site.put("/r/6", status=500)
    tried = []
    for _ in range(12):
        fetched = harvester.fetch()
        tried += asked(newsroom)
        if tried.count(6) == 5:
            break
    assert tried == [6, 5, 4, 3, 2, 1, 6, 6, 6, 6]
    assert "for the 5th and last time" in str(fetched.faults[0])
    assert harvester.fetch().unchanged


def test_a_host_that_wants_to_be_left_alone_is(newsroom, harvester):
    newsroom.site.put("/r/5", status=429, retry_after=90)
    fetched = harvester.fetch()
    assert asked(newsroom) == [6, 5]
    assert fetched.not_before is not None
    assert [bool(item.body) for item in fetched.items] == [True] + [False] * 5
    harvester.fetch()
    assert asked(newsroom) == [4, 3, 2, 1, 5]
    for _ in range(9):
        harvester.fetch()
    newsroom.put_release(5)
    assert harvester.fetch().items[1].body == "<p>All of 5.</p>"


def test_a_host_that_wants_to_be_left_alone_while_its_list_is_read_is(newsroom, harvester):
    newsroom.site.put(newsroom.path(1), status=503, retry_after=90)
    fetched = harvester.fetch()
    assert (asked(newsroom), numbers(fetched), fetched.complete) == ([], [6, 5, 4], False)
    assert fetched.not_before is not None
    newsroom.publish()
    harvester.fetch()
    assert asked(newsroom) == [6, 5, 4, 3, 2, 1]


def test_pages_that_robots_may_not_fetch_are_one_fault(newsroom, harvester):
    newsroom.site.put("/robots.txt", "User-agent: Herald\nDisallow: /r/\n", type="text/plain")
    fetched = harvester.fetch()
    assert asked(newsroom) == []
    assert len(fetched.items) == 6
    assert ["(and 5 more)" in str(fault) for fault in fetched.faults] == [True]
    assert harvester.fetch().unchanged


def test_the_newest_can_be_fetched_again_every_time(newsroom, harvester):
    harvester.options = {"pages": True, "refresh": 2}
    harvester.fetch()
    asked(newsroom)
    newsroom.put_release(5, "Corrected.")
    fetched = harvester.fetch()
    assert asked(newsroom) == [6, 5]
    assert fetched.items[1].body == "<p>Corrected.</p>"


def test_pages_switched_off_are_waited_for_no_more(newsroom, harvester):
    newsroom.site.put("/r/5", status=500)
    harvester.fetch()
    harvester.options = {}
    harvester.fetch()
    assert harvester.fetch().unchanged


def test_what_cannot_wait_is_said(newsroom, harvester, monkeypatch):
    monkeypatch.setattr(listing_bodies, "MOST_WAITING", 2)
    harvester.options = {"pages": True, "max_release_pages": 1}
    newsroom.put_release(6)
    assert "3 more than can wait" in str(harvester.fetch().faults[0])
    asked(newsroom)
    harvester.fetch()
    harvester.fetch()
    assert asked(newsroom) == [5, 4]


def test_pages_switched_on_later_are_fetched_for_what_the_list_shows(newsroom, harvester):
    harvester.options = {}
    harvester.fetch()
    harvester.options = {"pages": True}
    newsroom.edits[6] = "Release six"
    newsroom.publish()
    harvester.fetch()
    assert asked(newsroom) == [6, 5, 4]


def test_the_memory_stays_small(web):
    with serving() as here:
        newsroom = Newsroom(here, list(range(300, 0, -1)), size=100)
        newsroom.publish()
        harvester = Harvester(web, here.url + PATH, {"pages": True, "max_release_pages": 1})
        newsroom.put_release(300)
        fetched = harvester.fetch()
        assert len(fetched.memory["waiting"]) == 299
        assert len(str(fetched.memory)) < 120_000
