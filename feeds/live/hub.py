"""Who listens, and what each is still to be sent: within one process and one event loop. No database, no sockets.

Listeners of equal streams share what is said to them, byte for byte. Each has a short backlog of its own; one that
cannot keep up is let go, and goes on by itself from the last number it has got.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from feeds.catalogue import SAVED
from feeds.live import events
from feeds.live.events import Frame, Step
from feeds.live.measures import DROPPED, EVENTS
from feeds.live.streams import Stream

BACKLOG = 64  # events that may wait for one listener
BEATS = 15  # seconds between two heartbeats; each second a fifteenth of the listeners gets its own


class Full(Exception):
    """No further listener: `status` is 503 for this process, 429 for this client address."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Listener:
    """One open stream. `position`: what happened up to this change it has got in another way. `given`: the last id it
    has got.
    """

    __slots__ = ("_awake", "_waiting", "ended", "given", "number", "position", "renewed", "stream")

    def __init__(self, stream: Stream, number: int) -> None:
        self.stream, self.number = stream, number
        self.position = self.given = 0
        self.renewed = False  # it is to be told the state, and not what happened
        self.ended = False
        self._waiting: list[Frame] = []
        self._awake = asyncio.Event()

    def put(self, frames: Sequence[Frame]) -> bool:
        """Let them wait to be sent. False if they do not fit."""
        if len(self._waiting) + len(frames) > BACKLOG:
            return False
        self._waiting += frames
        self._awake.set()
        return True

    def renew(self) -> None:
        """Forget what waits: the state will say it all."""
        self._waiting = []
        self.renewed = True
        self._awake.set()

    def end(self) -> None:
        self._waiting = []
        self.ended = True
        self._awake.set()

    async def take(self) -> list[Frame]:
        """What is to be sent, as soon as there is anything; nothing if it has ended or is to be renewed."""
        await self._awake.wait()
        self._awake.clear()
        frames, self._waiting = self._waiting, []
        found = [frame for frame in frames if self._wants(frame)]
        self.given = max([self.given, *(frame[0] for frame in found)])
        return found

    def _wants(self, frame: Frame) -> bool:
        """It has read ahead of us where it came back; a heartbeat of ours must not lead it back again."""
        return frame[0] > self.position if frame[1] else frame[0] >= self.given


class Hub:
    """`position`: what happened up to this change was told; `told`: the last number that was given out."""

    def __init__(self, position: int, told: int, most: int, most_an_address: int) -> None:
        self.position, self.told = position, told
        self.seated = 0
        self.closed = False
        self._most, self._most_an_address = most, most_an_address
        self._addresses: Counter[str] = Counter()
        self._audiences: dict[Stream, set[Listener]] = defaultdict(set)
        self._numbers = count()

    @contextmanager
    def seat(self, address: str) -> Iterator[None]:
        """Room for one listener, taken until its connection is closed. Raises Full."""
        household = _household(address)
        if self.closed or self.seated >= self._most:
            raise Full(503)
        if household and self._addresses[household] >= self._most_an_address:
            raise Full(429)
        self.seated += 1
        self._addresses[household] += 1
        try:
            yield
        finally:
            self.seated -= 1
            self._addresses[household] -= 1
            if not self._addresses[household]:
                del self._addresses[household]

    def join(self, stream: Stream) -> Listener:
        """From now on it is told what happens."""
        listener = Listener(stream, next(self._numbers))
        if self.closed:
            listener.end()
        else:
            self._audiences[stream].add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        audience = self._audiences.get(listener.stream, set())
        audience.discard(listener)
        if not audience:
            self._audiences.pop(listener.stream, None)

    @property
    def streams(self) -> list[Stream]:
        """Each that somebody listens to, once."""
        return list(self._audiences)

    def tell(self, step: Step) -> None:
        """Pass on what happened; a step that does not follow on what was told last is passed over."""
        if step.after != self.position or step.upto == step.after:
            return
        self.position = step.upto
        self.told = max(self.told, step.told, *(one.seq for one in step.happenings or ()))
        self._follow_saved(step)
        for stream, audience in list(self._audiences.items()):
            if step.happenings is None:
                for listener in audience:
                    listener.renew()
            elif frames := step.frames(stream.selection):
                self._put(audience, frames)

    def beat(self, turn: int) -> None:
        """Heartbeats for those whose turn it is; by them a client knows up to where it has missed nothing."""
        frames = ((self.told, "", events.mark(self.told)),)
        for audience in list(self._audiences.values()):
            self._put([one for one in audience if one.number % BEATS == turn % BEATS], frames)

    def close(self) -> None:
        """All streams end, and no other begins."""
        self.closed = True
        for audience in self._audiences.values():
            for listener in audience:
                listener.end()
        self._audiences.clear()

    def _put(self, audience: Sequence[Listener] | set[Listener], frames: Sequence[Frame]) -> None:
        sent = 0
        for listener in list(audience):
            if listener.renewed:
                continue
            if listener.put(frames):
                sent += 1
            else:
                DROPPED.inc()
                self.leave(listener)
                listener.end()
        for _, what, _ in frames:
            if what:
                EVENTS.labels(what).inc(sent)

    def _follow_saved(self, step: Step) -> None:
        """A saved feed selects something else now, or is gone."""
        if step.saved is None:
            return
        for stream in self.streams:
            selection = step.saved.get(stream.path)
            if not stream.path.startswith(f"{SAVED}/") or selection == stream.selection:
                continue
            for listener in self._audiences.pop(stream):
                if selection is None:
                    listener.end()
                else:
                    listener.stream = Stream(stream.path, selection)
                    listener.renew()
                    self._audiences[listener.stream].add(listener)


def _household(address: str) -> str:
    """An IPv6 client has a whole /64 to itself; one that has no address is counted with nobody."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or ipaddress.ip_network((int(found), 64), strict=False))
