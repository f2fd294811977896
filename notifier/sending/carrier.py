"""One line to a relay and the loop that carries parcels over it."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Protocol

import structlog

from config import logs
from notifier.ledger import Mark
from notifier.models import Delivery, Dispatch
from notifier.sending.limits import ALL_LANES
from notifier.sending.parcels import Message, Parcel
from notifier.sending.pool import Pool
from notifier.sending.relay import Relay
from notifier.sending.retries import Schedule
from notifier.sending.signing import Signing
from notifier.sending.smtp import Deferred, Line, Refused, Sent, Verdict
from notifier.sending.tray import LETTERS_ONLY, Tray
from notifier.sending.wire import Busy, ChannelFault, Leaving, LineLost, RefusesUs, Unreachable

log = structlog.stdlib.get_logger(__name__)
State = Delivery.State
IDLE_SECONDS = 30.0  # relays close a line after five minutes without work
EXPRESS_SECONDS = 1.0  # how long a letter waits for a line that is free before it gets one of its own


class Office(Protocol):
    """What a carrier asks of the worker it belongs to."""

    tray: Tray
    pool: Pool
    schedule: Schedule
    signing: Signing

    async def fresh(self) -> None:
        """Wait until what is known of holds, versions and people is fresh enough to begin a body."""

    def refusal(self, parcel: Parcel) -> Mark | None:
        """Why the body must not be begun now; None if it may."""

    def body(self, parcel: Parcel, ahead: Message | None) -> Message:
        """The message as things stand, which may have been made `ahead`."""

    def record(self, mark: Mark) -> asyncio.Future[bool]: ...

    def troubled(self) -> None:
        """A relay made trouble; perhaps there is none left."""

    def now(self) -> datetime: ...


class Carrier:
    """An `express` one carries only letters for which nobody else has a line free."""

    def __init__(self, office: Office, *, express: bool = False) -> None:
        self._office = office
        self._express = express
        self._lanes = LETTERS_ONLY if express else ALL_LANES
        self._relay: Relay | None = None
        self._line: Line | None = None
        self._ahead: Parcel | None = None
        self._marked: asyncio.Future[bool] | None = None
        self._begun = False
        self._version = 0  # of the body that was begun last

    async def run(self) -> None:
        """Carry until the tray is closed. What is begun, or offered to the relay, is finished."""
        try:
            while not (self._office.tray.is_closed and self._ahead is None):
                parcel = self._ahead or await self._next()
                self._ahead = None
                if parcel is not None:
                    logs.ABOUT.set(parcel.claimed)
                    await self._carry(parcel)
                    logs.ABOUT.set(None)
            await self._durable()
            await self._hang_up()
        finally:
            self._drop_line()
            self._leave()

    async def _next(self) -> Parcel | None:
        """The next parcel and a relay that takes it; None: look again."""
        if self._express:
            return await self._next_letter()
        relay = self._relay
        if relay is None or relay.is_crowded:
            await self._durable()
            await self._hang_up()
            self._leave()
            relay = self._relay = await self._office.pool.seat()
            if relay is None:
                return None
        parcel = await self._office.tray.next(IDLE_SECONDS if self._line else None, relay.throttle)
        if parcel is None:
            await self._hang_up()
        elif relay.is_crowded and not self._office.tray.is_closed:
            self._office.tray.put_back(parcel, relay.throttle)
            return None
        return parcel

    async def _next_letter(self) -> Parcel | None:
        await self._durable()
        if self._line is not None and not self._line.is_open:
            self._drop_line()
        patience = 0.0 if self._line else EXPRESS_SECONDS
        waiting = asyncio.create_task(self._office.tray.overdue(patience))
        done, _ = await asyncio.wait([waiting], timeout=IDLE_SECONDS if self._line else None)
        if not done:
            waiting.cancel()
            await self._hang_up()
            return None
        relay = self._office.pool.express()
        if relay is not self._relay:
            await self._hang_up()
            self._relay = relay
        parcel = self._office.tray.take(relay.throttle, LETTERS_ONLY) if relay else None
        if parcel is None and not self._office.tray.is_closed:
            await self._office.pool.changed(EXPRESS_SECONDS)
        return parcel

    async def _carry(self, parcel: Parcel) -> None:
        if not self._is_offered and (refusal := self._office.refusal(parcel)) is not None:
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
            self._learn(parcel, verdict)
            self._marked = self._office.record(self._outcome(parcel, verdict))

    def _learn(self, parcel: Parcel, verdict: Verdict) -> None:
        """What the verdict says of the relay and of the recipient's domain."""
        relay, pool = self._relay, self._office.pool
        assert relay is not None
        if isinstance(verdict, Sent):
            if not relay.is_settled:
                pool.sent(relay)
        elif isinstance(verdict, Refused):
            if verdict.unclear:
                pool.stumbled(
                    relay, RefusesUs(_without(parcel.to, verdict.reason)), parcel.to.rpartition("@")[2]
                )
        elif verdict.about_us:
            pool.stumbled(relay, RefusesUs(_without(parcel.to, verdict.reason)))
        elif verdict.leaving:
            pool.slower(relay)
        elif verdict.slower:
            self._office.tray.slower(parcel)
        if relay.fault is not None:
            self._office.troubled()

    async def _send(self, parcel: Parcel) -> Verdict | None:
        """None: it was not sent, and that is recorded."""
        if self._line is None or not self._line.is_open or self._line.is_spent:
            await self._connect()
        assert self._line is not None
        signing = self._office.signing.ahead(parcel)
        verdict = await self._line.offer(parcel.to, parcel.size, parcel.sender)
        await self._durable()
        if verdict is not None:
            return verdict
        signed = await signing if signing else None
        await self._office.fresh()
        refusal = self._office.refusal(parcel)
        if refusal is not None:
            self._drop_line()  # the relay waits for a body; there is no other way not to give it one
            self._office.record(refusal)
            return None
        body, self._version = self._office.body(parcel, signed)
        self._ahead = ahead = self._take_ahead() if self._line.pipelining else None
        self._begun = True
        return await self._line.deliver(body, *((ahead.to, ahead.size, ahead.sender) if ahead else ()))

    async def _connect(self) -> None:
        relay = self._relay
        assert relay is not None
        await self._durable()
        await self._hang_up()
        self._line = await self._office.pool.connect(relay)
        relay.lines += 1

    def _take_ahead(self) -> Parcel | None:
        """The next parcel that may be sent as things stand, on this line."""
        relay, line = self._relay, self._line
        assert relay is not None
        assert line is not None
        if relay.is_crowded or line.is_nearly_spent:
            return None
        while (parcel := self._office.tray.take(relay.throttle, self._lanes)) is not None:
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
        relay, pool = self._relay, self._office.pool
        assert relay is not None
        carried = self._line.carried if self._line else 0
        self._drop_line()
        is_culprit = isinstance(fault, LineLost) and not carried
        outcome = self._outcome(parcel, Deferred(str(fault))) if is_culprit else self._unsent(parcel)
        self._office.record(outcome)
        if self._ahead is not None:
            self._office.record(self._unsent(self._ahead))
            self._ahead = None
        if isinstance(fault, Leaving | Busy):
            pool.slower(relay)
        if is_culprit or isinstance(fault, Busy):
            pool.stumbled(relay, fault)
        elif not isinstance(fault, LineLost):
            pool.failed(relay, fault, stays=not isinstance(fault, Unreachable))
        self._office.troubled()

    def _unsent(self, parcel: Parcel) -> Mark:
        return Mark(parcel.claimed, State.PENDING, self._office.now())

    def _outcome(self, parcel: Parcel, verdict: Verdict) -> Mark:
        now, c = self._office.now(), parcel.claimed
        if isinstance(verdict, Sent):
            return Mark(c, State.SENT, now, version=self._version)
        reason = _without(parcel.to, verdict.reason)
        if isinstance(verdict, Refused) and (c.attempt or not verdict.unclear):
            return Mark(c, State.FAILED, now, reason)
        after_dot = isinstance(verdict, Deferred) and verdict.after_dot
        version = self._version if after_dot else 0
        is_letter = c.lane == Dispatch.Lane.LETTER
        wait = self._office.schedule.delay(
            c.attempt, c.dispatch, c.subscriber, after_dot=after_dot, letter=is_letter
        )
        if wait is None:
            return Mark(c, State.FAILED, now, f"given up: {reason}", after_dot, version=version)
        return Mark(c, State.DEFERRED, now, reason, after_dot, now + wait, counts=True, version=version)

    @property
    def _is_offered(self) -> bool:
        return self._line is not None and self._line.is_ahead

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._forget_line()

    async def _hang_up(self) -> None:
        if self._line is not None:
            await self._line.quit()
            self._forget_line()

    def _forget_line(self) -> None:
        self._line = None
        if self._relay is not None:
            self._relay.lines -= 1

    def _leave(self) -> None:
        """Give the seat back. An express carrier has none."""
        if self._relay is not None and not self._express:
            self._office.pool.leave(self._relay)
        self._relay = None


def _without(address: str, text: str) -> str:
    """A relay's reply without the address it is about: addresses are kept in one place only, encrypted."""
    local = address.partition("@")[0]
    text = re.sub(re.escape(address), "…", text, flags=re.IGNORECASE)
    return re.sub(re.escape(local), "…", text, flags=re.IGNORECASE) if len(local) > 3 else text
