"""The relay as a worker knows it: how to reach it, what is wrong with it, and when to try it again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial

from config import clock
from feeds import store
from notifier import channel, smtp
from notifier.clerk import Clerk
from notifier.smtp import Line
from notifier.wire import ChannelFault, Unreachable

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEP_SECONDS = 0.25
PATIENCE = 3  # faults in a row after which a drain gives up


class Relay:
    """`fault` is set from a failure until a line can be had again; `Channel.fault` tells it to everybody."""

    def __init__(self, url: str, clerk: Clerk) -> None:
        self._url = url
        self._clerk = clerk
        self._sender, self._hello = "", ""
        self._published = False
        self._faults = 0
        self.fault: ChannelFault | None = None if url else Unreachable(channel.NO_RELAY)

    async def begin(self, *, probe: bool) -> None:
        """Learn who we are, and, to know of a relay that is down before there is mail, try it."""
        newsroom = await self._clerk.do(store.newsroom)
        self._sender, self._hello = newsroom.sender_address, newsroom.list_domain
        self._published = bool(await self._clerk.do(channel.reason))
        if self._url and (probe or self._published):
            try:
                await (await self.connect()).quit()
            except ChannelFault as fault:
                self.report(fault)
            else:
                await self._well()

    async def connect(self) -> Line:
        """Raises Unreachable."""
        return await smtp.connect(self._url, self._sender, self._hello)

    def report(self, fault: ChannelFault) -> None:
        """A line or a carrier has met with `fault`."""
        if self.fault is None:
            log.warning("the relay cannot be used: %s", fault)
        self.fault = fault

    async def mend(self, stop: threading.Event | None) -> bool:
        """Say what is wrong, wait, and try to connect. False: a drain (`stop` is None) should give up."""
        if not self._published or self._faults:
            await self.note(partial(channel.fault, str(self.fault), clock.now()))
            self._published = True
        if not self._url or (stop is None and self._faults >= PATIENCE):
            await _pause(STEP_SECONDS if stop else 0.0, stop)
            return stop is not None
        await _pause(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._faults - 1)) if self._faults else 0.0, stop)
        self._faults += 1
        unreachable = isinstance(self.fault, Unreachable)
        try:
            line = await self.connect()
        except ChannelFault as fault:
            self.fault = fault
            return True
        await line.quit()
        self.fault = None
        if unreachable:
            await self._well()
        return True

    def sent(self) -> None:
        """A message was taken: whatever was wrong is over."""
        self._faults = 0

    async def look(self) -> None:
        """Take back what was said against the relay, once it has taken a message again."""
        if self._published and self.fault is None and not self._faults:
            await self._well()

    async def note(self, work: Callable[[], object]) -> object:
        """Do `work` on the channel's row. It is for people to see: that it fails stops no mail."""
        try:
            return await self._clerk.do(work)
        except Exception:
            log.exception("the channel's state could not be written")
            return None

    async def _well(self) -> None:
        if await self.note(channel.well):
            log.warning("the relay can be used again")
        self._published = False


async def _pause(seconds: float, stop: threading.Event | None) -> None:
    until = clock.ticks() + seconds
    while (left := until - clock.ticks()) > 0 and not (stop and stop.is_set()):
        await asyncio.sleep(min(left, STEP_SECONDS))
