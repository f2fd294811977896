"""What a web server says while its database is away: a page, a problem or a line with 503; feeds go on."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client

from config.databases import is_away
from feeds import serving
from feeds.folder import Folder
from feeds.sheet import Sheet, Span
from tests.feeds.stories import NOW, newsroom
from tests.notifier.drills.cutting import a_proxy
from tests.wellformed import page, words

WAYS = {
    "postgresql": ("nobody listens", "connections are cut"),
    "sqlite": ("unreadable", "no database", "locked"),
}[connection.vendor]


def _elsewhere(way: str, folder: Path, stack: ExitStack) -> dict[str, object]:
    """Settings of a database that is away in this way."""
    place = folder / "herald.sqlite3"
    if way == "nobody listens":
        bound = stack.enter_context(socket.socket())
        bound.bind(("127.0.0.1", 0))
        return {"HOST": "127.0.0.1", "PORT": bound.getsockname()[1]}
    if way == "connections are cut":
        proxy = stack.enter_context(a_proxy("127.0.0.1", 1))
        proxy.closed = True
        return {"HOST": "127.0.0.1", "PORT": proxy.port}
    if way == "unreadable":
        place.mkdir()
    elif way == "no database":
        place.write_bytes(b"What somebody wrote over it.\n" * 100)
    else:
        holder = stack.enter_context(closing(sqlite3.connect(place, isolation_level=None)))
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
    return {"NAME": str(place), "OPTIONS": {**connection.settings_dict["OPTIONS"], "timeout": 0.01}}


@pytest.fixture(params=WAYS)
def away(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Iterator[None]:
    """From here on this thread has a database that is away, and a newsroom that it remembers."""
    newsroom(contact="press@example.org")
    Client().get("/offices/")
    ours = connections["default"]
    with ExitStack() as stack:
        changed = {**ours.settings_dict, **_elsewhere(request.param, tmp_path, stack)}
        connections["default"] = type(ours)(changed, "default")
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = ours


def refused(answer: HttpResponse) -> HttpResponse:
    """The answer, which says that it is worth while to ask again, or to ask another server."""
    said = answer.status_code, answer.headers.get("Retry-After"), answer.headers.get("Cache-Control")
    assert said == (503, "30", "no-store")
    return answer


@pytest.mark.parametrize(("method", "path"), [("get", "/"), ("get", "/admin/"), ("post", "/subscribe")])
def test_a_person_reads_what_is_the_matter(away: None, method: str, path: str) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[configured.SESSION_COOKIE_NAME] = "one-of-before"
    tree = page(refused(getattr(client, method)(path)), status=503)
    assert words(tree.find(".//h1")) == "This page cannot be shown just now"
    assert "Newsroom of X" in words(tree.find(".//header"))
    assert "press@example.org" in words(tree.find(".//main"))
    (sheet,) = tree.xpath("//link[@rel='stylesheet'][not(@media)]/@href")
    assert client.get(sheet).status_code == 200


@pytest.mark.parametrize("language", configured.HERALD_LANGUAGES)
def test_in_each_language(db: None, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr("feeds.store.newsroom", broken)
    client = Client(raise_request_exception=False)
    tree = page(client.get("/offices/", headers={"Accept-Language": language}), status=503)
    assert tree.get("lang") == language
    assert (words(tree.find(".//h1")) == "This page cannot be shown just now") == (language == "en")


def test_a_program_is_told_in_its_own_way(away: None) -> None:
    client = Client(raise_request_exception=False)
    listed = refused(client.get("/api/releases", headers={"Authorization": "Bearer herald_" + 43 * "x"}))
    assert listed["Content-Type"] == "application/problem+json"
    assert listed.json()["type"].endswith("/api/problems/unavailable")
    feed = refused(client.get("/feeds/selection.atom?topic=x", headers={"Accept": "application/atom+xml"}))
    assert feed.content == b"Service Unavailable\n"
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json()["problems"] == ["database: does not answer"]


def test_feeds_are_served_from_their_files(away: None, tmp_path: Path, settings: Any) -> None:
    settings.FEED_FOLDER = tmp_path / "feeds"
    body = b"<feed></feed>"
    Folder(tmp_path / "feeds").write(
        "all.atom", Sheet(body, seq=1, head=6, tail=7, spans=(Span(1, 6, 0),)), NOW
    )
    said: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": "/feeds/all.atom", "headers": []}
    asyncio.run(serving.application(scope, _nothing, send))
    assert (said[0]["status"], said[1]["body"]) == (200, body)


async def _nothing() -> dict[str, object]:
    return {}


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


def told_by_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as it says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (None, False),
        (KeyError("x"), False),
        (OperationalError("gone"), True),
        (InterfaceError("closed"), True),
        (DatabaseError("else"), False),
        (caused(ValueError(), OperationalError("gone")), True),
        (caused(OperationalError(), psycopg.errors.AdminShutdown()), True),
        (caused(OperationalError(), psycopg.errors.CannotConnectNow()), True),
        (caused(OperationalError(), psycopg.errors.TooManyConnections()), True),
        (caused(OperationalError(), psycopg.errors.DiskFull()), True),
        (caused(DatabaseError(), psycopg.errors.ReadOnlySqlTransaction()), True),
        (caused(OperationalError(), psycopg.OperationalError("no route")), True),
        (caused(DatabaseError(), psycopg.errors.UndefinedTable()), False),
        (caused(DatabaseError(), psycopg.DataError("a NUL")), False),
        (caused(IntegrityError(), psycopg.errors.UniqueViolation()), False),
        (caused(OperationalError(), told_by_sqlite(sqlite3.SQLITE_BUSY)), True),
        (caused(OperationalError(), told_by_sqlite(sqlite3.SQLITE_READONLY_DBMOVED)), True),
        (caused(OperationalError(), told_by_sqlite(sqlite3.SQLITE_ERROR)), False),
    ],
)  # fmt: skip
def test_what_is_the_databases_fault_and_what_is_not(error: Exception | None, away: bool) -> None:
    assert is_away(error) is away
