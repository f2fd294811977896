"""Herald's feeds through the real nginx, as it is configured by what ships."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import brotli
import pytest
import uvicorn
import zstandard

from config import asgi
from feeds import answers, frontdesk, serving
from feeds.courtesy import Courtesy
from feeds.folder import Folder
from feeds.memory import Memory
from feeds.sheet import Sheet, Span
from feeds.tally import Tally
from tests.feeds.stories import NOW
from tests.nginx import HOST, PROGRAM, Proxy, running

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")

BODY = b"<feed>" + b"words " * 500 + b"</feed>\n"
MODIFIED = int(NOW.timestamp())
FEEDS = serving.application
KEPT = (b"cache-control", b"public, max-age=60")
UNPACK = {"br": brotli.decompress, "zstd": zstandard.decompress, "gzip": gzip.decompress, "": bytes}


@dataclass
class Upstream:
    """The application that serves feeds, as Herald's server runs it. `told`: what other paths answer; `seen`: each
    request's headers by name, and :path, :scheme and :client."""

    told: dict[str, tuple[int, list[tuple[bytes, bytes]]]] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    server: uvicorn.Server | None = None
    delay: float = 0.0

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        named = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"] + (f"?{query}" if (query := scope["query_string"].decode()) else "")
        self.seen.append({**named, ":path": path, ":scheme": scope["scheme"], ":client": scope["client"][0]})
        await asyncio.sleep(self.delay)
        if scope["path"].endswith(".events"):
            await self._stream(send)
        elif path in self.told:
            status, headers = self.told[path]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": path.encode()})
        else:
            await serving.application(scope, receive, send)

    async def _stream(self, send: Any) -> None:
        kind = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"data: one\n\n", "more_body": True})
        await asyncio.to_thread(self.go_on.wait, 10)
        await send({"type": "http.response.body", "body": b"data: two\n\n"})

    @contextmanager
    def open(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.server = uvicorn.Server(
                uvicorn.Config(
                    self.application,
                    interface="asgi3",
                    lifespan="off",
                    ws="none",
                    log_config=None,
                    access_log=False,
                )
            )
            thread = threading.Thread(
                target=self.server.run, kwargs={"sockets": [listener]}, daemon=True, name="upstream"
            )
            thread.start()
            try:
                yield listener.getsockname()[1]
            finally:
                self.go_on.set()
                self.server.should_exit = True
                thread.join(10)
                assert not thread.is_alive()

    def leave(self) -> None:
        """Nobody listens any more."""
        assert self.server is not None
        self.server.should_exit = True
        until = time.monotonic() + 10
        while self.server.servers and any(each.is_serving() for each in self.server.servers):
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = f"https://{HOST}"
    monkeypatch.setattr(serving, "_memory", Memory())
    monkeypatch.setattr(frontdesk, "TALLY", Tally())
    monkeypatch.setattr(frontdesk, "COURTESY", Courtesy(60))
    put(BODY)


def put(body, seq=7, name="all.atom"):
    from django.conf import settings

    spans = (Span(seq, 6, len(body) - 14),)
    Folder(settings.FEED_FOLDER).write(name, Sheet(body, seq=seq, head=6, tail=8, spans=spans), NOW)
    os.utime(settings.FEED_FOLDER / name, (MODIFIED + seq - 7,) * 2)


@pytest.fixture
def herald() -> Upstream:
    return Upstream()


@pytest.fixture
def nginx(herald, tmp_path) -> Iterator[Proxy]:
    place = tmp_path / "nginx"
    place.mkdir()
    with herald.open() as port, running(place, port) as proxy:
        yield proxy
    faults = [line for line in proxy.log().splitlines() if "[emerg]" in line or "[warn]" in line]
    assert [line for line in faults if "http2" not in line] == [], (
        "newer ones deprecate a word that older ones need"
    )


def cached(answer):
    return answer[1].get("x-cache-status")


@pytest.mark.holds("F3")
def test_a_feed_is_kept_and_said_as_herald_says_it(nginx, herald):
    first, second = nginx.ask("/feeds/all.atom"), nginx.ask("/feeds/all.atom?utm=x")
    assert (cached(first), cached(second), len(herald.seen)) == ("MISS", "HIT", 1)
    assert first[0] == second[0] == 200
    assert first[2] == second[2] == BODY
    for name, value in {
        "content-type": "application/atom+xml; charset=utf-8",
        "last-modified": formatdate(MODIFIED, usegmt=True),
        "cache-control": "public, max-age=60, stale-while-revalidate=600, stale-if-error=600",
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "link": f'<https://{HOST}/feeds/all.atom>; rel="self"',
        "content-security-policy": "default-src 'none'",
    }.items():
        assert first[1][name] == second[1][name] == value
    assert first[1]["etag"].startswith('"7-')
    assert second[1]["etag"] == first[1]["etag"]
    assert "set-cookie" not in second[1]


@pytest.mark.holds("F3")
def test_whoever_has_it_is_told_so_without_asking_herald(nginx, herald):
    tag, date = (nginx.ask("/feeds/all.atom")[1][name] for name in ("etag", "last-modified"))
    later, earlier = (formatdate(MODIFIED + add, usegmt=True) for add in (3600, -1))
    for headers in (
        {"if_none_match": tag}, {"if_none_match": f'"x", W/{tag}'}, {"if_modified_since": date},
        {"if_modified_since": later}, {"if_none_match": tag, "if_modified_since": date},
    ):  # fmt: skip
        status, said, body = nginx.ask("/feeds/all.atom", **headers)
        assert (status, body, said["etag"]) == (304, b"", tag), headers
        assert {"cache-control", "vary", "access-control-allow-origin"} <= said.keys()
    for headers in (
        {"if_none_match": '"other"'}, {"if_modified_since": earlier},
        {"if_none_match": '"other"', "if_modified_since": later},
    ):  # fmt: skip
        assert nginx.ask("/feeds/all.atom", **headers)[2] == BODY
    status, said, body = nginx.ask("/feeds/all.atom", method="HEAD")
    assert (status, body, said["content-length"]) == (200, b"", str(len(BODY)))
    assert len(herald.seen) == 1


@pytest.mark.holds("F3")
@pytest.mark.parametrize(
    ("coding", "ways"),
    [
        ("zstd", ["gzip, deflate, br, zstd", "zstd", "zstd;q=1.0, gzip;q=0.5", "br,ZSTD;q=0.001"]),
        ("br", ["gzip, deflate, br", "br;q=1", "zstd;q=0, br", "gzip;q=0.8,br ; q=0.5"]),
        ("gzip", ["gzip", "gzip, deflate", "GZIP;q=0.1", "br;q=0, zstd;q=0.000, gzip", "deflate, x-gzip"]),
        ("", ["identity", "gzip;q=0", "deflate", "brotli, gzipped, xzstd", "gzip;q=0.000"]),
    ],
)
def test_each_encoding_is_kept_once_however_it_is_asked_for(nginx, herald, coding, ways):
    tags = set()
    for way in ways:
        status, headers, body = nginx.ask("/feeds/all.atom", accept_encoding=way)
        assert (status, headers.get("content-encoding", "")) == (200, coding), way
        assert UNPACK[coding](body) == BODY
        tags.add(headers["etag"])
        assert nginx.ask("/feeds/all.atom", accept_encoding=way, if_none_match=headers["etag"])[0] == 304
    assert len(herald.seen) == len(tags) == 1
    assert herald.seen[0].get("accept-encoding", "") == coding


def test_encodings_do_not_get_into_each_others_way(nginx, herald):
    for _ in range(2):
        for coding, unpack in UNPACK.items():
            _, headers, body = nginx.ask("/feeds/all.atom", accept_encoding=coding or "identity")
            assert headers.get("content-encoding", "") == coding
            assert unpack(body) == BODY
    assert len(herald.seen) == 4


@pytest.mark.holds("F4")
def test_who_asks_for_what_is_new_goes_past_the_cache(nginx, herald):
    tag = nginx.ask("/feeds/all.atom")[1]["etag"]
    put(BODY.replace(b"words", b"WORDS"), seq=8)
    status, headers, body = nginx.ask("/feeds/all.atom", a_im="feed", if_none_match=tag)
    assert (status, headers["im"], body.startswith(b"<feed>WORDS")) == (226, "feed", True)
    assert herald.seen[-1]["if-none-match"] == tag
    assert nginx.ask("/feeds/all.atom")[2] == BODY, "for a minute others get what was kept, and never a 226"
    assert nginx.ask("/feeds/all.atom", a_im="feed", if_none_match=headers["etag"])[0] == 304


def test_who_says_no_cache_gets_the_newest(nginx, herald):
    old = nginx.ask("/feeds/all.atom")[1]["etag"]
    put(BODY + b" ", seq=8)
    for words in ("no-cache", "max-age=1, No-Cache"):
        status, headers, body = nginx.ask("/feeds/all.atom", cache_control=words)
        assert (status, body) == (200, BODY + b" ")
        assert "x-cache-status" not in headers
        assert nginx.ask("/feeds/all.atom", cache_control=words, if_none_match=headers["etag"])[0] == 304
    assert nginx.ask("/feeds/all.atom", cache_control="max-age=0")[1]["etag"] == old
    assert len(herald.seen) == 5


def test_online_readers_are_counted(nginx, herald):
    said = {"user_agent": "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 37 subscribers)"}
    tag = nginx.ask("/feeds/all.atom", **said)[1]["etag"]
    assert nginx.ask("/feeds/all.atom", if_none_match=tag, **said)[0] == 304
    counts = frontdesk.TALLY.take()
    assert [list(variants.values()) for variants in counts.reports.values()] == [[37]]
    assert [(each.requests, each.not_modified) for each in counts.traffic.values()] == [(2, 1)]


def test_what_is_old_is_asked_for_again_while_the_reader_is_served(nginx, herald, monkeypatch):
    monkeypatch.setattr(answers, "CACHED", (b"cache-control", b"max-age=1, stale-while-revalidate=600"))
    tag = nginx.ask("/feeds/all.atom")[1]["etag"]
    time.sleep(2.1)
    assert cached(stale := nginx.ask("/feeds/all.atom")) == "STALE"
    assert stale[2] == BODY
    until = time.monotonic() + 5
    while len(herald.seen) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert herald.seen[1]["if-none-match"] == tag, "by its ETag: a 304 renews it"
    assert [each.not_modified for each in frontdesk.TALLY.take().traffic.values()] == [1]


def until(ask, true):
    """The first answer that is `true`, or the last one of ten seconds: caches count in whole seconds."""
    end = time.monotonic() + 10
    while not true(answer := ask()) and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def test_when_herald_is_gone_readers_get_what_was_kept_for_as_long_as_it_said(nginx, herald, monkeypatch):
    monkeypatch.setattr(answers, "CACHED", (b"cache-control", b"max-age=1, stale-if-error=5"))
    tag = nginx.ask("/feeds/all.atom")[1]["etag"]
    herald.leave()
    stale = until(lambda: nginx.ask("/feeds/all.atom"), lambda answer: cached(answer) != "HIT")
    assert (stale[0], stale[2], cached(stale)) == (200, BODY, "STALE")
    assert nginx.ask("/feeds/all.atom", if_none_match=tag)[0] == 304
    assert until(lambda: nginx.ask("/feeds/all.atom"), lambda answer: answer[0] != 200)[0] == 502


@pytest.mark.holds("S7")
def test_no_address_is_logged_whatever_happens(nginx, herald):
    nginx.ask("/manage/one-token")
    nginx.ask_plainly("/manage/one-token")
    herald.leave()
    gone = until(lambda: nginx.ask("/manage/one-token"), lambda answer: answer[0] != 200)
    assert gone[0] == 502
    assert "one-token" not in nginx.log()


def test_what_must_not_be_kept_is_not(nginx, herald):
    herald.told = {
        "/feeds/busy.atom": (429, [(b"retry-after", b"60"), (b"cache-control", b"no-store")]),
        "/feeds/broken.atom": (500, []),
        "/feeds/down.atom": (503, [(b"retry-after", b"5")]),
        "/feeds/mute.atom": (200, []),
        "/feeds/cookie.atom": (200, [KEPT, (b"set-cookie", b"a=b")]),
        "/feeds/selection.atom?topic=a": (200, [KEPT]),
        "/feeds/selection.atom?topic=b": (200, [KEPT]),
        "/": (200, [KEPT]),
    }
    for path, (status, _) in herald.told.items():
        answers_ = [nginx.ask(path) for _ in range(2)]
        assert [answer[0] for answer in answers_] == [status] * 2
        assert {answer[2] for answer in answers_} == {path.encode()}
        assert "HIT" not in map(cached, answers_)
    assert nginx.ask("/feeds/none.atom")[0] == nginx.ask("/feeds/none.atom")[0] == 404
    assert len(herald.seen) == 2 * (len(herald.told) + 1)


def test_static_files_and_redirects_of_feeds_are_kept(nginx, herald):
    moved = [KEPT, (b"location", f"https://{HOST}/feeds/topics/b.atom".encode())]
    herald.told = {"/static/herald/herald.css": (200, [KEPT]), "/feeds/topics/a.atom": (301, moved)}
    for path in herald.told:
        assert [cached(nginx.ask(path)) for _ in range(2)] == ["MISS", "HIT"]
    assert nginx.ask("/feeds/topics/a.atom")[1]["location"] == f"https://{HOST}/feeds/topics/b.atom"


def test_many_who_come_at_once_are_one_to_herald(nginx, herald):
    herald.delay = 0.3
    with ThreadPoolExecutor(12) as readers:
        bodies = list(readers.map(lambda _: nginx.ask("/feeds/all.atom")[2], range(12)))
    assert bodies == [BODY] * 12
    assert len(herald.seen) == 1


def test_a_stream_comes_line_by_line(nginx, herald):
    with nginx.stream("/feeds/selection.events") as lines:
        assert lines.status == 200
        assert lines.readline() == b"data: one\n"
        assert not herald.go_on.is_set(), "the first is here before the second is sent"
        herald.go_on.set()
        assert lines.read() == b"\ndata: two\n\n"


def test_herald_learns_who_asks_and_nobody_can_pretend(nginx, herald):
    herald.told = {"/": (200, []), "/metrics": (200, [])}
    nginx.ask("/", x_forwarded_for="192.0.2.7", x_forwarded_proto="http", x_real_ip="192.0.2.8")
    seen = herald.seen[0]
    assert (seen["host"], seen["x-forwarded-for"], seen["x-forwarded-proto"]) == (HOST, "127.0.0.1", "https")
    assert "x-real-ip" not in seen
    assert (seen[":scheme"], seen[":client"]) == ("https", "127.0.0.1")
    assert nginx.ask("/metrics")[0] == 200


def test_without_tls_one_is_led_to_it(nginx, herald):
    status, headers, _ = nginx.ask_plainly("/feeds/all.atom?x=1")
    assert (status, headers["location"]) == (301, f"https://{HOST}/feeds/all.atom?x=1")
    assert not herald.seen


def test_strict_transport_security_is_heralds_alone_to_say(nginx, herald):
    herald.told = {"/": (200, [(b"strict-transport-security", b"max-age=7")])}
    assert nginx.ask("/")[1]["strict-transport-security"] == "max-age=7"
    assert "strict-transport-security" not in nginx.ask("/feeds/all.atom")[1]


def example() -> str:
    """What docs/nginx.md has to stand in another site's server."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "nginx.md").read_text(encoding="utf-8")
    below = page.partition("## Below a path")[2]
    return "\n".join(line for line in below.splitlines() if line.startswith("    "))


def test_below_a_path_of_another_site_as_the_page_for_operators_says(herald, tmp_path, settings, monkeypatch):
    settings.SUB_PATH, settings.BASE_URL = "/herald", f"https://{HOST}/herald"
    place = tmp_path / "nginx"
    place.mkdir()
    key = "/herald/api/releases/2025%2F31//a"
    herald.told = {
        "/herald/": (200, []),
        "/herald/static/a.css": (200, [KEPT]),
        key.replace("%2F", "/"): (200, []),
    }
    monkeypatch.setattr(serving, "application", asgi.application)
    monkeypatch.setattr(asgi, "_feeds", FEEDS)
    with herald.open() as port, running(place, port, example()) as proxy:
        first, second = proxy.ask("/herald/feeds/all.atom"), proxy.ask("/herald/feeds/all.atom")
        assert (cached(first), cached(second), first[2] == second[2] == BODY) == ("MISS", "HIT", True)
        assert first[1]["link"] == f'<https://{HOST}/herald/feeds/all.atom>; rel="self"'
        assert [cached(proxy.ask("/herald/static/a.css")) for _ in range(2)] == ["MISS", "HIT"]
        assert proxy.ask("/herald")[1]["location"].endswith("/herald/")
        assert proxy.ask("/herald/")[0] == proxy.ask(key)[0] == 200
        with proxy.stream("/herald/feeds/selection.events") as lines:
            assert lines.readline() == b"data: one\n"
            herald.go_on.set()
        assert proxy.ask("/herald/metrics")[0] == 403
        proxy.ask("/herald/manage/one-token")
    assert {seen[":path"].partition("/feeds")[0][:7] for seen in herald.seen} == {"/herald"}
    assert "one-token" not in proxy.log()
