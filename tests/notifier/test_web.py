"""The web process: feeds that lie in memory are answered by its protocol, with what the application would say."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from feeds import serving
from feeds.folder import Folder
from feeds.sheet import Sheet
from notifier import protocol as web
from notifier.protocol import FeedsFirst
from tests.feeds.stories import NOW

ASK = b"GET /feeds/all.atom HTTP/1.1\r\nHost: h\r\n"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.said = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def resume_reading(self) -> None: ...

    def pause_reading(self) -> None: ...


@pytest.fixture
def folder(tmp_path, settings):
    settings.FEED_FOLDER = str(tmp_path)
    target = Folder(tmp_path)
    with target.held():
        target.write("all.atom", Sheet(b"<feed/>", seq=1), NOW)
    return target


def connected(application) -> tuple[FeedsFirst, Wire]:
    config = uvicorn.Config(application, http=FeedsFirst, ws="none", lifespan="off", log_config=None)
    protocol, wire = FeedsFirst(config, ServerState(), {}), Wire()
    protocol.connection_made(wire)
    return protocol, wire


async def brief(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def never(scope, receive, send):
    await asyncio.Event().wait()


def told(*requests: bytes) -> tuple[bytes, list[str]]:
    """What is said by the protocol itself, and which paths it left to the application."""
    left: list[str] = []

    async def application(scope, receive, send):
        left.append(scope["path"])
        await brief(scope, receive, send)

    async def connection() -> bytes:
        protocol, wire = connected(application)
        for request in requests:
            protocol.data_received(request)
        said = wire.said
        while protocol.tasks:
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        return said

    return asyncio.run(connection()), left


def test_what_is_in_memory_is_answered_at_once_and_again_on_the_same_connection(folder):
    document = serving._memory.read(folder.path / "all.atom")
    tag = document.card.tag.encode()
    said, left = told(ASK + b"\r\n", ASK + b'If-None-Match: "' + tag + b'"\r\n\r\n')
    first, second = said.split(b"<feed/>")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: 7\r\n" in first
    assert second.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert b'etag: "' + tag + b'"\r\n' in second
    assert second.endswith(b"\r\n\r\n")
    assert b"content-length" not in second
    assert left == []


def test_a_file_that_changed_is_left_to_the_application_which_reads_it(folder):
    serving._memory.read(folder.path / "all.atom")
    with folder.held():
        folder.write("all.atom", Sheet(b"<feed>2</feed>", seq=2), NOW)
    said, left = told(ASK + b"\r\n")
    assert (said, left) == (b"", ["/feeds/all.atom"])


@pytest.mark.parametrize(
    "request_",
    [
        b"HEAD /feeds/all.atom HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /feeds/all.atom HTTP/1.0\r\nHost: h\r\n\r\n",
        ASK + b"Connection: close\r\n\r\n",
        ASK + b"Content-Length: 2\r\n\r\nab",
        b"GET /feeds/all.atom?x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /feeds/none.atom HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /feeds/ HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_all_that_is_not_plain_is_left_to_the_application(folder, request_):
    serving._memory.read(folder.path / "all.atom")
    said, left = told(request_)
    assert (said, len(left)) == (b"", 1)


def test_an_answer_that_takes_its_time_is_not_cut_off_by_one_given_at_once_before_it(folder):
    """The time after which an idle connection is closed runs from the last answer of all."""
    serving._memory.read(folder.path / "all.atom")

    async def connection():
        protocol, wire = connected(never)
        protocol.data_received(ASK + b"\r\n")
        protocol.data_received(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        assert wire.said.count(b"HTTP/1.1 200 OK") == 1
        assert protocol.timeout_keep_alive_task is None
        assert protocol._late is None
        for task in protocol.tasks:
            task.cancel()

    asyncio.run(connection())


def test_what_is_said_in_two_lines_is_one_list(folder):
    document = serving._memory.read(folder.path / "all.atom")
    tag = document.card.tag.encode()
    said, _ = told(ASK + b'If-None-Match: "' + tag + b'"\r\nIf-None-Match: "other"\r\n\r\n')
    assert said.startswith(b"HTTP/1.1 304 ")


@pytest.mark.holds("S11")
@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"nonsense\r\n\r\n"], b"400 Bad Request"),
        ([ASK + b"X: ", *[b"a" * 16_384] * 5], b"431 Request Header Fields Too Large"),
        ([b"GET /feeds/", *[b"a" * 16_384] * 5], b"431 Request Header Fields Too Large"),
    ],
)
def test_a_head_that_is_none_or_has_no_end_is_refused_with_a_reason(folder, pieces, status):
    said, left = told(*pieces)
    assert said.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert b"connection: close\r\n" in said
    assert b"x-content-type-options: nosniff\r\n" in said
    assert b"content-security-policy: default-src 'none'\r\n" in said
    assert left == []


def test_many_requests_in_pieces_are_no_long_head(folder):
    serving._memory.read(folder.path / "all.atom")
    request = ASK + b"X: " + b"a" * 4_000 + b"\r\n\r\n"
    many = request * 40
    said, left = told(*(many[at : at + 1_500] for at in range(0, len(many), 1_500)))
    assert (said, left) == (b"", ["/feeds/all.atom"] * 40)


@pytest.mark.parametrize("begun", [[], [ASK], [ASK + b"\r\n", ASK], [ASK, b"\r\n" + ASK]])
def test_whoever_does_not_end_a_head_in_time_is_not_waited_for(folder, begun, monkeypatch):
    serving._memory.read(folder.path / "all.atom")
    monkeypatch.setattr(web, "HEAD_SECONDS", 0.01)

    async def connection():
        protocol, wire = connected(brief)
        for piece in begun:
            protocol.data_received(piece)
        await asyncio.sleep(0.05)
        assert wire.closed
        protocol.connection_lost(None)

    asyncio.run(connection())


def test_time_for_a_head_does_not_bound_an_answer(folder, monkeypatch):
    monkeypatch.setattr(web, "HEAD_SECONDS", 0.01)

    async def connection():
        protocol, wire = connected(never)
        protocol.data_received(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n" + ASK)
        await asyncio.sleep(0.05)
        assert not wire.closed
        for task in protocol.tasks:
            task.cancel()

    asyncio.run(connection())
