"""What tests of the API share: a source with a token, and a client that speaks as its program does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from feeds.api import tokens
from feeds.models import ApiToken, Office, ReleaseType, Source, Topic

NOW = datetime(2025, 2, 18, 9, 0, tzinfo=UTC)
JSON, PROBLEM = "application/json", "application/problem+json"
LEAST = {"title": "Border officers meet", "published_on": "2025-02-17"}
WHOLE = {
    **LEAST,
    "key": "2025/31",
    "url": "https://newsroom.example.org/releases/31",
    "summary": "Officers of five countries trained together.",
    "body": "<p>Officers trained.</p>",
    "type": "News",
    "offices": ["Vienna"],
    "topics": ["Border management", "Something new"],
    "language": "en",
    "author": "Ann",
    "image_url": "https://newsroom.example.org/31.png",
    "editors_note": "",
}


@dataclass
class Program:
    """A program that holds a token."""

    token: ApiToken
    secret: str

    @property
    def source(self) -> Source:
        return self.token.source

    def ask(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> HttpResponse:
        """`headers` as keywords, "_" for "-". A body that is no bytes is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = named.pop("Content-Type", JSON)
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.secret}", **named}
        return Client().generic(method, path, data, content_type=content_type, headers=sent)

    def get(self, key: str, **headers: str) -> HttpResponse:
        return self.ask("GET", at(key), **headers)

    def post(self, body: Any, **headers: str) -> HttpResponse:
        return self.ask("POST", "/api/releases", body, **headers)

    def put(self, key: str, body: Any, **headers: str) -> HttpResponse:
        return self.ask("PUT", at(key), body, **headers)

    def delete(self, key: str, body: Any = None, query: str = "", **headers: str) -> HttpResponse:
        return self.ask("DELETE", at(key) + query, body, **headers)


def at(key: str) -> str:
    return f"/api/releases/{quote(key, safe='')}"


def program(slug: str = "desk", **values: Any) -> Program:
    Source.objects.bulk_create([Source(slug=slug, name=slug.title(), kind="api", **values)])
    return Program(*tokens.issue(Source.objects.get(slug=slug), "A program", "command:test", "command", NOW))


def terms() -> None:
    Office.objects.bulk_create([Office(slug="vienna", name="Vienna")])
    Topic.objects.bulk_create([Topic(slug="border-management", name="Border management")])
    ReleaseType.objects.bulk_create([ReleaseType(slug="news", name="News")])


def told(answer: HttpResponse, status: int, problem: str = "") -> Any:
    """The body of an answer of this status; of a problem, one of this name."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == (PROBLEM if status >= 400 else JSON)
    body = json.loads(answer.content)
    if status >= 400:
        assert body["type"] == f"http://localhost:8000/api/problems/{problem}"
        assert body["status"] == status
    return body


@pytest.fixture
def desk() -> Program:
    terms()
    return program()
