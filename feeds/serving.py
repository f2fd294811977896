"""The small ASGI application that serves published feeds: `/feeds/<path>.atom`, `.rss` and `.json`.

It reads nothing but files. What it has read stays in memory, compressed once, until the file is another one; `stat`
tells. Files are replaced whole (feeds.folder), so what is read is whole.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings

from config import clock
from feeds.conditional import GZIPPED, accepts_gzip, not_modified
from feeds.formats import FORMATS

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/feeds/"
MEMORY = 64 * 2**20  # bytes of bodies kept, both representations counted
# No dot before the suffix's and no empty part: a path that passes cannot lead out of the folder.
_FEED = re.compile(r"/feeds/((?:[-a-zA-Z0-9_]+/)*[-a-zA-Z0-9_]+)\.(atom|rss|json)")
_ALWAYS = [
    (b"cache-control", b"public, max-age=60, stale-while-revalidate=600, stale-if-error=600"),
    (b"vary", b"Accept-Encoding"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read. `stamp` is its (mtime_ns, size, inode), `tag` the ETag's text without quotes."""

    stamp: tuple[int, int, int]
    plain: bytes
    packed: bytes
    tag: str

    @property
    def modified(self) -> int:
        return self.stamp[0] // 10**9

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.packed)


class Shelf:
    """Documents in memory by file, the ones used longest ago dropped above `bound` bytes. Safe among threads."""

    def __init__(self, bound: int = MEMORY) -> None:
        self._bound = bound
        self._size = 0
        self._documents: OrderedDict[Path, Document] = OrderedDict()
        self._lock = Lock()

    def get(self, path: Path, stamp: tuple[int, int, int]) -> Document | None:
        with self._lock:
            held = self._documents.get(path)
            if held is None or held.stamp != stamp:
                return None
            self._documents.move_to_end(path)
            return held

    def put(self, path: Path, document: Document) -> None:
        with self._lock:
            self._drop(path)
            self._documents[path] = document
            self._size += document.size
            while self._size > self._bound and len(self._documents) > 1:
                self._drop(next(iter(self._documents)))

    def _drop(self, path: Path) -> None:
        dropped = self._documents.pop(path, None)
        self._size -= dropped.size if dropped else 0


_shelf = Shelf()


def serves(path: str) -> bool:
    """Whether a request for `path` is for this application: whatever looks like a feed file below /feeds/."""
    return path.startswith(PREFIX) and path.rpartition(".")[2] in FORMATS


async def application(scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
    """ASGI, for scopes of type http whose path `serves`."""
    if scope["method"] not in {"GET", "HEAD"}:
        await _refuse(scope, send, 405, b"Feeds can be read only.\n", [(b"allow", b"GET, HEAD")])
        return
    found = _FEED.fullmatch(scope["path"])
    document = await _document(Path(settings.FEED_FOLDER), f"{found[1]}.{found[2]}") if found else None
    if found is None or document is None:
        await _refuse(scope, send, 404, b"There is no such feed.\n", [])
        return
    await _answer(scope, send, document, found[0], FORMATS[found[2]].media_type)


async def _answer(
    scope: MutableMapping[str, Any], send: Send, document: Document, path: str, media_type: str
) -> None:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    packed = accepts_gzip(asked.get(b"accept-encoding"))
    tag = document.tag + (GZIPPED if packed else "")
    # Not later than now (RFC 9110, 8.8.2.1): files written in quick succession run ahead by a second each.
    modified = min(document.modified, int(clock.now().timestamp()))
    headers = [
        (b"etag", f'"{tag}"'.encode()),
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"link", f'<{settings.BASE_URL}{path}>; rel="self"'.encode()),
        *_ALWAYS,
    ]
    if not_modified(
        asked.get(b"if-none-match"), asked.get(b"if-modified-since"), document.tag, document.modified
    ):
        await _respond(scope, send, 304, headers, None)
        return
    body = document.packed if packed else document.plain
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-type", f"{media_type}; charset=utf-8".encode()))
    await _respond(scope, send, 200, headers, body)


async def _refuse(
    scope: MutableMapping[str, Any], send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await _respond(scope, send, status, [*plain, *headers], body)


async def _respond(
    scope: MutableMapping[str, Any],
    send: Send,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes | None,
) -> None:
    """A `body` of None is none at all, as a 304 has; to HEAD its length is told."""
    if body is not None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body or b""})


async def _document(folder: Path, name: str) -> Document | None:
    """From memory if the file is still the same, else read and compressed in a thread. None: no such file."""
    path = folder / name
    try:
        held = _shelf.get(path, _stamp(os.stat(path)))
    except OSError:
        return None
    return held or await asyncio.to_thread(_read, path)


def _read(path: Path) -> Document | None:
    try:
        with path.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            plain = file.read()
    except OSError:
        return None
    document = Document(
        stamp, plain, gzip.compress(plain, 6, mtime=0), hashlib.sha256(plain).hexdigest()[:32]
    )
    _shelf.put(path, document)
    return document


def _stamp(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
