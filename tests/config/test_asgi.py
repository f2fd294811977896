from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from config import asgi


def ask(scope: dict[str, Any], *received: dict[str, Any]) -> list[dict[str, Any]]:
    """What the application sends for `scope`, given what it receives."""
    messages, sent = list(received), []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asgi.application(scope, receive, send))
    return sent


def http(path: str) -> list[dict[str, Any]]:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    return ask(scope, {"type": "http.request", "body": b"", "more_body": False})


def body(sent: list[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


@pytest.mark.django_db(transaction=True)
def test_pages_are_answered_by_django():
    sent = http("/healthz")
    assert sent[0]["status"] == 200
    assert body(sent) == b"ok\n"


@pytest.mark.django_db(transaction=True)
def test_static_files_are_served_without_a_warning():
    sent = http("/static/unfold/css/styles.css")
    assert sent[0]["status"] == 200
    assert len(body(sent)) > 100_000


@pytest.mark.parametrize(
    "path", ["/feeds/all.atom", "/feeds/topics/border-management.rss", "/feeds/offices/x.json"]
)
def test_feeds_are_answered_by_their_own_application(monkeypatch, path):
    async def feeds(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    monkeypatch.setattr(asgi, "_feeds", feeds)
    assert body(http(path)) == path.encode()


def test_lifespan_events_are_answered_and_the_feeds_live_as_long(monkeypatch):
    lived = []

    @asynccontextmanager
    async def alive():
        lived.append("begun")
        yield
        lived.append("ended")

    monkeypatch.setattr(asgi, "_alive", alive)
    sent = ask({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert lived == ["begun", "ended"]


def test_websockets_are_closed():
    assert ask({"type": "websocket", "path": "/"})[0]["type"] == "websocket.close"
