"""Reading an event stream as the standard says (WHATWG HTML, 9.2.6), and a client of it over HTTP."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.waiting import crowding


@dataclass(frozen=True)
class Event:
    id: str
    event: str
    data: str

    @property
    def item(self) -> Any:
        return json.loads(self.data)


class Reader:
    """The interpreter of the standard, fed bit by bit."""

    def __init__(self) -> None:
        self.last_id, self.retry = "", 0
        self._left = b""
        self._fields: dict[str, list[str]] = {}

    def feed(self, data: bytes) -> Iterator[Event]:
        *lines, self._left = (self._left + data).split(b"\n")
        for line in lines:
            yield from self._line(line.decode("utf-8").rstrip("\r"))

    def _line(self, line: str) -> Iterator[Event]:
        if not line:
            fields, self._fields = self._fields, {}
            self.last_id = (fields.get("id") or [self.last_id])[-1]
            if "data" in fields:
                yield Event(self.last_id, fields.get("event", ["message"])[-1], "\n".join(fields["data"]))
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "retry" and value.isdecimal():
            self.retry = int(value)
        elif name in {"id", "event", "data"}:
            self._fields.setdefault(name, []).append(value)


def parse(data: bytes) -> list[Event]:
    return list(Reader().feed(data))


class Client:
    """One stream over a socket of its own. `last_id` is what a browser would send next time."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=20)
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{named}\r\n".encode())
        self._reader = Reader()
        self._raw = b""
        self._waiting: list[Event] = []
        self.ended = False
        while b"\r\n\r\n" not in self._raw:
            self._raw += self._some()
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        if self.status == 200:
            self._chunks()

    @property
    def last_id(self) -> str:
        return self._reader.last_id

    def next(self, seconds: float = 10.0) -> Event:
        """The next event; fails if none comes in so many seconds: on a crowded machine, in more."""
        began, limit = time.monotonic(), seconds
        while not self._waiting:
            assert not self.ended, "the stream has ended"
            if not self._pull(began + limit):
                limit = max(limit, seconds * crowding())
                assert time.monotonic() < began + limit, f"no event within {limit:.1f} s"
        return self._waiting.pop(0)

    def none(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        until = time.monotonic() + seconds
        while not self._waiting and self._pull(until):
            pass
        return not self._waiting

    def opened(self, seconds: float = 10.0) -> Client:
        """Wait until it has an id to resume from."""
        until = time.monotonic() + seconds
        while not self.last_id:
            assert self._pull(until), "it has no id"
        return self

    def close(self) -> None:
        self.line.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pull(self, until: float) -> bool:
        left = until - time.monotonic()
        if left <= 0:
            return False
        self.line.settimeout(left)
        try:
            self._raw += self._some()
        except TimeoutError:
            return False
        self._chunks()
        return True

    def _some(self) -> bytes:
        some = self.line.recv(65536)
        if not some:
            self.ended = True
        return some

    def _chunks(self) -> None:
        while b"\r\n" in self._raw and not self.ended:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self._raw = rest[length + 2 :]
            self.ended = length == 0
            self._waiting += self._reader.feed(rest[:length])
