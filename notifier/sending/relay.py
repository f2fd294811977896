"""One relay as a worker knows it: how many lines it may have now, and whether it can be used. Pure but for its log.

    closed --a fault--> open --its pause is over, a line can be had--> half open --a message is taken--> closed
                          ↖-----------------------a fault-------------------↙

Each fault in a row makes the pause longer. What waiting does not mend (a wrong password, a certificate, a sender who is
refused) pauses the relay after the third try: then it is tried again seldom, and somebody is told.
"""

from __future__ import annotations

from enum import Enum, auto

import structlog

from config.relays import RelayAddress
from notifier.sending.limits import Throttle
from notifier.sending.wire import ChannelFault, RefusesUs

log = structlog.stdlib.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds
PAUSED_FIRST, PAUSED_LONGEST = 300.0, 3600.0
PATIENCE = 3  # faults in a row
MANY_REFUSALS = 10  # by policy, in a row, all of one domain
SLOW_START = 2  # lines
HALVED_SECONDS = 1.0  # what several lines are told at one time is told once


class Breaker(Enum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class Relay:
    """`window` lines are the most it may have now, `allowed` what the pool deals it, `seats` are taken, `lines` open.

    `connections` is what the worker has for all relays. A relay whose URL names its own number keeps one of them for
    letters. All instants are seconds of a clock that does not step.
    """

    def __init__(self, address: RelayAddress, connections: int, now: float) -> None:
        own = address.connections
        self.address = address
        self.name = address.name
        self.most = min(connections, max(1, own - 1)) if own else connections
        self.takes_express = own != 1
        self.throttle: Throttle | None = None
        if address.per_minute or address.per_hour:
            self.throttle = Throttle(address.per_minute, address.per_hour, now)
        self.allowed = self.seats = self.lines = 0
        self.state = Breaker.CLOSED
        self.fault: ChannelFault | None = None
        self.utf8: bool | None = None
        self.is_known = False
        self.retry_at = now
        self._width = float(min(SLOW_START, self.most))
        self._threshold = float(self.most)
        self._halved_at = now - HALVED_SECONDS
        self._hurried_at = now - LONGEST_PAUSE
        self._faults = self._stumbles = 0
        self._domains: set[str] = set()
        self._fault_stays = False
        self.is_settled = self._width >= self.most

    @property
    def window(self) -> int:
        return {Breaker.CLOSED: int(self._width), Breaker.OPEN: 0, Breaker.HALF_OPEN: 1}[self.state]

    @property
    def is_crowded(self) -> bool:
        """Whether one of its lines should be given up."""
        return self.seats > self.allowed

    @property
    def is_paused(self) -> bool:
        return isinstance(self.fault, RefusesUs) and self._faults >= PATIENCE

    @property
    def is_hopeless(self) -> bool:
        """Whether somebody who does not want to wait for long should give it up."""
        return self.state is Breaker.OPEN and self._faults >= PATIENCE

    def sent(self) -> bool:
        """A message was taken: whatever was wrong is over. True if it may have another number of lines now."""
        before = self.window
        if self.state is not Breaker.CLOSED:
            log.warning("a relay can be used again", relay=self.name)
            self.state = Breaker.CLOSED
            self._width, self._threshold = float(min(SLOW_START, self.most)), float(self.most)
        else:
            step = 1.0 if self._width < self._threshold else 1.0 / self._width
            self._width = min(float(self.most), self._width + step)
        self.fault, self._fault_stays, self.is_known = None, False, True
        self._faults = self._stumbles = 0
        self._domains.clear()
        self.is_settled = self._width >= self.most
        return self.window != before

    def slower(self, now: float) -> bool:
        """It said 421 or that we are too fast: half as many lines. True if that changes anything."""
        if now - self._halved_at < HALVED_SECONDS or self.state is not Breaker.CLOSED:
            return False
        before = self.window
        self._halved_at = now
        self._width = self._threshold = max(1.0, self._width / 2)
        self.is_settled = False
        return self.window != before

    def stumbled(self, fault: ChannelFault, now: float, domain: str = "") -> None:
        """Something went wrong that may be one message's. Several in a row without any success are the relay's.

        With a `domain`, it may be the recipient's: then it takes several domains, or a great many messages.
        """
        self.is_settled = False
        self._stumbles += 1
        if domain:
            self._domains.add(domain)
        is_everybodys = len(self._domains) >= PATIENCE or self._stumbles >= MANY_REFUSALS
        if self.state is Breaker.HALF_OPEN or (is_everybodys if domain else self._stumbles >= PATIENCE):
            self.failed(fault, now, stays=True)

    def failed(self, fault: ChannelFault, now: float, *, stays: bool = False) -> None:
        """It cannot be used. `stays`: that a line can be had proves nothing, as one was had."""
        self.is_settled, self.is_known = False, True
        if self.state is Breaker.OPEN:
            return
        was_well, was_paused = self.fault is None, self.is_paused
        self.fault, self._fault_stays = fault, stays
        self.state = Breaker.OPEN
        self._faults += 1
        if was_well or self.is_paused != was_paused:
            log.warning("a relay cannot be used", relay=self.name, why=self.words)
        self._stumbles = 0
        self._domains.clear()
        self.retry_at = now + self._pause()

    def tried(self, fault: ChannelFault | None, now: float, *, utf8: bool | None = None) -> None:
        """A line was tried for, when its pause was over: what came of it."""
        if fault is not None:
            self.state = Breaker.HALF_OPEN if self.state is Breaker.OPEN else self.state
            self.failed(fault, now)
            return
        self.is_known, self.utf8 = True, utf8
        if self.state is Breaker.OPEN:
            self.state = Breaker.HALF_OPEN
        if not self._fault_stays:
            self.fault = None

    def hurry(self, now: float) -> None:
        """There is no other one left: do not wait for the end of a long pause, if perhaps it is only out of reach. Not
        more often than it would be tried anyway, so that two of them cannot chase each other.
        """
        is_away = self.state is Breaker.OPEN and not (self.is_paused or self._fault_stays)
        if is_away and now - self._hurried_at >= LONGEST_PAUSE:
            self._hurried_at = now
            self.retry_at = min(self.retry_at, now)

    @property
    def words(self) -> str:
        """What is wrong with it, for people."""
        if self.fault is None:
            return ""
        said = str(self.fault)
        named = said if said.startswith(self.name) else f"{self.name}: {said}"
        return f"{named} (paused after {PATIENCE} tries)" if self.is_paused else named

    def _pause(self) -> float:
        if self.is_paused:
            return float(min(PAUSED_LONGEST, PAUSED_FIRST * 2 ** min(30, self._faults - PATIENCE)))
        return (
            0.0
            if self._faults == 1
            else float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(30, self._faults - 2)))
        )
