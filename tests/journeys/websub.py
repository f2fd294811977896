"""The other two parties of WebSub, as the Recommendation wants them: a hub, and a reader that subscribes there.

Both are HTTP servers on the loopback. The hub fetches what a publisher tells it of and hands it to those who have
subscribed, signed with their secret; the reader takes nothing that it did not ask for or that is not signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from lxml import etree

SECONDS = 5
_LINK = re.compile(r'<([^>]*)>;\s*rel="([^"]*)"')


def request(
    url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of a GET, or of a POST of `data`."""
    with urllib.request.urlopen(
        urllib.request.Request(url, data, dict(headers or {})), timeout=SECONDS
    ) as answer:
        return answer.status, answer.headers, answer.read()


@contextmanager
def _serving(answer: Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]) -> Iterator[str]:
    """A server that gives what `answer(method, path, headers, body)` says; its address, without a slash at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, said = answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # closing waits for them

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="websub")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Hub:
    """`pings`: the addresses it was told of. `subscriptions`: (topic, callback) -> secret. `down`: it only says so."""

    url: str = ""
    down: bool = False
    pings: list[str] = field(default_factory=list)
    subscriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    _sent: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        form = dict(parse_qsl(body.decode()))
        if self.down:
            return 503, b"come back later"
        if form.get("hub.mode") == "publish":
            topics = parse_qs(body.decode())["hub.url"]
            self.pings += topics
            return self._later(self._distribute, topics)
        if form.get("hub.mode") == "subscribe":
            return self._later(self._verify, form["hub.topic"], form["hub.callback"], form["hub.secret"])
        return 400, b"hub.mode must be publish or subscribe"

    def _later(self, work: Callable[..., None], *arguments: object) -> tuple[int, bytes]:
        """Once it has answered: who asked is not kept waiting (5.3, 7)."""
        threading.Thread(target=work, args=arguments, name="hub").start()
        return 202, b""

    def _verify(self, topic: str, callback: str, secret: str) -> None:
        """Whoever is at `callback` must want this (5.3.1)."""
        challenge = secrets.token_urlsafe()
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": 600,
        }
        status, _, said = request(f"{callback}?{urlencode(asked)}")
        if status == 200 and said.decode() == challenge:
            self._sent[topic, callback] = request(topic)[2]
            self.subscriptions[topic, callback] = secret

    def _distribute(self, topics: list[str]) -> None:
        """What is there now, to all who have not got it yet (7)."""
        for (topic, callback), secret in list(self.subscriptions.items()):
            if topic not in topics:
                continue
            _, headers, body = request(topic)
            if self._sent[topic, callback] == body:
                continue
            self._sent[topic, callback] = body
            signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            told = {
                "content-type": headers["content-type"],
                "link": f'<{self.url}/>; rel="hub", <{topic}>; rel="self"',
                "x-hub-signature": f"sha256={signature}",
            }
            request(callback, body, told)


@dataclass
class Reader:
    """`received`: topic -> what it was given, the last one last. `refused` counts what it did not take."""

    url: str = ""
    secret: str = field(default_factory=secrets.token_hex)
    wanted: set[str] = field(default_factory=set)
    verified: set[str] = field(default_factory=set)
    received: dict[str, list[bytes]] = field(default_factory=dict)
    refused: int = 0

    def discover(self, address: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """The (relation, address) pairs of hub and self, as the headers have them and as the document has (4)."""
        _, headers, body = request(address)
        heard = {(rel, link) for link, rel in _LINK.findall(headers["link"]) if rel in {"hub", "self"}}
        return heard, set(_read(body))

    def subscribe(self, hub: str, topic: str) -> None:
        self.wanted.add(topic)
        asked = {
            "hub.mode": "subscribe", "hub.topic": topic, "hub.secret": self.secret,
            "hub.callback": f"{self.url}/{len(self.wanted)}",
        }  # fmt: skip
        assert request(hub, urlencode(asked).encode())[0] == 202

    def last(self, topic: str) -> str:
        return (self.received.get(topic) or [b""])[-1].decode()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if method == "GET":
            asked = dict(parse_qsl(urlsplit(path).query))
            if asked["hub.topic"] not in self.wanted:
                return 404, b""
            self.verified.add(asked["hub.topic"])
            return 200, asked["hub.challenge"].encode()
        _, _, signature = headers.get("x-hub-signature", "").partition("=")
        right = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        links = {rel: link for link, rel in _LINK.findall(headers["link"])}
        if not hmac.compare_digest(signature, right) or links["self"] not in self.verified:
            self.refused += 1
            return 410, b""
        self.received.setdefault(links["self"], []).append(body)
        return 200, b""


def _read(body: bytes) -> Iterator[tuple[str, str]]:
    if body.startswith(b"{"):
        feed = json.loads(body)
        yield "self", feed["feed_url"]
        yield from (("hub", hub["url"]) for hub in feed["hubs"])
        return
    for link in etree.fromstring(body).iter("{http://www.w3.org/2005/Atom}link"):
        if link.get("rel") in {"hub", "self"}:
            yield link.get("rel"), link.get("href")


@contextmanager
def parties() -> Iterator[tuple[Hub, Reader]]:
    """A hub and a reader, until the block ends."""
    hub, reader = Hub(), Reader()
    with _serving(hub.answer) as hub.url, _serving(reader.answer) as reader.url:
        try:
            yield hub, reader
        finally:
            _quiet()


def _quiet() -> None:
    """What the hub has begun is done before anybody closes."""
    end = time.monotonic() + SECONDS
    while any(thread.name == "hub" for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.01)
