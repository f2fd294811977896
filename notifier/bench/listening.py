"""The listeners of `notifier.bench.live`, a program: opens streams on one server and says when each event came.

    python -m notifier.bench.listening PORT COUNT FIRST SELECTIONS EVENTS

Prints `open` when all streams are. At the end of standard input it waits until every stream has had so many events,
half a minute at most, and prints as JSON, by title, the instants (CLOCK_MONOTONIC, which all processes share) at which
they came, and how many streams had ended by then.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import defaultdict

AT_ONCE = 50  # connections being opened
PATIENCE = 30.0
_TITLE = re.compile(rb'"title":"(Bench [0-9a-f]+)"')

Came = dict[str, list[float]]


class _Stream(asyncio.Protocol):
    def __init__(self, request: bytes, came: Came, ended: list[int]) -> None:
        self._request, self._came, self._ended = request, came, ended
        self._left = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        whole, end, self._left = (self._left + data).rpartition(b"\n\n")
        if end and not self.opened.done():
            self.opened.set_result(None)
        for title in _TITLE.findall(whole):
            self._came[title.decode()].append(at)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended[0] += 1
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the stream ended before it began"))


async def main(port: int, count: int, first: int, selections: int, each: int) -> None:
    came: Came = defaultdict(list)
    ended = [0]
    room = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def open_one(number: int) -> asyncio.BaseTransport:
        path = f"/feeds/selection.events?not-q=word{number % selections}"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
        async with room:
            transport, stream = await loop.create_connection(
                lambda: _Stream(request, came, ended), "127.0.0.1", port
            )
            await stream.opened
            return transport

    transports = await asyncio.gather(*map(open_one, range(first, first + count)))
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    until = time.monotonic() + PATIENCE
    while sum(map(len, came.values())) < count * each and time.monotonic() < until:
        await asyncio.sleep(0.1)
    facts = {"came": came, "ended": ended[0]}
    for transport in transports:
        transport.close()
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
