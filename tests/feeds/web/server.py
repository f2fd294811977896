"""A web server for tests: bare sockets on a free port of the loopback, which does what it is told, and keeps a log.

    from tests.feeds.web.server import site, web  # noqa: F401 - fixtures

    def test_something(site: Site, web: Client) -> None:
        site.put("/feed", b"<rss/>", type="application/rss+xml", etag='"1"')
        web.get(site.url + "/feed")
        assert site.requests[0].path == "/feed"

What was not put is 404. `site.put(..., times=1)` answers so often and then as it was put before.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest

from feeds.web.client import Client
from feeds.web.guard import Allowed


@dataclass(frozen=True)
class Asked:
    """A request as it came; header names in lower case. `path` has the query with it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Page:
    """What one path answers.

    `latency`: seconds before the first byte. `drip`: seconds between two pieces of `piece` bytes, headers included.
    `cut`: so many bytes of the body, then the end of the connection, whatever was promised. `reset`: the connection is
    reset at once. `hang`: nothing is ever answered. `chunked`: no Content-Length. `raw`: these bytes, nothing else.
    `etag`, `modified` (an HTTP date): sent, and 304 answered to who has them.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "text/html"
    etag: str = ""
    modified: str = ""
    latency: float = 0.0
    drip: float = 0.0
    piece: int = 1
    cut: int | None = None
    reset: bool = False
    hang: bool = False
    chunked: bool = False
    raw: bytes | None = None

    def answers_304(self, asked: Asked) -> bool:
        """RFC 9110, 13.1: If-None-Match counts, If-Modified-Since only without it."""
        if "if-none-match" in asked.headers:
            return bool(self.etag) and self.etag in asked.headers["if-none-match"]
        return bool(self.modified) and asked.headers.get("if-modified-since") == self.modified

    def bytes(self, asked: Asked) -> bytes:
        """The answer as it goes over the wire."""
        if self.raw is not None:
            return self.raw
        status = 304 if self.answers_304(asked) else self.status
        bare = status in {204, 304} or asked.method == "HEAD"
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self._headers(bare).items()]
        body = b"" if bare else self._body()
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def _headers(self, bare: bool) -> dict[str, str]:
        found = dict(self.headers)
        if self.etag:
            found["ETag"] = self.etag
        if self.modified:
            found["Last-Modified"] = self.modified
        if bare:
            return found
        found.setdefault("Content-Type", self.type)
        if self.chunked:
            found["Transfer-Encoding"] = "chunked"
        else:
            found.setdefault("Content-Length", str(len(self.body)))
        return found

    def _body(self) -> bytes:
        if not self.chunked:
            return self.body if self.cut is None else self.body[: self.cut]
        chunks = [self.body[at : at + 4096] for at in range(0, len(self.body), 4096)]
        whole = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        return whole if self.cut is None else whole[: self.cut]


@dataclass
class Site:
    """A running server. `requests` is its log, in the order in which requests came."""

    port: int
    scheme: str = "http"
    host: str = "127.0.0.1"
    requests: list[Asked] = field(default_factory=list)
    connections: int = 0
    _pages: dict[str, list[tuple[Page, int | None]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.requests]

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        type: str = "text/html",
        *,
        gzipped: bool = False,
        retry_after: str | int = "",
        times: int | None = None,
        **behaviour: object,
    ) -> None:
        """Answer `path` so; for `behaviour` see Page. `times`: only so often, then as it was put before."""
        told = dict(headers or {})
        raw = body.encode() if isinstance(body, str) else body
        if gzipped:
            raw = gzip.compress(raw)
            told["Content-Encoding"] = "gzip"
        if retry_after != "":
            told["Retry-After"] = str(retry_after)
        page = Page(raw, status, told, type, **behaviour)  # type: ignore[arg-type]
        with self._lock:
            if times is None:
                self._pages[path] = []
            self._pages.setdefault(path, []).append((page, times))

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """`to` as it shall stand in Location; a path means this server."""
        self.put(path, status=status, headers={"Location": to})

    def remove(self, path: str) -> None:
        """From now on 404."""
        with self._lock:
            self._pages.pop(path, None)

    def page(self, asked: Asked) -> Page:
        """What this request gets; a path put with its query comes before the path alone."""
        with self._lock:
            self.requests.append(asked)
            pages = self._pages.get(asked.path) or self._pages.get(asked.path.partition("?")[0])
            if not pages:
                return Page(b"not found", 404, type="text/plain")
            page, times = pages[-1]
            if times is not None:
                pages[-1:] = [] if times <= 1 else [(page, times - 1)]
            return page


@contextmanager
def serving(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """A site that runs within the block; with `tls` an https one. No connection outlives it. `port` 0: a free one."""
    listener = socket.create_server((host, port))
    here = Site(listener.getsockname()[1], "https" if tls else "http", host)
    running = _Running(here, listener, tls)
    thread = threading.Thread(target=running.accept, name="site")
    thread.start()
    try:
        yield here
    finally:
        running.stop()
        thread.join()


class _Running:
    def __init__(self, here: Site, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        self.here, self.listener, self.tls = here, listener, tls
        self.ended = threading.Event()
        self.threads: list[threading.Thread] = []

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            if self.ended.is_set():
                connection.close()
                break
            self.here.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), name="connection")
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.ended.set()
        with suppress(OSError):  # wakes accept(), which closing alone does not
            socket.create_connection(self.listener.getsockname()[:2], 1).close()
        self.listener.close()
        for thread in self.threads:
            thread.join()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            asked = _read(connection)
            if asked is not None:
                self._answer(connection, self.here.page(asked), asked)
        except OSError:
            pass  # whoever asked has gone
        finally:
            connection.close()

    def _answer(self, connection: socket.socket, page: Page, asked: Asked) -> None:
        if page.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if page.hang or self.ended.wait(page.latency):
            self.ended.wait(60)
            return
        whole = page.bytes(asked)
        step = page.piece if page.drip else len(whole) or 1
        for at in range(0, len(whole), step):
            if at and self.ended.wait(page.drip):
                return
            connection.sendall(whole[at : at + step])
        with suppress(OSError):  # the end is told in order, so that nothing sent is lost
            if isinstance(connection, ssl.SSLSocket) and page.cut is None:
                connection.unwrap()
            connection.shutdown(socket.SHUT_WR)


def _read(connection: socket.socket) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        head += piece
        if not piece or not head[:1].isalpha():
            return None
    told, _, body = head.partition(b"\r\n\r\n")
    first, *rest = told.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return Asked(method, path, headers, body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on the loopback."""
    with serving() as here:
        yield here


@pytest.fixture
def web() -> Client:
    """A client that may reach the loopback and does not really wait; what it would have waited is in `web.waited`."""
    return client()


class ImpatientClient(Client):
    """Notes what it would have waited, in seconds."""

    waited: list[float]


def client(*allow: str, **how: object) -> ImpatientClient:
    """A client that may reach the loopback, or else what `allow` names."""
    waited: list[float] = []
    how.setdefault("wait", waited.append)
    found = ImpatientClient(
        "Herald/test (+http://localhost; desk@newsroom.example)",
        Allowed.of(allow or ("127.0.0.0/8", "::1")),
        **how,  # type: ignore[arg-type]
    )
    found.waited = waited
    return found
