"""The small ASGI application that serves published feeds: `/feeds/<path>.atom`, `.rss` and `.json`.

It reads nothing but files, which `feeds.folder` replaces whole. What it has read stays in memory, in every encoding,
until the file is another one; `stat` tells. Streams (`.events`) are left to `feeds.live`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from config import clock
from feeds import answers, bookkeeper, frontdesk
from feeds.answers import Headers
from feeds.folder import moved_to
from feeds.formats import FORMATS
from feeds.frontdesk import Given
from feeds.live import streaming
from feeds.memory import Document, Memory
from feeds.pages import faults

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/feeds/"
SELECTION = "/feeds/selection"
PRIVATE = "/feeds/private/"
"""Feeds of one person each, which are no files either."""
# No dot before the suffix's and no empty part: a path that passes cannot lead out of the folder.
_FEED = re.compile(r"/feeds/((?:[-a-zA-Z0-9_]+/)*[-a-zA-Z0-9_]+)\.(atom|rss|json)")
_CROSSED = re.compile(r"offices/([-a-zA-Z0-9_]+)/topics/([-a-zA-Z0-9_]+)\.(atom|rss|json)")
_PAGE = re.compile(r"((?:[-a-zA-Z0-9_]+/)*archive/\d+)(?:-\d+)?\.(atom|rss|json)")

_memory = Memory()

alive = bookkeeper.keeping
"""To be entered while the application serves."""


def serves(path: str) -> bool:
    """Whether a request for `path` is for this application: whatever looks like a feed file below /feeds/, but for
    selections by address and private ones, which are no files; and every stream.
    """
    if streaming.serves(path):
        return True
    name, _, suffix = path.rpartition(".")
    return (
        path.startswith(PREFIX) and suffix in FORMATS and name != SELECTION and not path.startswith(PRIVATE)
    )


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI, for scopes of type http whose path `serves`."""
    if streaming.serves(scope["path"]):
        await streaming.application(scope, receive, send)
        return
    if scope["method"] == "OPTIONS":
        await _respond(scope, send, 204, answers.PREFLIGHT, None)
        return
    if scope["method"] not in {"GET", "HEAD"}:
        await _refuse(scope, send, 405, b"Feeds can be read only.\n", [(b"allow", b"GET, HEAD, OPTIONS")])
        return
    found = _FEED.fullmatch(scope["path"])
    name = f"{found[1]}.{found[2]}" if found else ""
    document = await _document(_place(settings.FEED_FOLDER, name)) if name else None
    if found is None or document is None:
        await _elsewhere(scope, send, name)
        return
    asked = answers.gathered(scope["headers"])
    held = Held(document, found[0], frontdesk.feed_of(found[1]), found[2])
    status, headers, body = _answer(held, scope["method"], asked, _client(scope), clock.now()).answer
    await _respond(scope, send, status, headers, body)


class Held(NamedTuple):
    """A document that is asked for at `path`, and which feed it is of."""

    document: Document
    path: str
    feed: str
    suffix: str


def held(path: str) -> Held | None:
    """What is to be had at `path`, if it is in memory and the same as on the disk; else None: ask `application`."""
    found = _FEED.fullmatch(path)
    if found is None:
        return None
    try:
        document = _memory.get(_place(settings.FEED_FOLDER, f"{found[1]}.{found[2]}"))
    except OSError:
        return None
    return Held(document, path, frontdesk.feed_of(found[1]), found[2]) if document else None


def at_once(held: Held, asked: Mapping[bytes, bytes], client: str, now: datetime) -> Given:
    """The answer to a GET with the headers `asked` (names in lower case), for a server that needs no ASGI to say it."""
    return _answer(held, "GET", asked, client, now)


def _answer(held: Held, method: str, asked: Mapping[bytes, bytes], client: str, now: datetime) -> Given:
    document, path, feed, suffix = held
    return frontdesk.answer(document, frontdesk.Asked(feed, suffix, path, method, asked, client), now)


def _client(scope: MutableMapping[str, Any]) -> str:
    return scope["client"][0] if scope.get("client") else ""


@lru_cache(maxsize=4_096)
def _place(folder: str | Path, name: str) -> Path:
    return Path(folder) / name


async def _elsewhere(scope: MutableMapping[str, Any], send: Send, name: str) -> None:
    found = await asyncio.to_thread(_where, Path(settings.FEED_FOLDER), name) if name else None
    if found:
        status, place = found
        location = (b"location", f"{settings.BASE_URL}{PREFIX}{place}".encode())
        await _refuse(scope, send, status, b"", [location, answers.CACHED])
    else:
        await _unknown(scope, send)


async def _unknown(scope: MutableMapping[str, Any], send: Send) -> None:
    """404: a page to a browser, whose reader may have followed an old link; a line to anybody else."""
    page = await asyncio.to_thread(
        faults.beside_django, 404, scope["path"], answers.gathered(scope["headers"])
    )
    if page is None:
        await _refuse(scope, send, 404, b"There is no such feed.\n", [])
    else:
        await _respond(scope, send, 404, answers.as_page(), page)


def _where(folder: Path, name: str) -> tuple[int, str] | None:
    """What has no file may be elsewhere, as (status, place below /feeds/).

    The feed of a term that was merged into another is there, for ever. An archive document that was changed has a new
    address (RFC 5005, 4). An office with a topic in which nothing ever was is a selection.
    """
    path, _, suffix = name.rpartition(".")
    if moved := moved_to(folder, path):
        return 301, f"{moved}.{suffix}"
    if page := _PAGE.fullmatch(name):
        place = folder / page[1]
        newer = next(place.parent.glob(f"{place.name}-*.{suffix}"), None)
        return (301, newer.relative_to(folder).as_posix()) if newer else None
    if crossed := _CROSSED.fullmatch(name):
        return 302, f"selection.{suffix}?office={crossed[1]}&topic={crossed[2]}"
    return None


async def _refuse(
    scope: MutableMapping[str, Any], send: Send, status: int, body: bytes, headers: Headers
) -> None:
    await _respond(scope, send, status, [answers.PLAIN, *answers.OPEN, *headers], body)


async def _respond(
    scope: MutableMapping[str, Any], send: Send, status: int, headers: Headers, body: bytes | None
) -> None:
    """A `body` of None is none at all, as a 304 has; to HEAD its length is told."""
    if body is not None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body or b""})


async def _document(path: Path) -> Document | None:
    """From memory if the file is still the same, else read in a thread. None: no such file."""
    try:
        held = _memory.get(path)
    except OSError:
        return None
    return held or await asyncio.to_thread(_memory.read, path)
