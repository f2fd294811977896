"""What can be wrong with a request, and what it is told."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.bodies import LONGEST
from feeds.api.problems import PROBLEMS, of_status, pointer
from feeds.models import Release
from tests.feeds.api.kit import LEAST, PROBLEM, WHOLE, at, told
from tests.logged import events

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [
        (b"", 1, 1), (b"{", 1, 2), (b'{"title": "a",\n "x" 1}', 2, 6), (b"\xef\xbb\xbf{", 1, 2), (b"{} {}", 1, 4),
        (b'{\n"a": "\xff"}', 2, 7), (b'{"a": "\x01"}', 1, 8), (b"[" * 100_000, 1, 1), (b'{"a":' * 100_000, 1, 1),
        (b"<release/>", 1, 1), (b"\x00", 1, 1), ("{}".encode("utf-16"), 1, 1),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_says_where(desk, raw, line, column):
    body = told(desk.ask("POST", "/api/releases", raw=raw), 400, "malformed-json")
    assert (body["line"], body["column"]) == (line, column)


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b'{"a": NaN}', "NaN is no number"), (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit")],
)
def test_numbers_that_are_none(desk, raw, words):
    assert words in told(desk.ask("POST", "/api/releases", raw=raw), 400, "malformed-json")["detail"]


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"x"'])
def test_a_body_that_is_no_object(desk, raw):
    assert told(desk.ask("PUT", at("a"), raw=raw), 422, "invalid")["errors"][0]["pointer"] == "#"


def test_all_that_is_wrong_is_said_at_once(desk):
    sent = {
        "title": " ",
        "date": "yesterday",
        "link": "x",
        "url": "ftp://x",
        "visible_at": "2025-02-17T10:00:00",
        "a/b~": 1,
    }
    errors = told(desk.post(sent), 422, "invalid")["errors"]
    assert {one["pointer"] for one in errors} == {
        "#/title", "#/date", "#/link", "#/url", "#/visible_at", "#/a~1b~0",
    }  # fmt: skip
    assert all("expected" in one["detail"] for one in errors)
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"state": "scheduled"}, "#/state"),
        ({"state": "withdrawn"}, "#/state"),
        ({"state": "gone"}, "#/state"),
        ({"state": "published", "withdrawn_reason": "x"}, "#/state"),
        ({"offices": [[["x"]]]}, "#/offices"),
        ({"offices": [{"slug": "x", "id": 1}]}, "#/offices"),
        ({"type": {"slug": None, "name": ""}}, "#/type"),
        ({"title": None}, "#/title"),
        ({"silent": 10**400}, "#/silent"),
        ({"published_on": 10**400}, "#/published_on"),
        ({"title": " " * 20_000 + "x"}, "#/title"),
    ],
)
def test_values_that_cannot_be_meant(desk, values, where):
    errors = told(desk.post(LEAST | values), 422, "invalid")["errors"]
    assert [one["pointer"] for one in errors] == [where]


def test_a_name_twice_is_a_mistake(desk):
    raw = b'{"title": "a", "title": "b", "published_on": "2025-02-17"}'
    [wrong] = told(desk.ask("POST", "/api/releases", raw=raw), 422, "invalid")["errors"]
    assert wrong["pointer"] == "#/title"


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}), ("", {}), ("application/x-www-form-urlencoded", {}), ("application/xml", {}),
        ("application/json; charset=latin-1", {}), ("application/json", {"Content_Encoding": "gzip"}),
    ],
)  # fmt: skip
def test_bodies_of_another_kind(desk, content_type, headers):
    answer = desk.ask("POST", "/api/releases", LEAST, **{"Content-Type": content_type}, **headers)
    told(answer, 415, "unsupported-media-type")
    assert (answer["Accept"], answer["Accept-Encoding"]) == ("application/json", "identity")


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=UTF-8", 'APPLICATION/JSON; charset="utf-8"']
)
def test_json_by_other_spellings(desk, content_type):
    told(desk.ask("POST", "/api/releases", LEAST, **{"Content-Type": content_type}), 201)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*;q=0.5"])
def test_answers_of_another_kind_are_not_to_be_had(desk, accept):
    for method, path in (
        ("GET", "/api/releases"),
        ("POST", "/api/releases"),
        ("PUT", at("a")),
        ("DELETE", at("a")),
    ):
        told(desk.ask(method, path, LEAST, Accept=accept), 406, "not-acceptable")
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "text/html, application/json;q=0.1", "APPLICATION/JSON"]
)
def test_what_may_be_accepted(desk, accept):
    told(desk.ask("GET", "/api/releases", Accept=accept), 200)


def test_bodies_that_are_too_large(desk):
    for method, path in (("POST", "/api/releases"), ("PUT", at("a")), ("DELETE", at("a"))):
        told(desk.ask(method, path, raw=b" " * (LONGEST + 1)), 413, "too-large")
    told(desk.ask("POST", "/api/releases", raw=b"x", Content_Length="9" * 30), 413, "too-large")
    raw = json.dumps(LEAST).encode()
    told(desk.ask("POST", "/api/releases", raw=raw + b" " * (LONGEST - len(raw))), 201)


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api", "/api/releases/", "/api/x", "/api/releases/%00", "/api/problems/x", "/api/a%0Ab"],
)
def test_addresses_that_are_none(desk, path):
    told(desk.ask("GET", path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/releases", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/api/releases", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/api/releases/a", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("PATCH", "/api/releases/a", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("POST", "/api/openapi.json", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/problems/invalid", "GET, HEAD, OPTIONS"),
    ],
)
def test_methods_that_do_not_go(desk, method, path, allowed):
    answer = desk.ask(method, path, LEAST)
    told(answer, 405, "method-not-allowed")
    assert answer["Allow"] == allowed
    options = Client().options(path)
    assert (options.status_code, options["Allow"], options.content) == (204, allowed, b"")


def test_head_is_get_without_a_body(desk):
    desk.post(WHOLE)
    for path in ("/api/releases", at("2025/31"), "/api/openapi.json", "/api/problems/invalid"):
        whole, head = desk.ask("GET", path), desk.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.items()) == dict(whole.items())


def test_a_fault_of_ours_tells_an_id_and_the_log_where(desk, caplog):
    desk.post(WHOLE)
    caplog.clear()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE feeds_releasewarning RENAME TO elsewhere")
    body = told(desk.get("2025/31"), 500, "fault")
    assert set(body) == {"type", "title", "status", "detail", "id"}
    [line] = events(record for record in caplog.records if record.levelname == "ERROR")
    assert line["fault"] == body["id"]
    assert "representation.py" in str(line["where"])
    assert "feeds_releasewarning" not in str(line)


@pytest.mark.parametrize("path", ["/api/releases", "/api/x"])
def test_what_django_refuses_before_us_is_a_problem_too(path):
    answer = Client().get(path, headers={"Host": "evil.example"})
    told(answer, 400, "bad-request")


def test_there_are_no_cookies_and_no_sessions(desk):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = desk.ask(
            "GET", "/api/releases?lang=fr", Cookie="sessionid=x; lang=de; csrftoken=y", Accept_Language="fr"
        )
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer["Vary"]
    assert not any("django_session" in query["sql"] for query in queries)
    strict = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {desk.secret}", "Origin": "https://evil.example"}
    assert (
        strict.post("/api/releases", LEAST, content_type="application/json", headers=headers).status_code
        == 201
    )


def test_what_a_type_means_stands_at_its_address():
    for problem in PROBLEMS.values():
        body = told(Client().get(problem.address.removeprefix("http://localhost:8000")), 200)
        assert body == {
            "type": problem.address, "title": problem.title, "status": problem.status, "meaning": problem.meaning,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "name"), [(404, "not-found"), (403, "token-revoked"), (418, "bad-request"), (502, "fault")]
)
def test_statuses_of_others(status, name):
    assert of_status(status).name == name


def test_pointers():
    assert (pointer(), pointer("a/b", "c~d")) == ("#", "#/a~1b/c~0d")
    assert PROBLEM.endswith("problem+json")
