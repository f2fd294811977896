"""The sign-up on an office's own page, the archive by year, and the form that stands on another site."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from notifier.models import Subscriber
from tests.feeds.stories import newsroom, office, settle, topic, write
from tests.wellformed import page, words

pytestmark = pytest.mark.django_db

FIELDS = {"email": "reader@example.org", "office": "vienna"}


@pytest.fixture(autouse=True)
def vienna() -> None:
    newsroom()
    here = office()
    topic()
    write("New", published_on=date(2025, 2, 1), labels=(here,))
    write("Old", published_on=date(2019, 5, 1), labels=(here,))
    settle()


def titles(tree) -> list[str]:
    return [words(one) for one in tree.findall(".//article//h3")]


def fields(form) -> dict[str, str]:
    return {one.get("name"): one.get("value") or "" for one in form.iter("input") if one.get("name")}


def test_an_archive_by_year(client: Client) -> None:
    tree = page(client.get("/offices/vienna"))
    assert titles(tree) == ["New", "Old"]
    links = [one.get("href") for one in tree.findall(".//nav[@class='years']//a")]
    assert links == ["?", "?year=2025", "?year=2019"]
    assert titles(page(client.get("/offices/vienna?year=2019"))) == ["Old"]
    for odd in ("2018", "x", "9" * 5000, "²"):
        assert client.get("/offices/vienna", {"year": odd}).status_code == 404


@pytest.mark.parametrize("path", ["/offices/vienna", "/topics/borders"])
def test_a_page_has_a_sign_up_of_its_own(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    form = page(client.get(path)).find(".//form[@class='signup']")
    sent = fields(form) | {"email": "reader@example.org", "frequency": "weekly"}
    assert client.post("/subscribe", sent).status_code == 303
    again = client.post("/subscribe", sent | {"email": "nobody"})
    assert again.status_code == 422


def test_what_another_site_posts_is_asked_about_first() -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": "https://other.example"})
    assert client.post("/subscribe", FIELDS).status_code == 403
    answer = client.post("/subscribe/elsewhere?lang=en", FIELDS)
    assert answer.status_code == 200
    assert not Subscriber.objects.exists()
    form = page(answer).find(".//main//form")
    assert (form.get("action"), fields(form)["email"]) == ("/subscribe#yours", "reader@example.org")
    assert fields(form)["office"] == "vienna"
    here = {"HTTP_ORIGIN": "http://testserver"}
    assert client.post("/subscribe", fields(form), **here).status_code == 303


@pytest.mark.parametrize("posted", [{}, {"email": "<b>\0"}, {"frequency": "never"}, {"email": "x" * 10_000}])
def test_whatever_is_posted_keeps_nothing(client: Client, posted: dict[str, str]) -> None:
    answer = client.post("/subscribe/elsewhere", posted)
    assert answer.status_code == 200
    assert b"<b>" not in answer.content
    assert client.post("/subscribe/elsewhere", {"office": "nowhere", "selection": "q=%"}).status_code in {
        200,
        422,
    }


def test_the_html_to_copy_is_a_whole_form(client: Client) -> None:
    html = words(page(client.get("/subscribe/form?office=vienna")).find(".//textarea"))
    assert 'action="http://localhost:8000/subscribe/elsewhere?lang=en"' in html
    assert '<input type="hidden" name="office" value="vienna">' in html
    assert "<script" not in html
    assert client.get("/subscribe/form?strange=1").status_code == 400
