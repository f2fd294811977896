"""The bare wire: bytes out, SMTP replies in, each handed to the command that waits for it. And what can befall it."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import NamedTuple, cast

import structlog

log = structlog.stdlib.get_logger(__name__)

LONGEST_REPLY = 32_768
LEAVING = 421
_CODE = re.compile(rb"[2-5]\d\d")  # RFC 5321 section 4.2; what begins otherwise is no mail server's
WATCH_SECONDS = 30.0  # how often a line that waits is looked at


class ChannelFault(Exception):
    """The relay cannot be used just now, whoever the message is for; `str()` says why."""


class Unreachable(ChannelFault):
    """No line can be had just now: the network, or a relay that is busy."""


class RefusesUs(ChannelFault):
    """The relay refuses us for good: password, certificate, sender, reputation. Somebody has to do something."""


class Busy(ChannelFault):
    """The relay takes nothing just now, whoever it is for."""


class LineLost(ChannelFault):
    """The connection broke or was closed by the relay before the body was begun."""


class Leaving(LineLost):
    """The relay closes the connection and says so (421)."""


class Reply(NamedTuple):
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class _Question:
    """Commands that were written, and what was answered to them so far."""

    __slots__ = ("future", "replies", "wanted")

    def __init__(self, future: asyncio.Future[list[Reply]], wanted: int) -> None:
        self.future, self.wanted = future, wanted
        self.replies: list[Reply] = []


class Wire(asyncio.Protocol):
    """One connection, from the moment on at which both sides have agreed on how to speak."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._size = 0  # of a reply that is not whole
        self._waiting: deque[_Question] = deque()
        self._deadline = 0.0
        self._watch: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, data: bytes, *replies: int) -> list[asyncio.Future[list[Reply]]]:
        """Write, and return what will hold so many replies each. Raises LineLost, as each of them may.

        A relay that says 421 and goes has given the answers it gave.
        """
        if self._transport is None or self._transport.is_closing():
            raise LineLost("the connection was closed by the relay")
        questions = [_Question(self._loop.create_future(), wanted) for wanted in replies]
        self._waiting.extend(questions)
        self._transport.write(data)
        return [question.future for question in questions]

    def expect(self, seconds: float) -> None:
        """From now on the line is given up when the next answer takes longer. One timer looks after all of them."""
        now = self._loop.time()
        self._deadline = now + seconds
        if self._watch is None or self._deadline < self._watch.when():
            self._look_again(now)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._lose("the connection was closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the connection broke: {exc}" if exc else "the relay closed the connection")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line[4:].decode("utf-8", "replace").rstrip()
            if line[3:4] == b"-":
                self._lines.append(text)
                self._size += len(line)
            else:
                self._complete(line[:3], text)
        if self._size + len(self._rest) > LONGEST_REPLY:
            log.warning("the relay's reply is too long")
            self.close()

    def _complete(self, code: bytes, text: str) -> None:
        if self._lines:
            text = " ".join((*self._lines, text)).strip()
            self._lines.clear()
            self._size = 0
        if not _CODE.fullmatch(code) or not self._waiting:
            if self._transport is not None and code != b"421":
                log.warning(
                    "the relay says what it was not asked", code=code.decode("latin-1"), text=text[:200]
                )
            self.close()
            return
        question = self._waiting[0]
        # PostgreSQL keeps no NUL, and a mark is tried until it is written.
        question.replies.append(Reply(int(code), text[:400].replace("\0", "")))
        if len(question.replies) == question.wanted:
            self._waiting.popleft()
            if not question.future.done():
                question.future.set_result(question.replies)

    def _lose(self, why: str) -> None:
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        while self._waiting:
            question = self._waiting.popleft()
            if question.future.done():
                continue
            if question.replies and question.replies[-1].code == LEAVING:
                question.future.set_result(question.replies)
                continue
            question.future.set_exception(LineLost(why))
            question.future.exception()  # nobody may be waiting for it any more; that is no error

    def _look_again(self, now: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(min(self._deadline, now + WATCH_SECONDS), self._look)

    def _look(self) -> None:
        self._watch, now = None, self._loop.time()
        if not self._waiting:
            return
        if now < self._deadline:
            self._look_again(now)
            return
        if self._transport is not None:
            self._transport.abort()
        self._lose("the relay did not answer in time")
