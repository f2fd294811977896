"""The whole application on a real socket, in a thread of the test."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from config.asgi import application
from tests.feeds.api.kit import Program


@dataclass(frozen=True)
class Live:
    port: int

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body. An iterable of bytes is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def as_program(
        self, desk: Program, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        sent = json.dumps(body).encode() if isinstance(body, dict) else body
        bearer = {"Authorization": f"Bearer {desk.secret}", "Content-Type": "application/json"}
        status, got, content = self.ask(method, path, sent, **bearer, **headers)
        return status, got, json.loads(content) if content else None

    def raw(self, sent: bytes) -> bytes:
        """All that comes back to these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """None in a thread."""


@contextmanager
def serving() -> Iterator[Live]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Server(
        uvicorn.Config(
            application, http="httptools", ws="none", log_config=None, access_log=False, lifespan="off"
        )
    )
    began = threading.Event()
    thread = threading.Thread(target=_run, args=(server, listening, began), daemon=True)
    thread.start()
    began.wait(10)
    try:
        yield Live(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
    assert not thread.is_alive()


def _run(server: uvicorn.Server, listening: socket.socket, began: threading.Event) -> None:
    import asyncio

    async def main() -> None:
        began.set()  # the socket listens already: whoever connects now is answered a little later
        await server.serve(sockets=[listening])

    asyncio.run(main())
