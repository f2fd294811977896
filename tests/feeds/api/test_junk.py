"""Whatever comes in, the answer is one of ours: never a fault."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feeds.sources.record import ALIASES, NAMES
from tests.feeds.api.kit import JSON, LEAST, PROBLEM, Program, at, told

pytestmark = pytest.mark.django_db
ANYTHING = st.characters() | st.sampled_from("\x00\ud800\u202e\u2028\ufeff<&\"'\\/.% ")
TEXT = st.text(ANYTHING, max_size=60)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXT
    | st.sampled_from([10**400, -1, "x" * 5000])
)
LABELS = st.fixed_dictionaries({}, optional={"slug": SCALARS, "name": SCALARS, "x": SCALARS})
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4) | LABELS
)
MEMBERS = st.dictionaries(
    st.sampled_from([*NAMES, *ALIASES, "state", "guid", "warnings"]) | TEXT, VALUES, max_size=6
)
TEXTS = ("title", "key", "summary", "body", "type", "author", "editors_note", "withdrawn", "translation_of")
PLAUSIBLE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(TEXTS, TEXT)
    | {
        name: st.lists(TEXT | TEXT.map(lambda name: {"slug": None, "name": name}), max_size=3)
        for name in ("offices", "topics")
    }
    | {
        "published_on": st.dates(date(2000, 1, 1), date(2030, 1, 1)).map(str),
        "visible_at": st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.timezones()).map(
            lambda moment: moment.isoformat()
        ),
        "url": TEXT.map(lambda text: f"https://newsroom.example.org/{text}"),
        "silent": st.booleans(),
    },
)
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def sound(answer: Any) -> Any:
    """An answer is JSON, and no fault."""
    assert answer.status_code < 500, answer.content
    body = json.loads(answer.content) if answer.content else None
    if answer.status_code >= 400:
        assert answer["Content-Type"] == PROBLEM
        assert body["status"] == answer.status_code
    elif answer.status_code not in {204, 304}:
        assert answer["Content-Type"] == JSON
    return body


@MANY
@given(st.binary(max_size=200), st.sampled_from(["POST", "PUT", "DELETE"]))
@example(b"{" + b'"a":[' * 400 + b"]" * 400 + b"}", "PUT")
@example(b'{"offices": ' + b"[" * 800 + b"]" * 800 + b"}", "POST")
@example(b'{"title": "\\ud800", "date": "2025-02-17"}', "PUT")
@example(b'{"title": "a", "date": "2025-02-17", "key": "\\u0000"}', "POST")
def test_bytes(desk: Program, raw: bytes, method: str):
    sound(desk.ask(method, "/api/releases" if method == "POST" else at("a"), raw=raw))


@settings(MANY, max_examples=25)
@given(MEMBERS | PLAUSIBLE, st.uuids().map(str))
@example({"translation_of": "\u200b"}, "something that does not show")
def test_members(desk: Program, members: dict[str, Any], name: str):
    """What is made of them is the same however it is asked for, and sent back it changes nothing but the warnings."""
    body = {**LEAST, "title": name, **members}
    raw = json.dumps(body).replace("NaN", "0").replace("Infinity", "1e999").encode()
    answer = desk.ask("POST", "/api/releases", raw=raw, Idempotency_Key=name)
    made = sound(answer)
    if answer.status_code == 201:
        assert sound(desk.ask("GET", answer["Location"])) == made
        assert desk.ask("POST", "/api/releases", raw=raw, Idempotency_Key=name).status_code == 200
        again = told(desk.ask("PUT", answer["Location"], made, If_Match=answer["ETag"]), 200)
        assert again | {"warnings": []} == made | {"warnings": []}


@settings(MANY, max_examples=25)
@given(st.text(ANYTHING, max_size=80).filter(lambda text: "\ud800" not in text))
def test_keys(desk: Program, key: str):
    try:
        address = at(key)
    except UnicodeEncodeError:
        return
    answer = desk.ask("PUT", address, LEAST)
    body = sound(answer)
    if answer.status_code in {200, 201}:
        assert sound(desk.ask("GET", answer["Content-Location"])) == body
        assert sound(desk.ask("GET", address)) == body


HEADERS = st.sampled_from([
    "Accept", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Authorization", "Content-Encoding",
    "Content-Length", "Cookie", "Accept-Language", "Host", "X-Forwarded-Proto",
])  # fmt: skip
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)


@MANY
@given(
    st.dictionaries(HEADERS, LATIN, max_size=4),
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X"]),
)
def test_headers(desk: Program, headers: dict[str, str], method: str):
    path = "/api/releases" if method == "POST" else at("a")
    sent = {"Authorization": f"Bearer {desk.secret}", **headers}
    answer = Client().generic(method, path, json.dumps(LEAST).encode(), content_type=JSON, headers=sent)
    if method != "HEAD":
        sound(answer)
    assert answer.status_code < 500


@MANY
@given(st.text(ANYTHING.filter(lambda c: c != "\ud800"), max_size=60))
def test_addresses(desk: Program, tail: str):
    try:
        sound(desk.ask("GET", "/api/" + tail.replace("\n", "").replace("\r", "")))
    except UnicodeEncodeError:
        return
