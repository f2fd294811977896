"""Paging through what a source has brought."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from config import clock
from feeds.models import ReleaseKey
from tests.feeds.api.kit import LEAST, program, told

pytestmark = pytest.mark.django_db


def push(desk, *keys):
    for key in keys:
        told(desk.post(LEAST | {"key": key}), 201)


def page(desk, query=""):
    answer = desk.ask("GET", query if query.startswith("/") else f"/api/releases{query}")
    body = told(answer, 200)
    assert answer.get("Link") == (f'<{body["next"]}>; rel="next"' if body["next"] else None)
    return [release["key"] for release in body["releases"]], body["next"]


def test_the_last_one_comes_first_and_pages_follow_each_other(desk):
    assert page(desk) == ([], None)
    push(desk, "a", "b", "c", "d", "e")
    first, following = page(desk, "?limit=2")
    push(desk, "f")
    desk.put("a", LEAST | {"published_on": "2025-02-18"})
    second, last = page(desk, following)
    third, end = page(desk, last)
    assert (first, second, third, end) == (["e", "d"], ["c", "b"], ["a"], None)
    assert page(desk, "?limit=6") == (["f", "e", "d", "c", "b", "a"], None)


def test_a_page_holds_what_each_release_is(desk):
    push(desk, "a")
    assert told(desk.ask("GET", "/api/releases"), 200)["releases"] == [told(desk.get("a"), 200)]


def test_by_state(desk):
    push(desk, "a", "b")
    desk.delete("a")
    desk.post(LEAST | {"key": "c", "visible_at": "2099-01-01T00:00:00Z"})
    assert [page(desk, f"?state={state}")[0] for state in ("published", "scheduled", "withdrawn")] == [
        ["b"],
        ["c"],
        ["a"],
    ]


def test_what_changed_since(desk):
    push(desk, "a", "b", "c", "d")
    since = told(desk.get("d"), 200)["changed_at"]
    desk.put("a", LEAST | {"author": "Ann"})
    desk.delete("b")
    assert page(desk, f"?changed_since={since}&limit=2")[0] == ["d", "b"]
    assert page(desk, page(desk, f"?changed_since={since}&limit=2")[1])[0] == ["a"]
    later = (clock.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert page(desk, f"?changed_since={later}")[0] == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=9e99", "limit"),
        ("state=gone", "state"), ("state=%00", "state"), ("changed_since=yesterday", "changed_since"),
        ("changed_since=2025-02-17T10:00:00", "changed_since"),
        ("changed_since=0001-01-01T00:00:00%2B23:59", "changed_since"),
        ("changed_since=9999-12-31T23:59:59-23:59", "changed_since"),
        ("cursor=x", "cursor"), ("cursor=%F0%9F%97%9E", "cursor"), ("cursor=LTE", "cursor"),
        ("cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "cursor"), ("cursor=" + "x" * 41, "cursor"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for(desk, query, parameter):
    [wrong] = told(desk.ask("GET", f"/api/releases?{query}"), 422, "invalid")["errors"]
    assert wrong["parameter"] == parameter


def test_a_page_takes_few_queries_however_many_releases_it_holds(desk, django_assert_max_num_queries):
    push(desk, *"abcdefgh")
    with django_assert_max_num_queries(12):
        desk.ask("GET", "/api/releases")


def test_one_row_that_cannot_be_read_does_not_hide_the_others(desk):
    if connection.vendor != "sqlite":
        pytest.skip("other databases let nobody write what is no instant")
    push(desk, "a", "b", "c")
    pk = ReleaseKey.objects.get(key="b").release_id
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feeds_release SET visible_at = '2025-13-45 00:00:00' WHERE id = %s", [pk])
    assert page(desk)[0] == ["c", "a"]


def test_a_source_sees_its_own_alone(desk):
    push(desk, "a", "b")
    other = program("other")
    assert page(other) == ([], None)
    push(other, "a")
    assert json.loads(other.ask("GET", "/api/releases").content)["releases"][0]["key"] == "a"
    assert len(page(desk)[0]) == 2
    assert ReleaseKey.objects.count() == 3
