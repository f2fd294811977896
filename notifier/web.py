"""The web process: uvicorn with config.asgi, on a socket opened before anything else is begun."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, cast  # what is ASGI by uvicorn's types is none by asgiref's

import structlog
import uvicorn
import uvloop
from asgiref.typing import ASGI3Application
from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config.requestids import RequestIds
from feeds.live import station
from notifier.protocol import FeedsFirst

log = structlog.stdlib.get_logger(__name__)

STUCK_SECONDS = 60
OTHER_FILES = 1_000  # that a web process may have open beside its streams


class PortTaken(Exception):
    """The address the web server should listen on cannot be used; `str()` says why, in one line."""


class Server(uvicorn.Server):
    """uvicorn, except that a signal ends it well: it does not raise the signal again when it is done, and does not
    wait for streams, which would never end by themselves.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()

        def end(*_: object) -> None:
            self.should_exit = True
            loop.call_soon_threadsafe(self._told.set)

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def main_loop(self) -> None:
        """uvicorn looks ten times a second whether it is to end, which is most of what an idle one costs; this one is
        told. Once a second the date of answers is renewed.
        """
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        station.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, inherited by children and closed by nobody. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(
            f"HERALD_BIND={host} HERALD_PORT={port}: cannot listen there ({error.strerror or error}); "
            "is another Herald running, or should HERALD_PORT be another one?"
        ) from None
    # Connections inherit it: who takes nothing of what is sent for so long is gone, whether it says so or not.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_SECONDS * 1000)
    return listening


def serve(listening: socket.socket, application: ASGI3Application) -> None:
    """Answer requests until SIGTERM; then finish what was begun, for at most 10 s, and return.

    Only TRUSTED_PROXIES are believed about the client's address and scheme, and what a request is called.
    """
    _make_room(settings.LIVE_LISTENERS + OTHER_FILES)
    behind = ProxyHeadersMiddleware(cast(Any, application), settings.TRUSTED_PROXIES)
    config = uvicorn.Config(
        RequestIds(cast(Any, behind), behind.trusted_hosts.__contains__),
        loop="uvloop",
        http=FeedsFirst,
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # done above, where the proxy's own address is still known
        timeout_graceful_shutdown=10,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Server(config).serve(sockets=[listening]))


def _make_room(files: int) -> None:
    """Let this process open so many files, as far as the machine's limit allows: a stream is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files:
        allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        if allowed < files:
            log.warning(
                "fewer files may be open at once than LIVE_LISTENERS asks for", allowed=allowed, asked=files
            )
