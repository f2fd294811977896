"""The relays of a worker: which carrier may have a line to which of them, and what is told of them.

Lines are dealt by weight among the relays that can be used; those of a relay that cannot go to the others. A relay of
weight 0 gets lines while no other one can be used. Limits a minute and an hour are divided by the workers that live;
connections are each worker's own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from config import clock
from config.relays import RelayAddress
from feeds import store
from notifier import channel
from notifier.sending import connecting
from notifier.sending.clerk import Clerk
from notifier.sending.relay import Breaker, Relay
from notifier.sending.smtp import Line
from notifier.sending.wire import ChannelFault, Unreachable

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 1.0
ASK_SECONDS = 30.0


class Pool:
    """`out`: no relay can be used; `Channel.fault` tells everybody."""

    def __init__(self, addresses: Sequence[RelayAddress], connections: int, clerk: Clerk) -> None:
        now = clock.ticks()
        self.relays = [Relay(address, connections, now) for address in addresses]
        self._connections = connections
        self._clerk = clerk
        self._sender, self._hello = "", ""
        self._told: tuple[str | None, list[channel.Standing]] | None = None
        self._asked = now
        self._change = asyncio.Event()
        self._closed = False
        self.out = not self.relays
        self._deal()

    async def begin(self, *, probe: bool) -> None:
        """Learn who we are, and, to know of a relay that is down before there is mail, try it."""
        newsroom = await self._clerk.do(store.newsroom)
        self._sender, self._hello = newsroom.sender_address, newsroom.list_domain
        faulty = bool(await self._clerk.do(channel.reason))
        await self.note(partial(channel.forget_relays, [relay.name for relay in self.relays]))
        if probe or faulty:
            await asyncio.gather(*map(self._try, self.relays))
        await self.publish()

    async def tend(self) -> None:
        """Try again the relays whose pause is over, and tell of all; for ever."""
        while True:
            try:
                now = clock.ticks()
                await self._doubt_others(now)
                due = [r for r in self.relays if r.state is Breaker.OPEN and r.retry_at <= now]
                await asyncio.gather(*map(self._try, due))
                await self.publish()
            except Exception:
                log.exception("the relays will be looked at again")
            pauses = [relay.retry_at - clock.ticks() for relay in self.relays if relay.state is Breaker.OPEN]
            await self.changed(max(0.02, min([LOOK_SECONDS, *pauses])))

    async def _doubt_others(self, now: float) -> None:
        """A worker that was killed cannot take back what it said: so who finds nothing wrong looks, and says so."""
        if now - self._asked < ASK_SECONDS or self._reason() != "":
            return
        self._asked = now
        said = await self._clerk.do(channel.faulty)
        doubted = [relay for relay in self.relays if relay.name in said and relay.state is Breaker.CLOSED]
        if doubted:
            await asyncio.gather(*(self._try(relay) for relay in doubted if not relay.lines))
            self._told = None

    async def seat(self) -> Relay | None:
        """A relay that one more line may be had to, as soon as there is one; None when the pool is closed."""
        while not self._closed:
            free = [relay for relay in self.relays if relay.seats < relay.allowed]
            if free:
                relay = min(free, key=lambda r: r.seats / r.allowed)
                relay.seats += 1
                return relay
            await self._change.wait()
        return None

    def express(self) -> Relay | None:
        """A relay for a letter that cannot wait until a line is free: one more line than is dealt."""
        usable = [relay for relay in self.relays if relay.window and relay.takes_express]
        return min(usable, key=lambda r: (not r.address.weight, r.state is Breaker.HALF_OPEN), default=None)

    def leave(self, relay: Relay) -> None:
        relay.seats -= 1
        self._news()

    async def connect(self, relay: Relay) -> Line:
        """Raises Unreachable, RefusesUs. Whoever gets it counts it in `relay.lines` until it is closed."""
        line = await connecting.connect(relay.address, self._sender, self._hello)
        relay.utf8 = line.offers.utf8
        return line

    def sent(self, relay: Relay) -> None:
        if relay.sent():
            self._deal()

    def slower(self, relay: Relay) -> None:
        if relay.slower(clock.ticks()):
            self._deal()

    def stumbled(self, relay: Relay, fault: ChannelFault, domain: str = "") -> None:
        relay.stumbled(fault, clock.ticks(), domain)
        self._deal()

    def failed(self, relay: Relay, fault: ChannelFault, *, stays: bool = False) -> None:
        """It cannot be used; but while it has lines, that it gives no further one means that they are enough."""
        now = clock.ticks()
        if isinstance(fault, Unreachable) and relay.lines:
            relay.slower(now)
            relay.stumbled(fault, now)
        else:
            relay.failed(fault, now, stays=stays)
        self._deal()

    def close(self) -> None:
        """No more seats; those who wait for one are told."""
        self._closed = True
        self._news()

    async def changed(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._change.wait()

    @property
    def is_hopeless(self) -> bool:
        """Whether a drain should give up."""
        return all(relay.is_hopeless for relay in self.relays)

    @property
    def has_limits(self) -> bool:
        return any(relay.throttle for relay in self.relays)

    def share(self, workers: int) -> None:
        """Divide the limits a minute and an hour by the workers that live."""
        for relay in self.relays:
            if relay.throttle:
                relay.throttle.share(workers)

    async def publish(self) -> None:
        """Write down what has changed."""
        standings = [
            channel.Standing(relay.name, relay.words, relay.is_paused, relay.utf8)
            for relay in self.relays
            if relay.is_known
        ]
        reason = self._reason()
        if self._told == (reason, standings):
            return
        self._told = (reason, standings)
        if not await self.note(partial(channel.tell, reason, standings, clock.now())):
            self._told = None

    async def note(self, work: Callable[[], object]) -> bool:
        """Do `work` on the channel's rows. It is for people to see: that it fails stops no mail."""
        try:
            await self._clerk.do(work)
        except Exception:
            log.exception("the channel's state could not be written")
            return False
        return True

    def _reason(self) -> str | None:
        """Why nothing can leave; None: nobody knows whether it can."""
        if not self.relays:
            return channel.NO_RELAY
        faults = [relay.words for relay in self.relays if relay.fault]
        if len(faults) == len(self.relays):
            return "; ".join(faults)
        return "" if any(relay.is_known and not relay.fault for relay in self.relays) else None

    async def _try(self, relay: Relay) -> None:
        try:
            line = await self.connect(relay)
        except ChannelFault as fault:
            relay.tried(fault, clock.ticks())
        except Exception as error:
            log.exception("a relay could not be tried", relay=relay.name)
            relay.tried(Unreachable(f"{relay.name}: {error!r}"), clock.ticks())
        else:
            await line.quit()
            relay.tried(None, clock.ticks(), utf8=line.offers.utf8)
        self._deal()

    def _deal(self) -> None:
        """Say how many lines each relay may have: by weight, and none more than its window. While it is being tried
        whether one works again, those of weight 0 go on.
        """
        usable = [relay for relay in self.relays if relay.window]
        if any(relay.address.weight and relay.state is Breaker.CLOSED for relay in usable):
            usable = [relay for relay in usable if relay.address.weight]
        dealt = dict.fromkeys(self.relays, 0)
        for _ in range(self._connections):
            room = [relay for relay in usable if dealt[relay] < relay.window]
            if not room:
                break
            dealt[min(room, key=lambda r: (dealt[r] + 1) / (r.address.weight or 1))] += 1
        for relay, lines in dealt.items():
            relay.allowed = lines
        if not usable and not self.out:
            for relay in self.relays:
                relay.hurry(clock.ticks())
        self.out = not usable
        self._news()

    def _news(self) -> None:
        """Wake all who wait for a change."""
        self._change.set()
        self._change = asyncio.Event()
