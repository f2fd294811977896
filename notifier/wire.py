"""The bare wire: bytes out, SMTP replies in, each handed to the command that waits for it. And what can befall it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import cast

log = logging.getLogger(__name__)

LONGEST_REPLY = 32_768


class ChannelFault(Exception):
    """The relay cannot be used just now, whoever the message is for; `str()` says why."""


class Unreachable(ChannelFault):
    """No line can be had: the network, TLS or the password."""


class LineLost(ChannelFault):
    """The connection broke or was closed by the relay before the body was begun."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Wire(asyncio.Protocol):
    """One connection, from the moment on at which both sides have agreed on how to speak."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._transport: asyncio.Transport | None = None
        self._lines: list[str] = []

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def write(self, data: bytes, replies: int) -> list[asyncio.Future[Reply]]:
        """Write, and return what will hold the replies. Raises LineLost."""
        if self._transport is None or self._transport.is_closing():
            raise LineLost("the connection was closed by the relay")
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(replies)]
        self._waiting.extend(futures)
        self._transport.write(data)
        return futures

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._lose("the connection was closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the connection broke: {exc}" if exc else "the relay closed the connection")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = self._buffer[:end].decode("utf-8", "replace").rstrip()
            del self._buffer[: end + 1]
            self._lines.append(line[4:])
            if line[3:4] != "-":
                self._complete(line[:3])
        if len(self._buffer) + sum(map(len, self._lines)) > LONGEST_REPLY:
            log.warning("the relay's reply is too long")
            self.close()

    def _complete(self, code: str) -> None:
        # PostgreSQL keeps no NUL, and a mark is tried until it is written.
        text = " ".join(self._lines).strip().replace("\0", "")
        self._lines.clear()
        if not (code.isascii() and code.isdigit()) or not self._waiting:
            if self._transport is not None and not code.startswith("421"):
                log.warning("the relay says what it was not asked: %s %s", code, text[:200])
            self.close()
            return
        future = self._waiting.popleft()
        if not future.done():
            future.set_result(Reply(int(code), text[:400]))

    def _lose(self, why: str) -> None:
        self._transport = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(LineLost(why))
                future.exception()  # nobody may be waiting for it any more; that is no error
