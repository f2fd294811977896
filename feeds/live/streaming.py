"""The ASGI application for streams: `/feeds/selection.events?…` and `/feeds/<path>.events`.

A client resumes by the header `Last-Event-ID`, or, where it cannot send it, by `last-event-id` in the query. It is told
what it has missed; where that cannot be said, or was too much, an event `reset` tells it the state instead.
"""

from __future__ import annotations

import asyncio
import json
import random
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

from config import databases
from feeds import answers
from feeds.live import events, station
from feeds.live.hub import Full, Listener
from feeds.live.measures import EVENTS, REFUSED
from feeds.live.station import Station
from feeds.live.streams import NoStream

PREFIX, SUFFIX = "/feeds/", ".events"
LAST_ID = "last-event-id"
RETRY = (2_000, 5_000)  # milliseconds; not all come back at once when a server starts anew
LATER = 30  # seconds until one that was turned away may come again
RENEWALS = 1.0  # seconds at least between two states that one listener is told
LONGEST_QUERY = 8_000

Headers = list[tuple[bytes, bytes]]
_STREAM: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    *answers.OPEN,
]
_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Last-Event-ID, Cache-Control"),
    (b"access-control-max-age", b"86400"),
    *answers.OPEN,
]


def serves(path: str) -> bool:
    """Whether `path` is that of a stream, should there be such a one."""
    return path.startswith(PREFIX) and path.endswith(SUFFIX)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """ASGI, for scopes of type http whose path `serves`."""
    if scope["method"] == "OPTIONS":
        await _whole(scope, send, 204, _PREFLIGHT)
    elif scope["method"] not in {"GET", "HEAD"}:
        await _problem(scope, send, 405, "Streams can be read only.", [(b"allow", b"GET, HEAD, OPTIONS")])
    else:
        try:
            await _answer(scope, receive, send)
        except Exception as error:
            if not databases.is_away(error):
                raise
            again = (b"retry-after", str(databases.AGAIN_SECONDS).encode())
            await _problem(scope, send, 503, "the store cannot be reached just now", [again])


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    path = scope["path"][len(PREFIX) : -len(SUFFIX)]
    query = scope["query_string"].decode("latin-1")
    there = await station.open_station()
    try:
        if len(query) > LONGEST_QUERY:
            raise NoStream(400, f"a query has at most {LONGEST_QUERY} characters")
        stream = await there.find(path, _without_last_id(query) if path == "selection" else "")
        if scope["method"] == "HEAD":
            await _whole(scope, send, 200, _STREAM)
            return
        with there.hub.seat((scope.get("client") or ("",))[0]):
            listener = there.hub.join(stream)
            try:
                await _stream(there, listener, _last_id(scope, query), receive, send)
            finally:
                there.hub.leave(listener)
    except NoStream as none:
        place = f"{settings.BASE_URL}{PREFIX}{none.location}{SUFFIX}".encode()
        more = [(b"location", place)] if none.location else []
        await _problem(scope, send, none.status, none.detail, more)
    except Full as full:
        REFUSED.labels(str(full.status)).inc()
        detail = "too many streams are open" + (" from this address" if full.status == 429 else "")
        await _problem(scope, send, full.status, detail, [(b"retry-after", str(LATER).encode())])


async def _stream(there: Station, listener: Listener, last: str | None, receive: Any, send: Any) -> None:
    """Send what was missed, then what happens, until either side has enough."""
    first = await _beginning(there, listener, last)
    gone = asyncio.ensure_future(_until_gone(receive, listener))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        await _part(send, first)
        while not listener.ended:
            frames = await listener.take()
            if listener.renewed and not listener.ended:
                await _part(send, await _state_if_known(there, listener))
                await asyncio.sleep(RENEWALS)
            elif frames:
                await _part(send, b"".join(frame[2] for frame in frames))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()


async def _beginning(there: Station, listener: Listener, last: str | None) -> bytes:
    """`last`: the id up to which the client has everything; None if it begins now."""
    told = there.hub.told  # what comes from now on waits for the listener
    retry = events.opening(random.randint(*RETRY))  # noqa: S311 - to spread them
    if last is None:
        listener.given = told
        return retry + events.mark(told)
    step = await there.missed(int(last)) if last.isascii() and last.isdecimal() and len(last) < 19 else None
    if step is None or step.happenings is None:
        return retry + await _state(there, listener)
    listener.position, listener.given = step.upto, max(told, step.told)
    missed = step.frames(listener.stream.selection)
    for _, what, _ in missed:
        EVENTS.labels(what).inc()
    return retry + b"".join(frame[2] for frame in missed) + events.mark(listener.given)


async def _state(there: Station, listener: Listener) -> bytes:
    listener.renewed = False
    listener.position, listener.given, event = await there.state(listener.stream)
    EVENTS.labels(events.RESET).inc()
    return event


async def _state_if_known(there: Station, listener: Listener) -> bytes:
    """While the database is away the stream ends: its client comes back, and is told then what it has missed."""
    try:
        return await _state(there, listener)
    except Exception as error:
        if not databases.is_away(error):
            raise
        listener.end()
        return b""


async def _until_gone(receive: Any, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


def _last_id(scope: Any, query: str) -> str | None:
    """The header goes before the query: a browser that comes back sends both, and the query as it was at first."""
    for name, value in scope["headers"]:
        if name == LAST_ID.encode():
            return str(value.decode("latin-1").strip())
    given = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == LAST_ID]
    return given[-1].strip() if given else None


def _without_last_id(query: str) -> str:
    return "&".join(part for part in query.split("&") if part.partition("=")[0] != LAST_ID)


async def _part(send: Any, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _problem(scope: Any, send: Any, status: int, detail: str, headers: Headers) -> None:
    """Problem details (RFC 9457)."""
    title = HTTPStatus(status).phrase
    told = {"title": title, "status": status, "detail": f"{detail[:1].upper()}{detail[1:].rstrip('.')}."}
    kind = (b"content-type", b"application/problem+json")
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    await _whole(scope, send, status, [kind, (b"cache-control", b"no-store"), *answers.OPEN, *headers], body)


async def _whole(scope: Any, send: Any, status: int, headers: Headers, body: bytes = b"") -> None:
    if body:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
