"""The web process: uvicorn with config.asgi, on a socket opened before anything else is begun."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
import uvloop
from asgiref.typing import ASGIApplication
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from feeds import serving

PROXIES = "127.0.0.1,::1"
_WITH_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})


class PortTaken(Exception):
    """The address the web server should listen on cannot be used; `str()` says why, in one line."""


class FeedsFirst(HttpToolsProtocol):
    """uvicorn's HTTP, but a feed that lies in memory is answered when its request has been read. No task is begun and
    no messages are passed, which is most of what such an answer costs.
    """

    def on_headers_complete(self) -> None:
        answer = self._known()
        if answer is None:
            super().on_headers_complete()
            return
        status, lines, body = answer
        common = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join((STATUS_LINE[status], *common, lines, b"\r\n", body)))
        self.on_response_complete()

    def on_message_complete(self) -> None:
        if self.cycle is not None:  # there is none until something was left to uvicorn
            super().on_message_complete()

    def _known(self) -> tuple[int, bytes, bytes] | None:
        """The answer, where this is a plain request on a connection that waits for nothing else."""
        busy = self.pipeline or self.flow.write_paused or (self.cycle and not self.cycle.response_complete)
        parser = self.parser
        if busy or parser.get_method() != b"GET" or not self.url.startswith(b"/feeds/"):
            return None
        if parser.get_http_version() != "1.1" or not parser.should_keep_alive() or parser.should_upgrade():
            return None
        asked = dict(self.headers)
        if not asked.keys().isdisjoint(_WITH_A_BODY):
            return None
        return serving.at_once(self.url.decode("latin-1"), asked)


class Server(uvicorn.Server):
    """uvicorn, except that a signal ends it well: it does not raise the signal again when it is done."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        def end(*_: object) -> None:
            self.should_exit = True

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, inherited by children and closed by nobody. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(
            f"HERALD_BIND={host} HERALD_PORT={port}: cannot listen there ({error.strerror or error}); "
            "is another Herald running, or should HERALD_PORT be another one?"
        ) from None


def serve(listening: socket.socket, application: ASGIApplication) -> None:
    """Answer requests until SIGTERM; then finish what was begun, for at most 10 s, and return.

    Only a proxy on this machine is believed about the client's address and scheme.
    """
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=FeedsFirst,
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=PROXIES,
        timeout_graceful_shutdown=10,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Server(config).serve(sockets=[listening]))
