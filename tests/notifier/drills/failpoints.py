"""Points at which a worker fails, put into its process from outside: the code that ships has no hooks.

`arm(point, fault, passes)` in a process that is about to become a worker: at the given pass of the point it is killed,
raises, or gets a SIGTERM; once. The replies that tell MAIL from RCPT are those of `a_relay()`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from notifier import ledger
from notifier.models import Delivery
from notifier.sending.wire import Wire
from tests.notifier.relay import Relay

FAULTS = ("kill", "exception", "SIGTERM")
POINTS = (
    "before claim", "after claim", "after MAIL", "after RCPT", "in DATA", "after the dot", "after the 250",
    "after the commit",
)  # fmt: skip
MAY_DOUBLE = ("after the dot", "after the 250")
BESIDE = ("before claim", "after claim", "after MAIL", "after RCPT")
"""Another message may be behind its dot or its 250 there: one is claimed and the next one offered meanwhile."""
_MAIL, _RCPT = "250 2.1.0 sender ok", "250 2.1.5 recipient ok"


class Failed(RuntimeError):
    """What nobody foresaw."""


def a_relay(**kwargs: Any) -> Relay:
    return Relay(mail=_MAIL, rcpt=lambda _to: _RCPT, **kwargs)


def arm(point: str, fault: str, passes: int) -> None:
    _ARMS[point](Trip(point, fault, passes))


class Trip:
    def __init__(self, point: str, fault: str, passes: int) -> None:
        self._point, self._fault, self._left = point, fault, passes

    def __call__(self) -> None:
        self._left -= 1
        if self._left:
            return
        if self._fault == "exception":
            raise Failed(self._point)
        os.kill(os.getpid(), signal.SIGKILL if self._fault == "kill" else signal.SIGTERM)


def _around_claim(trip: Trip, *, after: bool) -> None:
    claim = ledger.claim

    def watched(*given: Any) -> Any:
        if not after:
            trip()
        found = claim(*given)
        if after and found:
            trip()
        return found

    ledger.claim = watched


def _around_marks(trip: Trip, *, after: bool) -> None:
    mark_many = ledger.mark_many

    def watched(marks: Any) -> Any:
        sent = any(mark.state == Delivery.State.SENT for mark in marks)
        if sent and not after:
            trip()
        written = mark_many(marks)
        if sent and after:
            trip()
        return written

    ledger.mark_many = watched


def _after_reply(trip: Trip, reply: str) -> None:
    received = Wire.data_received

    def watched(self: Wire, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            received(self, line)
            if line.startswith(reply.encode()):
                trip()

    Wire.data_received = watched  # type: ignore[method-assign]


def _around_dot(trip: Trip, *, after: bool) -> None:
    made = Wire.connection_made

    def watched(self: Wire, transport: Any) -> None:
        made(self, _Writing(transport, trip, after))  # type: ignore[arg-type]

    Wire.connection_made = watched  # type: ignore[method-assign]


class _Writing:
    """A transport that trips in a body, or behind it. What stands before the point is on the wire by then."""

    def __init__(self, transport: Any, trip: Trip, after: bool) -> None:
        self._transport, self._trip, self._after = transport, trip, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        end = data.find(b"\r\n.\r\n")
        if end < 0:
            self._transport.write(data)
            return
        at = end + 5 if self._after else end // 2
        self._at_once(data[:at])
        self._trip()
        self._transport.write(data[at:])

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def _at_once(self, data: bytes) -> None:
        descriptor = self._transport.get_extra_info("socket").fileno()
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                time.sleep(0.001)


_ARMS: dict[str, Callable[[Trip], None]] = {
    "before claim": lambda trip: _around_claim(trip, after=False),
    "after claim": lambda trip: _around_claim(trip, after=True),
    "after MAIL": lambda trip: _after_reply(trip, _MAIL),
    "after RCPT": lambda trip: _after_reply(trip, _RCPT),
    "in DATA": lambda trip: _around_dot(trip, after=False),
    "after the dot": lambda trip: _around_dot(trip, after=True),
    "after the 250": lambda trip: _around_marks(trip, after=False),
    "after the commit": lambda trip: _around_marks(trip, after=True),
}
