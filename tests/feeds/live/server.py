"""The web process on a real socket, in a thread of the test; and the scheduler's part, done by hand."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from config.asgi import application
from feeds import membership, notice
from notifier import web
from tests.feeds.stories import NOW


class _Server(web.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None in a thread."""
        yield


class Running:
    def __init__(self, port: int, server: uvicorn.Server, loop: asyncio.AbstractEventLoop) -> None:
        self.port, self.loop, self._server = port, loop, server

    def stop(self) -> None:
        """What SIGTERM does."""
        self._server.should_exit = True


@contextmanager
def serving() -> Iterator[Running]:
    listening = web.listen("127.0.0.1", 0)
    server = _Server(
        uvicorn.Config(
            application, http="httptools", ws="none", log_config=None, access_log=False, lifespan="off",
            timeout_graceful_shutdown=10,
        )
    )  # fmt: skip
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, server, listening), daemon=True)
    thread.start()
    running = Running(listening.getsockname()[1], server, loop)
    try:
        yield running
    finally:
        running.stop()
        thread.join(20)
        listening.close()
    assert not thread.is_alive()


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(server.serve(sockets=[listening]))


def go(now=NOW):
    """Take notice of all that happened, embargoes that have ended included."""
    notice.release_due(now)
    notice.take(now)
    membership.keep(now)
