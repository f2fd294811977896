"""`/search`, asked as a browser does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from feeds.search import index, keeping
from tests.feeds.stories import NOW, TODAY, newsroom, office, settle, topic, withdraw, write
from tests.wellformed import page, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_newsroom() -> None:
    newsroom()
    keep()


def keep() -> None:
    settle()
    while keeping.keep(NOW):
        pass


def ask(client: Client, text: str, **more: object):
    return client.get("/search", {"q": text, **more})


def test_releases_with_their_words_marked_and_ways_to_follow_them(client: Client) -> None:
    write("Border guards <train>", summary="Twelve of them came.")
    keep()
    answer = ask(client, "bord")
    tree = page(answer)
    assert answer["X-Robots-Tag"] == "noindex"
    assert [words(one) for one in tree.findall(".//article//h3")] == ["Border guards <train>"]
    assert [words(one) for one in tree.findall(".//article//mark")] == ["Border"]
    links = [one.get("href") for one in tree.findall(".//aside//a")]
    assert links[0] == "/?q=bord#yours"
    assert "/feeds/selection.atom?q=bord" in links
    assert client.get("/?q=bord").status_code == 200


def test_offices_and_topics_stand_on_top(client: Client) -> None:
    office("bishkek", "Office in Bishkek", country="KG", region="central-asia")
    topic()
    tree = page(ask(client, "Kirgistan"))
    assert words(tree.find(".//ul[@class='terms-found']//a")) == "Office in Bishkek"
    assert "Kyrgyzstan" in words(tree.find(".//ul[@class='terms-found']"))
    assert words(page(ask(client, "grenz border")).find(".//h2")) == "No release has all of these words"


def test_page_by_page(client: Client) -> None:
    for number in range(12):
        write(f"Guards {number}", published_on=TODAY - timedelta(days=number))
    keep()
    first, second = page(ask(client, "guards")), page(ask(client, "guards", page=2))
    assert (len(first.findall(".//article")), len(second.findall(".//article"))) == (10, 2)
    assert first.find(".//nav[@class='pager']//a").get("href") == "?q=guards&page=2"
    for odd in ("0", "-1", "x", "²", "9" * 5000):
        assert ask(client, "guards", page=odd).status_code == 200


@pytest.mark.holds("E1")
def test_what_nobody_may_see_is_not_found(client: Client) -> None:
    write("Secret plan", state="scheduled", visible_at=(NOW + timedelta(hours=1)).isoformat())
    gone = write("Secret visit")
    keep()
    withdraw(gone)
    assert "visit" not in ask(client, "secret").content.decode()
    keep()
    body = ask(client, "secret").content.decode()
    assert "visit" not in body
    assert "plan" not in body


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        '"',
        "-x",
        "NEAR(",
        "'&|!",
        "x" * 10_000,
        "a " * 5_000,
        "<script>alert(1)</script>",
    ],
)
def test_whatever_is_typed_has_an_answer(client: Client, text: str) -> None:
    write("Guards")
    keep()
    answer = client.get(
        "/search", QUERY_STRING="q=" + "".join(f"%{b:02x}" for b in text.encode("utf-8", "surrogatepass"))
    )
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_lost_index_is_said_and_harms_nothing_else(client: Client) -> None:
    write("Guards")
    keep()
    index.drop()
    assert ask(client, "guards").status_code == 503
    assert client.get("/search").status_code == 200
