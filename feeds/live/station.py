"""The streams of one process: a watch on the store, the hub, and the database work done in threads beside the loop.

watch: wake -> steps.read -> hub.tell          one thread waits, one reads
desk:  address -> stream, missed steps, states  one thread, shared answers
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import close_old_connections, connection, connections

from feeds.live import events, steps, streams
from feeds.live.events import Step
from feeds.live.hub import BEATS, Hub
from feeds.live.streams import State, Stream
from feeds.wake import Wake, open_wake
from feeds.workshop import Workshop

log = structlog.stdlib.get_logger(__name__)
LOOK_EVERY = 0.5  # seconds at most between two looks, should nothing wake us
FOUND, MISSED, STATES = 1_000, 16, 64  # answers kept for those who ask the same

T = TypeVar("T")


class Room:
    """One thread for database work, with what it keeps from one job to the next."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.workshop = Workshop()

    async def run(self, job: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, _job, job, *arguments)

    def close(self) -> None:
        self._executor.submit(connections.close_all)
        self._executor.shutdown(wait=False)


class Shared:
    """Answers by what was asked: asked for once, however many wait for it. A failure is not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = asyncio.ensure_future(ask())
            found.add_done_callback(lambda done: self._drop_failed(key, done))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        answer: T = await asyncio.shield(found)
        return answer

    def clear(self) -> None:
        self._kept.clear()

    def _drop_failed(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        if (done.cancelled() or done.exception()) and self._kept.get(key) is done:
            del self._kept[key]


class Station:
    """Made in the event loop that it belongs to, by `open_station`."""

    def __init__(self, position: int, told: int) -> None:
        self.hub = Hub(position, told, settings.LIVE_LISTENERS, settings.LIVE_LISTENERS_PER_ADDRESS)
        self._watch, self._desk = Room("live-watch"), Room("live-desk")
        self._waiting = ThreadPoolExecutor(1, thread_name_prefix="live-wake")
        self._found, self._missed, self._states = Shared(FOUND), Shared(MISSED), Shared(STATES)
        self._wake: Wake | None = None
        self._look = asyncio.Lock()
        self._tasks = [asyncio.ensure_future(self._follow()), asyncio.ensure_future(self._beat())]

    async def find(self, path: str, query: str) -> Stream:
        """Raises streams.NoStream."""
        return await self._found.get((path, query), lambda: self._desk.run(streams.find, path, query))

    async def missed(self, after: int) -> Step | None:
        """What happened since change `after`; None if that cannot be said: a number that was never given out."""
        if after > self.hub.told:
            await self.look()  # another process may have been quicker
        if not 0 < after <= self.hub.told:
            return None
        key = after, self.hub.position
        return await self._missed.get(key, lambda: self._desk.run(steps.read, after, self._desk.workshop))

    async def state(self, stream: Stream) -> tuple[int, int, bytes]:
        """The number of the change up to which the state is told, its event's id, and that event."""
        key = stream, self.hub.position
        return await self._states.get(key, lambda: self._desk.run(self._state, stream))

    async def look(self) -> None:
        """Read what is new, and pass it on."""
        async with self._look:
            step = await self._watch.run(self._read, self.hub.position, self.hub.streams)
            if step.terms:
                self._found.clear()
            self.hub.tell(step)

    def close(self) -> None:
        """All streams end at once. Threads end within half a second."""
        self.hub.close()
        for task in self._tasks:
            task.cancel()
        self._waiting.submit(self._close_wake)
        self._waiting.shutdown(wait=False)
        for room in (self._watch, self._desk):
            room.close()

    def _read(self, after: int, audiences: list[Stream]) -> Step:
        step = steps.read(after, self._watch.workshop)
        for stream in audiences:  # here, and not in the loop, which has others to serve
            step.frames(stream.selection)
        return step

    def _state(self, stream: Stream) -> tuple[int, int, bytes]:
        state: State = streams.state(stream, self._desk.workshop)
        return state.upto, state.told, events.reset(state.told, (shown.item for shown in state.releases))

    async def _follow(self) -> None:
        failing = ""
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._waiting, self._wait)
                await self.look()
                failing = ""
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
                if fault != failing:
                    log.exception("streams cannot be told what is new; trying again")
                failing = fault
                await asyncio.sleep(1.0)

    def _wait(self) -> None:
        if self._wake is None:
            self._wake = open_wake()
        try:
            self._wake.wait(LOOK_EVERY)
        except Exception:
            self._close_wake()
            raise

    def _close_wake(self) -> None:
        if self._wake is not None:
            self._wake.close()
            self._wake = None

    async def _beat(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(1.0)
            turn = (turn + 1) % BEATS
            self.hub.beat(turn)


_station: asyncio.Future[Station] | None = None


async def open_station() -> Station:
    """This loop's station; made when it is first asked for, as most processes never need one."""
    global _station  # noqa: PLW0603 - one a process
    loop = asyncio.get_running_loop()
    if _station is None or _station.get_loop() is not loop or (_station.done() and _broken(_station)):
        _station = asyncio.ensure_future(_make())
    return await asyncio.shield(_station)


def close() -> None:
    """End all streams of this process; called in its loop when it is told to end."""
    if _station is not None and _station.done() and not _broken(_station):
        _station.result().close()


def listeners() -> int:
    """How many streams are open in this process."""
    if _station is None or not _station.done() or _broken(_station):
        return 0
    return _station.result().hub.seated


async def _make() -> Station:
    room = Room("live-start")
    try:
        return Station(*await room.run(steps.start))
    finally:
        room.close()


def _broken(station: asyncio.Future[Station]) -> bool:
    return station.cancelled() or station.exception() is not None


def _job(job: Callable[..., T], *arguments: Any) -> T:
    """In a thread that lives on: a connection that broke is not used again."""
    close_old_connections()
    try:
        return job(*arguments)
    except Exception:
        if not connection.in_atomic_block:
            connection.close()
        raise
