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

PROXIES = "127.0.0.1,::1"


class PortTaken(Exception):
    """The address the web server should listen on cannot be used; `str()` says why, in one line."""


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
        http="httptools",
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
