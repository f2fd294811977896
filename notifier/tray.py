"""What a worker has claimed and not yet begun: the first lane first. For one event loop."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from itertools import count

from notifier.parcels import Parcel


class Tray:
    """`least` is what it should hold at any time; `ticks` a clock in seconds that does not step."""

    def __init__(self, least: int, ticks: Callable[[], float]) -> None:
        self._least = least
        self._ticks = ticks
        self._heap: list[tuple[int, int, Parcel]] = []
        self._order = count()
        self._some = asyncio.Event()
        self._low = asyncio.Event()
        self._low_mark = least
        self._done, self._since, self._rate = 0, ticks(), 0.0
        self.is_closed = False

    def put(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            heapq.heappush(self._heap, (parcel.claimed.lane, next(self._order), parcel))
        self._low_mark = max(self._least, len(self._heap) // 2)
        if self._heap:
            self._some.set()
        if not self.is_low:
            self._low.clear()

    def take(self) -> Parcel | None:
        """The next one, if there is one and the tray is not closed."""
        if self.is_closed or not self._heap:
            return None
        parcel = heapq.heappop(self._heap)[2]
        if self.is_low:
            self._low.set()
        if not self._heap:
            self._some.clear()
        return parcel

    async def next(self, seconds: float | None) -> Parcel | None:
        """The next one as soon as there is one; None after `seconds`, or when the tray is closed."""
        while not self.is_closed:
            parcel = self.take()
            if parcel is not None:
                return parcel
            try:
                async with asyncio.timeout(seconds):
                    await self._some.wait()
            except TimeoutError:
                return None
        return None

    def clear(self) -> list[Parcel]:
        """Take all out, to give them back."""
        parcels = [parcel for _, _, parcel in self._heap]
        self._heap.clear()
        self._some.clear()
        self._low.set()
        return parcels

    def close(self) -> None:
        """Nothing more is taken from it; those who wait are told."""
        self.is_closed = True
        self._some.set()

    @property
    def is_low(self) -> bool:
        return len(self._heap) <= self._low_mark // 2

    async def low(self) -> None:
        await self._low.wait()

    def done(self) -> None:
        """A message has been dealt with; from this the tray knows its pace."""
        self._done += 1

    def room(self, most: int, seconds: float) -> int:
        """How many to claim: what leaves in `seconds` at the present pace."""
        elapsed = self._ticks() - self._since
        pace = self._done / max(elapsed, 0.005)
        if elapsed >= 0.5:
            self._rate, self._done, self._since = pace, 0, self._since + elapsed
        return int(max(self._least, min(most, max(pace, self._rate) * seconds)))
