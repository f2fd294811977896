"""ETags and what is asked for by them (RFC 9110, 13)."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from feeds.api import preconditions
from feeds.models import Office, Release
from tests.feeds.api.kit import LEAST, WHOLE, told

OTHER = '"0f343b0931126a20f133d67c2b018a3b"'


@pytest.mark.django_db
def test_a_tag_is_strong_and_of_these_bytes_alone(desk):
    first = desk.put("a", LEAST)
    assert first["ETag"].startswith('"')
    second = desk.put("a", LEAST | {"summary": "More."})
    third = desk.put("a", LEAST)
    assert first["ETag"] != second["ETag"]
    assert (third["ETag"] == first["ETag"]) == (third.content == first.content)
    Office.objects.update(name="Vienna Office")
    assert desk.get("a")["ETag"] == third["ETag"]
    desk.put("a", LEAST | {"offices": ["vienna"]})
    before = desk.get("a")["ETag"]
    Office.objects.update(name="Office in Vienna")
    assert desk.get("a")["ETag"] != before


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
def test_what_is_still_as_it_was_is_not_sent_again(desk, header):
    desk.put("a", LEAST)
    whole = desk.get("a")
    answer = desk.get("a", If_None_Match=header.format(tag=whole["ETag"]))
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", whole["ETag"])
    assert answer["Cache-Control"] == whole["Cache-Control"] == "private, no-cache"
    page = desk.ask("GET", "/api/releases")
    assert desk.ask("GET", "/api/releases", If_None_Match=page["ETag"]).status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("header", [OTHER, 'W/"x"', "junk", '""'])
def test_what_is_not_as_it_was_is_sent(desk, header):
    desk.put("a", LEAST)
    told(desk.get("a", If_None_Match=header), 200)


@pytest.mark.django_db
def test_a_read_may_ask_for_a_representation_too(desk):
    tag = desk.put("a", LEAST)["ETag"]
    told(desk.get("a", If_Match=tag), 200)
    assert told(answer := desk.get("a", If_Match=OTHER), 412, "precondition-failed")
    assert answer["ETag"] == tag


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_goes_on_only_if_the_release_is_as_it_was_read(desk, method):
    tag = desk.put("a", LEAST)["ETag"]
    Release.objects.update(summary="An editor's.")
    body = LEAST if method == "PUT" else None
    answer = desk.ask(method, "/api/releases/a", body, If_Match=tag)
    told(answer, 412, "precondition-failed")
    now = desk.get("a")["ETag"]
    assert answer["ETag"] == now
    assert Release.objects.get().summary == "An editor's."
    told(desk.ask(method, "/api/releases/a", body, If_Match=f"W/{now}"), 412, "precondition-failed")
    told(desk.ask(method, "/api/releases/a", body, If_None_Match=now), 412, "precondition-failed")
    told(desk.ask(method, "/api/releases/a", body, If_Match=now), 200)


@pytest.mark.django_db
def test_the_tag_of_an_answer_is_good_for_the_next_request(desk):
    """Nothing that Herald does by itself afterwards makes it a stranger's."""
    answer = desk.post(WHOLE)
    for title in ("One", "Two", "Three"):
        answer = desk.put("2025/31", WHOLE | {"title": title}, If_Match=answer["ETag"])
        told(answer, 200)
    told(desk.delete("2025/31", If_Match=answer["ETag"]), 200)


@pytest.mark.django_db
def test_a_put_may_ask_that_there_be_nothing_yet_or_something(desk):
    told(desk.put("a", LEAST, If_Match="*"), 412, "precondition-failed")
    told(desk.put("a", LEAST, If_Match=OTHER), 412, "precondition-failed")
    assert not Release.objects.exists()
    told(desk.put("a", LEAST, If_None_Match="*"), 201)
    told(desk.put("a", LEAST, If_None_Match="*"), 412, "precondition-failed")
    told(desk.put("a", LEAST, If_Match="*"), 200)


@pytest.mark.django_db
def test_preconditions_are_not_looked_at_where_there_is_another_problem(desk):
    told(desk.delete("a", If_Match=OTHER), 404, "not-found")
    told(desk.put("a", {}, If_Match=OTHER), 422, "invalid")


TAGS = st.sampled_from(
    ["*", '"a"', 'W/"a"', '"b"', 'W/"b"', '"a", "b"', 'W/"a","b"', "", "a", '"', '"a" "b"']
)


@given(st.none() | TAGS | st.text(), st.none() | TAGS | st.text(), st.sampled_from(["", '"a"']))
def test_conditions_never_fail_and_hold_where_they_must(match, none_match, tag):
    headers = {"If-Match": match, "If-None-Match": none_match}
    request = RequestFactory().get(
        "/", headers={name: value for name, value in headers.items() if value is not None}
    )
    conditions = preconditions.of(request)
    assert bool(conditions) == (match is not None or none_match is not None)
    assert conditions.matched("") == (match is None)
    assert conditions.unmatched("")
    if match is not None and match.strip() == tag == '"a"':
        assert conditions.matched(tag)
    if match is not None and match.strip() == 'W/"a"':
        assert not conditions.matched(tag)
    if none_match is not None and none_match.strip() in {'"a"', 'W/"a"', "*"}:
        assert conditions.unmatched(tag) == (not tag)
