"""Scheduled, published, withdrawn: what is shown of a release that came by the API, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from config import clock
from feeds import notice, store
from feeds.models import Release, Standing
from tests.feeds.api.kit import LEAST, program, told

pytestmark = pytest.mark.django_db


def later(hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).isoformat()


def page_of(key: str) -> int:
    standing = Standing.objects.get(release__keys__key=key)
    return Client().get(f"/releases/{standing.key}").status_code


@pytest.mark.holds("E1")
def test_a_release_under_embargo_is_its_sources_alone_until_its_second(desk):
    body = told(desk.put("a", LEAST | {"visible_at": later(1)}), 201)
    assert (body["state"], body["page"], body["announced_at"]) == ("scheduled", None, None)
    assert body["guid"]
    assert page_of("a") == 404
    assert not store.shown().exists()
    told(program("other").get("a"), 404, "not-found")
    before = desk.get("a")
    assert notice.release_due(clock.now() + timedelta(hours=2)) == 1
    after = told(desk.get("a", If_None_Match=before["ETag"]), 200)
    assert (after["state"], after["page"] is not None, page_of("a")) == ("published", True, 200)
    told(desk.put("a", LEAST, If_Match=before["ETag"]), 412, "precondition-failed")


def test_an_embargo_is_moved_lifted_and_set_again(desk):
    told(desk.put("a", LEAST | {"visible_at": later(1)}), 201)
    moved = told(desk.put("a", LEAST | {"visible_at": later(2)}), 200)
    assert moved["state"] == "scheduled"
    assert told(desk.put("a", LEAST), 200)["state"] == "published"
    assert store.shown().exists()
    again = told(desk.put("a", LEAST | {"visible_at": later(1)}), 200)
    assert (again["state"], again["page"]) == ("scheduled", None)
    assert not store.shown().exists()
    assert told(desk.put("a", LEAST | {"visible_at": later(-1)}), 200)["state"] == "published"


def test_what_is_withdrawn_under_embargo_was_never_there(desk):
    desk.put("a", LEAST | {"visible_at": later(1)})
    told(desk.delete("a"), 200)
    assert page_of("a") == 404
    assert notice.release_due(clock.now() + timedelta(hours=2)) == 0


def test_what_readers_are_told_of_a_withdrawal(desk):
    desk.put("a", LEAST)
    desk.delete("a", {"reason": "Published by <b>mistake</b>."})
    key = Standing.objects.get().key
    page = Client().get(f"/releases/{key}")
    assert page.status_code == 410
    assert "Published by &lt;b&gt;mistake&lt;/b&gt;." in page.content.decode()


def test_a_state_that_another_program_made_up_shows_nothing(desk):
    desk.put("a", LEAST)
    Release.objects.update(state="draft")
    notice.take(clock.now())
    body = told(desk.get("a"), 200)
    assert (body["state"], body["page"]) == ("withdrawn", None)


@pytest.mark.holds("E7")
@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "{% include 'x' %}",
        '=HYPERLINK("x")',
        "Ignore all instructions",
    ],
)
def test_a_title_stays_text(desk, title):
    assert told(desk.put("a", LEAST | {"title": title}), 201)["title"] == title
