"""How the web process speaks HTTP: uvicorn's protocol, with feeds answered before all else."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from feeds import answers, courtesy
from feeds.answers import Answer
from feeds.frontdesk import Given
from notifier.repeats import Repeats

MOST_HEAD = (
    64 * 1024
)  # bytes of a request's line and headers, beyond what came in one piece with its beginning
HEAD_SECONDS = 20  # for all of them; a connection on which none has come by then is closed
_repeats: WeakKeyDictionary[ServerState, Repeats] = WeakKeyDictionary()


class FeedsFirst(HttpToolsProtocol):
    """uvicorn's HTTP, but a plain request for a feed that lies in memory is answered from its bytes: no task is begun
    and no messages are passed, which is most of what such an answer costs. The head of any other request is bounded in
    size and time, which uvicorn leaves to a proxy.
    """

    _between = True  # one request has been read to its end, and nothing of the next has come
    _begun = False  # whether a head has begun and is not yet whole
    _head = 0  # bytes that came since the piece it began in
    _answered = False  # whether anything was answered here since the connection was last looked at
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._host = self.client[0] if self.client else ""
        self._limited = courtesy.concerns(self._host)
        self._repeats = _repeats.setdefault(self.server_state, Repeats())
        self._late = self.loop.call_later(HEAD_SECONDS, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._between and self._answer(data):
            return
        if self._begun:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._refuse(431, "The request's headers are too long.")
                return
        super().data_received(data)
        if self._begun and not self._head:
            self._in_time()
            self._answered = False
            self._late = self.loop.call_later(HEAD_SECONDS, self._close_if_idle)

    def _answer(self, data: bytes) -> bool:
        """Whether it could be answered at once, and was."""
        if self._busy or self.flow.write_paused:
            return False
        said = self._repeats.answer(data, self._host, self._limited, self._written)
        if said is None:
            return False
        self.transport.write(said)
        self._answered = True
        return True

    def on_message_begin(self) -> None:
        self._between, self._begun, self._head = False, True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._begun = False
        self._in_time()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._between = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        self._close_if_idle()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, text: str) -> None:
        """And close. Where another answer is being given there is no place for this one."""
        if not self._busy:
            body = f"{text}\n".encode()
            headers = [*answers.OPEN, answers.PLAIN, (b"connection", b"close")]
            answer = status, headers, body
            self.transport.write(self._in_full(answer, answers.lines(answer)))
        self.transport.close()

    def _written(self, given: Given) -> bytes:
        return self._in_full(given.answer, given.lines)

    def _in_full(self, answer: Answer, lines: bytes) -> bytes:
        common = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        return b"".join((STATUS_LINE[answer[0]], *common, lines, b"\r\n", answer[2] or b""))

    @property
    def _busy(self) -> bool:
        """Whether an answer is being given, or waits for its turn."""
        return bool(self.pipeline or (self.cycle and not self.cycle.response_complete))

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close_if_idle(self) -> None:
        """Answers that were given here leave the timer as it is; so it looks again."""
        self._in_time()
        if self._answered:
            self._answered = False
            self._late = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)
        elif not self._busy:
            self.transport.close()
