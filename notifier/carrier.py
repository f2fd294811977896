"""One line to the relay and the loop that carries parcels over it."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime
from typing import Protocol

from notifier import retries
from notifier.ledger import Mark
from notifier.models import Delivery
from notifier.parcels import Parcel
from notifier.smtp import Deferred, Line, Sent, Verdict
from notifier.tray import Tray
from notifier.wire import ChannelFault, LineLost

log = logging.getLogger(__name__)
State = Delivery.State
IDLE_SECONDS = 30.0  # relays close a line after five minutes without work


class Office(Protocol):
    """What a carrier asks of the worker it belongs to."""

    tray: Tray

    async def connect(self) -> Line: ...

    async def fresh(self) -> None:
        """Wait until what is known of holds, versions and people is fresh enough to begin a body."""

    def refusal(self, parcel: Parcel) -> Mark | None:
        """Why the body must not be begun now; None if it may."""

    def body(self, parcel: Parcel) -> tuple[bytes, int]:
        """The message, and the version of the edition that it is."""

    def record(self, mark: Mark) -> asyncio.Future[bool]: ...

    def fault(self, fault: ChannelFault) -> None:
        """The relay cannot be used."""

    def now(self) -> datetime: ...


class Carrier:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._line: Line | None = None
        self._ahead: Parcel | None = None
        self._marked: asyncio.Future[bool] | None = None
        self._begun = False
        self._version = 0  # of the body that was begun last

    async def run(self) -> None:
        """Carry until the tray is closed. What is begun, or offered to the relay, is finished."""
        try:
            while not (self._office.tray.is_closed and self._ahead is None):
                parcel = self._ahead or await self._office.tray.next(IDLE_SECONDS if self._line else None)
                self._ahead = None
                if parcel is not None:
                    await self._carry(parcel)
                else:
                    await self._hang_up()
            await self._durable()
            await self._hang_up()
        finally:
            if self._line is not None:
                self._line.close()

    async def _carry(self, parcel: Parcel) -> None:
        refusal = self._office.refusal(parcel)
        if refusal is not None and not self._is_offered:
            self._office.record(refusal)
            return
        self._begun = False
        try:
            verdict = await self._send(parcel)
        except ChannelFault as fault:
            self._give_back(parcel, fault)
            return
        except asyncio.CancelledError:
            if self._begun:
                self._office.record(self._outcome(parcel, Deferred("the worker was stopped", after_dot=True)))
            raise
        except Exception:
            log.exception("a message could not be made")
            self._drop_line()
            verdict = Deferred("the message could not be made; the log says why", after_dot=self._begun)
        if verdict is not None:
            self._marked = self._office.record(self._outcome(parcel, verdict))

    async def _send(self, parcel: Parcel) -> Verdict | None:
        """None: it was not sent, and that is recorded."""
        if self._line is None or not self._line.is_open:
            self._line = await self._office.connect()
        verdict = await self._line.offer(parcel.to)
        await self._durable()
        if verdict is not None:
            return verdict
        await self._office.fresh()
        refusal = self._office.refusal(parcel)
        if refusal is not None:
            self._drop_line()  # the relay waits for a body; there is no other way not to give it one
            self._office.record(refusal)
            return None
        body, self._version = self._office.body(parcel)
        self._ahead = self._take_ahead() if self._line.pipelining else None
        self._begun = True
        return await self._line.deliver(body, self._ahead.to if self._ahead else None)

    def _take_ahead(self) -> Parcel | None:
        """The next parcel that may be sent as things stand."""
        while (parcel := self._office.tray.take()) is not None:
            refusal = self._office.refusal(parcel)
            if refusal is None:
                return parcel
            self._office.record(refusal)
        return None

    async def _durable(self) -> None:
        """Wait until the mark of the last message is on disk."""
        if self._marked is not None:
            await self._marked
            self._marked = None

    def _give_back(self, parcel: Parcel, fault: ChannelFault) -> None:
        """The body was not begun, so it counts as no attempt: unless a fresh line broke at this very parcel, which must
        then not be the first again.
        """
        carried = self._line.carried if self._line else 0
        self._drop_line()
        if isinstance(fault, LineLost) and carried:
            self._office.record(Mark(parcel.claimed, State.PENDING, self._office.now()))
            return
        if isinstance(fault, LineLost):
            self._office.record(self._outcome(parcel, Deferred(str(fault))))
        else:
            self._office.record(Mark(parcel.claimed, State.PENDING, self._office.now()))
        if self._ahead is not None:
            self._office.record(Mark(self._ahead.claimed, State.PENDING, self._office.now()))
            self._ahead = None
        self._office.fault(fault)

    def _outcome(self, parcel: Parcel, verdict: Verdict) -> Mark:
        now, c = self._office.now(), parcel.claimed
        if isinstance(verdict, Sent):
            return Mark(c, State.SENT, now, version=self._version)
        reason = _without(parcel.to, verdict.reason)
        if not isinstance(verdict, Deferred):
            return Mark(c, State.FAILED, now, reason)
        version = self._version if verdict.after_dot else 0
        wait = retries.delay(c.attempt, c.dispatch, c.subscriber, after_dot=verdict.after_dot)
        if wait is None:
            return Mark(c, State.FAILED, now, f"given up: {reason}", verdict.after_dot, version=version)
        return Mark(
            c, State.DEFERRED, now, reason, verdict.after_dot, now + wait, counts=True, version=version
        )

    @property
    def _is_offered(self) -> bool:
        return self._line is not None and self._line.is_ahead

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _hang_up(self) -> None:
        if self._line is not None:
            await self._line.quit()
            self._line = None


def _without(address: str, text: str) -> str:
    """A relay's reply without the address it is about: addresses are kept in one place only, encrypted."""
    local = address.partition("@")[0]
    text = re.sub(re.escape(address), "…", text, flags=re.IGNORECASE)
    return re.sub(re.escape(local), "…", text, flags=re.IGNORECASE) if len(local) > 3 else text
