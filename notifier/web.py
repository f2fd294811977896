"""The web process: uvicorn with config.asgi, on a socket opened before anything else is begun."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
import uvloop
from asgiref.typing import ASGIApplication
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from feeds import answers, serving
from feeds.live import station

log = logging.getLogger(__name__)

PROXIES = "127.0.0.1,::1"
STUCK_SECONDS = 60
MOST_HEAD = (
    64 * 1024
)  # bytes of a request's line and headers, beyond what came in one piece with its beginning
HEAD_SECONDS = 20  # for all of them; a connection on which none has come by then is closed
OTHER_FILES = 1_000  # that a web process may have open beside its streams
_WITH_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})
# What says whom a proxy asks for is read by uvicorn's middleware, which knows whom to believe.
_FOR_SOMEBODY = frozenset({b"x-forwarded-for", b"forwarded"})


class PortTaken(Exception):
    """The address the web server should listen on cannot be used; `str()` says why, in one line."""


class FeedsFirst(HttpToolsProtocol):
    """uvicorn's HTTP, but a feed that lies in memory is answered when its request has been read. No task is begun and
    no messages are passed, which is most of what such an answer costs. The head of a request is bounded in size and
    time, which uvicorn leaves to a proxy.
    """

    _begun = False  # whether a head has begun and is not yet whole
    _head = 0  # bytes that came since the piece it began in
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._begun:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._refuse(431, "The request's headers are too long.")
                return
        super().data_received(data)
        if self._begun and self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._close_if_idle)

    def on_message_begin(self) -> None:
        self._begun, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._begun = False
        self._in_time()
        answer = self._known()
        if answer is None:
            self._unset_keepalive_if_required()  # set by an answer to what came in the same piece
            super().on_headers_complete()
            return
        self._say(*answer)
        self.on_response_complete()

    def on_message_complete(self) -> None:
        if self.cycle is not None:  # there is none until something was left to uvicorn
            super().on_message_complete()

    def _known(self) -> tuple[int, bytes, bytes] | None:
        """The answer, where this is a plain request on a connection that waits for nothing else."""
        parser = self.parser
        if (
            self._busy
            or self.flow.write_paused
            or parser.get_method() != b"GET"
            or not self.url.startswith(b"/feeds/")
        ):
            return None
        if parser.get_http_version() != "1.1" or not parser.should_keep_alive() or parser.should_upgrade():
            return None
        asked = answers.gathered(self.headers)
        if not asked.keys().isdisjoint(_WITH_A_BODY | _FOR_SOMEBODY):
            return None
        return serving.at_once(self.url.decode("latin-1"), asked, self.client[0] if self.client else "")

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, text: str) -> None:
        """And close. Where another answer is being given there is no place for this one."""
        if not self._busy:
            body = f"{text}\n".encode()
            headers = [*answers.OPEN, answers.PLAIN, (b"connection", b"close")]
            self._say(status, answers.lines((status, headers, body)), body)
        self.transport.close()

    def _say(self, status: int, lines: bytes, body: bytes) -> None:
        common = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join((STATUS_LINE[status], *common, lines, b"\r\n", body)))

    @property
    def _busy(self) -> bool:
        """Whether an answer is being given, or waits for its turn."""
        return bool(self.pipeline or (self.cycle and not self.cycle.response_complete))

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close_if_idle(self) -> None:
        self._late = None
        if not self._busy:
            self.transport.close()


class Server(uvicorn.Server):
    """uvicorn, except that a signal ends it well: it does not raise the signal again when it is done, and does not
    wait for streams, which would never end by themselves.
    """

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


def serve(listening: socket.socket, application: ASGIApplication) -> None:
    """Answer requests until SIGTERM; then finish what was begun, for at most 10 s, and return.

    Only a proxy on this machine is believed about the client's address and scheme.
    """
    _make_room(settings.LIVE_LISTENERS + OTHER_FILES)
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


def _make_room(files: int) -> None:
    """Let this process open so many files, as far as the machine's limit allows: a stream is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files:
        allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        if allowed < files:
            log.warning("only %d files may be open at once; LIVE_LISTENERS asks for %d", allowed, files)
