"""The listener for replies: SMTP or LMTP, for our return paths alone. It answers 250 when the reply is in the database.

Bounded in size, time and connections, one recipient a message. What is not for us is refused at RCPT, so that no mail
of ours ever answers it. By LMTP it is a mail server that asks, which has taken the message and would send a refusal to
whoever the message names as its sender: so there what is forged is taken, and nothing follows. A database that fails
gets 451, and the reply is brought again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections

from config import clock
from notifier.replies import receiving
from notifier.replies.parsing import SIZE_LIMIT
from notifier.replies.sessions import Counted, Sessions
from notifier.web import PortTaken

log = structlog.stdlib.get_logger(__name__)
MOST_CONNECTIONS = 50
IDLE_SECONDS = 60.0  # for a command, or for all of a message
SESSION_SECONDS = 600.0
PATIENCE = 20.0  # how long those who are talking to us may go on when we end
_LINE = 64_000  # mailers write longer lines than RFC 5321 allows


class Taking:
    """aiosmtpd's handler. `behind`: a mail server brings what it has already taken."""

    def __init__(self, threads: ThreadPoolExecutor, *, behind: bool) -> None:
        self._threads = threads
        self._behind = behind
        self.refused = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        taken = receiving.is_to_us(address) if self._behind else receiving.is_ours(address, clock.now())
        if not taken:
            self.refused += 1
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: _Bounded, session: Session, envelope: Envelope) -> str:
        server.begin_anew()
        content: Any = envelope.original_content or b""
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, _receive, content, envelope.rcpt_tos[0]
        )
        try:
            outcome = await asyncio.shield(work)
        except Exception:
            log.exception("a reply could not be recorded; it will be brought again")
            return "451 4.3.0 not recorded, try again later"
        log.info("a reply", outcome=outcome.value)
        return "250 2.0.0 recorded"


def _receive(content: bytes, to: str) -> receiving.Outcome:
    close_old_connections()
    try:
        return receiving.receive(content, to, clock.now())
    finally:
        close_old_connections()


class _Bounded(Counted):
    """A session that nobody can make endless: in time, in bytes, or as one of too many."""

    line_length_limit = _LINE
    _room = 0
    _end: asyncio.TimerHandle | None = None
    _abort: Callable[[], None]

    def connection_made(self, transport: Any) -> None:
        self.begin_anew()
        self._abort = transport.abort
        super().connection_made(transport)
        if self.sessions.count > MOST_CONNECTIONS:
            transport.write(b"421 4.7.0 too many connections, try again later\r\n")
            transport.close()
        self._end = self.loop.call_later(SESSION_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:  # what is too large is read to its end and refused; what does not end is not
            self._abort()
            return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    def begin_anew(self) -> None:
        """The next message may be as large as this one."""
        self._room = 2 * SIZE_LIMIT


class _BoundedLMTP(_Bounded, LMTP):
    """The same by LMTP (RFC 2033)."""


def listen(bind: str) -> socket.socket:
    """A listening socket for REPLIES_BIND. Raises PortTaken."""
    parts = urlsplit(bind if "://" in bind else f"smtp://{bind}")
    host, port = parts.hostname or "127.0.0.1", 25 if parts.port is None else parts.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        raise PortTaken(f"REPLIES_BIND={bind}: cannot listen there ({error.strerror or error})") from None


async def serve(
    listening: socket.socket, bind: str, stop: asyncio.Event, ready: Callable[[], object] = lambda: None
) -> None:
    """Take replies until `stop`, and then from those who are still talking to us, for a while."""
    logging.getLogger("mail").setLevel(logging.ERROR)  # aiosmtpd's; it names every recipient
    threads = ThreadPoolExecutor(2, "replies")
    behind = bind.startswith("lmtp:")
    taking, sessions = Taking(threads, behind=behind), Sessions()
    kind = _BoundedLMTP if behind else _Bounded
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        made = kind(
            taking, hostname="herald", ident="Herald", data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS, command_call_limit=1000, loop=loop,
        )  # fmt: skip
        made.sessions = sessions
        return made

    async with await loop.create_server(session, sock=listening):
        ready()
        while not stop.is_set():
            await _tell(taking)
            await _wait(stop, 60.0)
    await sessions.gone(PATIENCE)
    threads.shutdown()


async def _tell(taking: Taking) -> None:
    if taking.refused:
        log.info("recipients that are no return path of ours were refused", count=taking.refused)
        taking.refused = 0


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass


def run(listening: socket.socket, bind: str) -> None:
    """A process's whole life: serve until SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(listening, bind, stop)

    asyncio.run(main())
