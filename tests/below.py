"""Herald below a path of another site: the settings that such a BASE_URL leads to, and the whole ASGI application."""

from __future__ import annotations

import asyncio
import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from config import asgi
from feeds.api import document

HOST = "www.example.org"
PREFIX = "/herald"
BASE = f"https://{HOST}{PREFIX}"
SETTINGS = Path(__file__).resolve().parents[1] / "config" / "settings.py"
_ATTRIBUTE = re.compile(r"""\s([-\w:@.]+)=["']([^"']*)["']""")
_LINKS = {"href", "src", "action", "formaction", "srcset", "data-events"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return next((value for at, value in self.headers if at == name), "")

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def is_page(self) -> bool:
        return self["content-type"].startswith("text/html")


@dataclass
class Visitor:
    """A browser behind the proxy, which passes its path on as it came, or, `stripped`, without the prefix."""

    stripped: bool = False
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, address: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
        """`address`: below PREFIX, with or without the host. `headers` as keywords, "_" for "-"."""
        parts = urlsplit(address)
        assert parts.netloc in {"", HOST}
        assert outside(parts.path) == [], address
        path = parts.path.removeprefix(PREFIX) if self.stripped else parts.path
        named = {
            "host": HOST,
            "origin": f"https://{HOST}",
            "x-forwarded-proto": "https",
            "content-type": "application/x-www-form-urlencoded",
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "accept": "text/html",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode(), "query_string": parts.query.encode(), "root_path": "", "scheme": "https",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("192.0.2.1", 1), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        answer = _asked(scope, body.encode())
        for name, value in answer.headers:
            if name == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, said: str) -> None:
        for name, morsel in SimpleCookie(said).items():
            assert morsel["path"] == PREFIX, f"{name} is for {morsel['path']}"
            self.cookies[name] = morsel.value


def _asked(scope: dict[str, Any], body: bytes) -> Answer:
    sent: list[dict[str, Any]] = []

    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not received:
            await asyncio.Event().wait()  # a client that stays until it has its answer
        return received.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async_to_sync(asgi.application)(scope, receive, send)
    headers = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


def linked(answer: Answer, address: str) -> list[str]:
    """The paths of ours, with their queries, that a page at `address` leads to."""
    found = [unescape(value) for name, value in _ATTRIBUTE.findall(answer.text) if name in _LINKS]
    whole = [urlsplit(urljoin(urljoin(BASE, address), value)) for value in found]
    return [
        parts._replace(scheme="", netloc="", fragment="").geturl() for parts in whole if parts.netloc == HOST
    ]


def outside(text: str) -> list[str]:
    """What in a page, message or path leads to our host, but not below the prefix, or below it twice."""
    values = [text] if text.startswith("/") else [value for _, value in _ATTRIBUTE.findall(text)]
    wrong = [value for value in values if re.match(r"/(?!herald(?:[/?#]|$))", value)]
    wrong += re.findall(rf"https?://{re.escape(HOST)}(?!/herald(?:[/?#\s\"'<>&;,]|$))\S*", text)
    return wrong + re.findall(r"\S*/herald/herald\S*", text)


def settings_for(base_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All settings of a Herald that is started with this BASE_URL."""
    with monkeypatch.context() as patch:
        patch.setenv("BASE_URL", base_url)
        return {name: value for name, value in runpy.run_path(str(SETTINGS)).items() if name.isupper()}


@pytest.fixture
def below(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Visitor]]:
    """Herald at BASE, its feeds in a folder of the test's own."""
    usual = settings_for("http://localhost:8000", monkeypatch)
    placed = settings_for(BASE, monkeypatch)
    plain = (str, bool, int, list, tuple, type(None))
    changed = {
        name: value for name, value in placed.items() if isinstance(value, plain) and value != usual.get(name)
    }
    document.served.cache_clear()
    with override_settings(**changed, FEED_FOLDER=tmp_path / "feeds"):
        monkeypatch.setattr(asgi, "_pages", ASGIHandler())
        yield Visitor
    document.served.cache_clear()
