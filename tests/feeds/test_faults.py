"""What is said when something goes wrong: a page to a person, a line to a program, with and without a database."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from feeds.pages.faults import beside_django
from tests.feeds.stories import newsroom, settle, write
from tests.wellformed import page, words

pytestmark = pytest.mark.django_db


def test_the_page_of_a_failure_needs_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr("feeds.store.newsroom", broken)
    client.raise_request_exception = False
    tree = page(client.get("/offices/"), status=500)
    assert words(tree.find(".//h1")) == "Something went wrong with us"


def test_where_there_is_no_page_there_are_the_newest_releases_and_a_search(client: Client) -> None:
    newsroom()
    write("Found all the same")
    settle()
    tree = page(client.get("/nothing"), status=404)
    assert [words(h) for h in tree.xpath("//article//h3")] == ["Found all the same"]
    assert tree.xpath("//form[@role='search']//input/@name") == ["q"]


@pytest.mark.parametrize("language", settings.HERALD_LANGUAGES)
def test_a_browser_that_posts_to_what_is_only_read_is_told_so_in_its_language(
    client: Client, language: str
) -> None:
    newsroom()
    answer = client.post("/offices/", headers={"Accept": "text/html", "Accept-Language": language})
    assert page(answer, status=405).get("lang") == language
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD"}


def test_a_program_is_told_in_a_line(client: Client) -> None:
    answer = client.get("/nothing", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content) == (404, b"Not Found\n")
    assert client.post("/offices/").content == b""
    assert beside_django(404, "/feeds/none.atom", {b"accept": b"application/atom+xml"}) is None


def test_a_feed_that_is_not_there_is_a_page_to_a_browser(client: Client) -> None:
    found = beside_django(404, "/feeds/none.atom", {b"accept": b"text/html", b"accept-language": b"fr"})
    assert found is not None
    assert "Ce flux n’existe pas" in found.decode()
    late = beside_django(429, "/feeds/all.atom", {b"accept": b"text/html"}, wait=150)
    assert late is not None
    assert "Wait 3 minutes" in late.decode()
