"""The web process: feeds that lie in memory are answered by its protocol, with what the application would say."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from feeds import serving
from feeds.folder import Folder
from feeds.sheet import Sheet
from notifier.web import FeedsFirst
from tests.feeds.stories import NOW

ASK = b"GET /feeds/all.atom HTTP/1.1\r\nHost: h\r\n"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def write(self, data: bytes) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None: ...


@pytest.fixture
def folder(tmp_path, settings):
    settings.FEED_FOLDER = str(tmp_path)
    target = Folder(tmp_path)
    with target.held():
        target.write("all.atom", Sheet(b"<feed/>", seq=1), NOW)
    return target


def told(*requests: bytes) -> tuple[bytes, list[str]]:
    """What is said by the protocol itself, and which paths it left to the application."""
    left: list[str] = []

    async def application(scope, receive, send):
        left.append(scope["path"])

    async def connection() -> bytes:
        config = uvicorn.Config(application, http=FeedsFirst, ws="none", lifespan="off", log_config=None)
        wire = Wire()
        protocol = FeedsFirst(config, ServerState(), {})
        protocol.connection_made(wire)
        for request in requests:
            protocol.data_received(request)
        said = wire.said
        await asyncio.sleep(0)
        if protocol.timeout_keep_alive_task:
            protocol.timeout_keep_alive_task.cancel()
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
