"""What a worker has claimed and not yet begun. For one event loop.

Letters go first, then corrections and alerts, then digests, but of any five messages the last of these lanes may have
one and the second one too, so that none starves. What must wait for its domain lets others pass.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Sequence

from notifier.ledger import Mark
from notifier.models import Dispatch
from notifier.sending.domains import Domains, TurnedAway
from notifier.sending.limits import ALL_LANES, Throttle
from notifier.sending.parcels import Parcel

_TURNS = (0, 0, 1, 0, 2)  # the lane that is asked first
LETTERS_ONLY = 1
NOT_LONG = 0.25  # how long to wait for what may have its turn by the clock


class Tray:
    """`least` is what it should hold at any time; `ticks` a clock in seconds that does not step."""

    def __init__(self, least: int, ticks: Callable[[], float], domains: Domains | None = None) -> None:
        self._least = least
        self._ticks = ticks
        self._domains = domains or Domains({}, least, ticks)
        self._limits_domains = self._domains.has_limits
        self._lanes: list[deque[Parcel]] = [deque() for _ in Dispatch.Lane]
        self._turn = 0
        self._size = 0  # of what is in the lanes
        self._change = asyncio.Event()
        self._low = asyncio.Event()
        self._low_mark = least
        self._done, self._since, self._rate = 0, ticks(), 0.0
        self.is_closed = False

    def put(self, parcels: Collection[Parcel]) -> Sequence[TurnedAway]:
        """Take in what there is use in holding; returns the others."""
        away: Sequence[TurnedAway] = ()
        if self._limits_domains:
            parcels, away = self._domains.admit(parcels)
        for parcel in parcels:
            self._lanes[parcel.claimed.lane].append(parcel)
        self._size += len(parcels)
        self._low_mark = max(self._least, self._size // 2)
        if parcels:
            self._news()
        if not self.is_low:
            self._low.clear()
        return away

    def put_back(self, parcel: Parcel, throttle: Throttle | None = None) -> None:
        """It was taken, and could not be begun: it is the next of its lane, and has cost its throttle nothing."""
        if throttle is not None:
            throttle.give_back()
        if not self._domains.put_back(parcel):
            self._lanes[parcel.claimed.lane].appendleft(parcel)
            self._size += 1
        self._news()

    def take(self, throttle: Throttle | None = None, lanes: int = ALL_LANES) -> Parcel | None:
        """The next one of the first `lanes` that the throttle lets pass, if there is one and the tray is not closed."""
        if self.is_closed or not (self._size or self._limits_domains):
            return None
        if throttle is None:
            return self._next(lanes)
        lanes = min(lanes, throttle.lanes(self._ticks()))
        parcel = self._next(lanes)
        if parcel is not None:
            throttle.spend()
        return parcel

    async def next(self, seconds: float | None, throttle: Throttle | None = None) -> Parcel | None:
        """The next one as soon as there is one; None after `seconds`, or when the tray is closed."""
        until = None if seconds is None else self._ticks() + seconds
        while not self.is_closed:
            parcel = self.take(throttle)
            if parcel is not None:
                return parcel
            left = None if until is None else until - self._ticks()
            if left is not None and left <= 0:
                return None
            await self._changed(self._wait(left, throttle))
        return None

    async def overdue(self, seconds: float) -> bool:
        """True when a letter has waited so long and nobody took it; False when the tray is closed."""
        letters = self._lanes[Dispatch.Lane.LETTER]
        while not self.is_closed:
            first = letters[0] if letters else None
            until = self._ticks() + seconds
            while first is None and not letters and not self.is_closed:
                await self._changed(None)
            while first is not None and letters and letters[0] is first and not self.is_closed:
                if self._ticks() >= until:
                    return True
                await self._changed(until - self._ticks())
        return False

    def clear(self) -> list[Parcel]:
        """Take all out, to give them back."""
        parcels = [parcel for lane in self._lanes for parcel in lane] + self._domains.clear()
        for lane in self._lanes:
            lane.clear()
        self._size = 0
        self._low.set()
        return parcels

    def close(self) -> None:
        """Nothing more is taken from it; those who wait are told."""
        self.is_closed = True
        self._news()

    @property
    def is_low(self) -> bool:
        return self._size <= self._low_mark // 2

    async def low(self) -> None:
        await self._low.wait()

    def done(self, mark: Mark) -> None:
        """A message has been dealt with; from this the tray knows its pace."""
        self._done += 1
        if self._limits_domains and self._domains.done(_key(mark), mark.state):
            self._news()

    def slower(self, parcel: Parcel) -> None:
        """The recipient's domain wants less."""
        self._domains.slower(parcel)
        self._limits_domains = True

    def room(self, most: int, seconds: float) -> int:
        """How many to claim: what leaves in `seconds` at the present pace."""
        elapsed = self._ticks() - self._since
        pace = self._done / max(elapsed, 0.005)
        if elapsed >= 0.5:
            self._rate, self._done, self._since = pace, 0, self._since + elapsed
            self._limits_domains = self._domains.has_limits
        return int(max(self._least, min(most, max(pace, self._rate) * seconds)))

    def _next(self, lanes: int) -> Parcel | None:
        self._turn = (self._turn + 1) % len(_TURNS)
        first = _TURNS[self._turn]
        if first < lanes and (parcel := self._of(first)):
            return parcel
        for lane in range(lanes):
            if lane != first and (parcel := self._of(lane)):
                return parcel
        return None

    def _of(self, lane: int) -> Parcel | None:
        queue = self._lanes[lane]
        if not self._limits_domains:
            if not queue:
                return None
            parcel: Parcel | None = queue.popleft()
            self._size -= 1
        else:
            before = len(queue)
            parcel = self._domains.pick(queue, lane)
            self._size -= before - len(queue)
        if self.is_low:
            self._low.set()
        return parcel

    def _wait(self, left: float | None, throttle: Throttle | None) -> float | None:
        """How long until the clock alone may change what can be taken."""
        waits = [] if left is None else [left]
        if self._domains.are_waiting:
            waits.append(self._domains.wait(NOT_LONG))
        if throttle is not None and self._size:
            waits.append(throttle.wait(LETTERS_ONLY if self._lanes[0] else ALL_LANES))
        return max(0.001, min(waits)) if waits else None

    async def _changed(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._change.wait()

    def _news(self) -> None:
        self._change.set()
        self._change = asyncio.Event()


def _key(mark: Mark) -> tuple[int, int]:
    return mark.claimed.dispatch, mark.claimed.subscriber
