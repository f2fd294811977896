"""Requests for feeds, answered from their bytes: read by one strict pattern, and put together once for all that ask the
same, word for word, within one turn of the event loop.

What has changed is looked up anew in each turn. All requests of a turn had arrived before it began, so none is told
less than it would have been by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from config import clock
from feeds import answers, serving
from feeds.frontdesk import Given
from feeds.serving import Held

LONGEST = 4_096  # bytes of a request that is read here; an honest reader's has some 400
# A whole request and nothing else (RFC 9112, 3 and 5): a path without a query, and each header in a line of its own.
_PLAIN = re.compile(
    rb"GET (/feeds/[-\w./]+) HTTP/1\.1\r\n((?:[-!#$%&'*+.^`|~\w]+:[ \t]*[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*)\r\n",
    re.ASCII,
)
# What has a body, is to be the last, or asks for another way to speak is left to uvicorn; so is what a proxy says, as
# uvicorn's middleware knows whom to believe.
_NOT_PLAIN = frozenset(
    {
        *(b"content-length", b"transfer-encoding", b"expect", b"connection", b"upgrade"),
        *(b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"),
    }
)


class Head(NamedTuple):
    """A plain GET: its path, and its headers with names in lower case."""

    path: str
    asked: Mapping[bytes, bytes]


@lru_cache(maxsize=2_000)
def plain(piece: bytes) -> Head | None:
    """`piece` as the one request it is; None for anything out of the ordinary. Pure."""
    found = _PLAIN.fullmatch(piece) if len(piece) <= LONGEST else None
    if found is None:
        return None
    headers = []
    for line in found[2].split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        headers.append((name.lower(), value.strip(b" \t")))
    asked = answers.gathered(headers)
    if asked.get(b"connection", b"").lower() == b"keep-alive":
        del asked[b"connection"]
    return Head(found[1].decode("ascii"), asked) if asked.keys().isdisjoint(_NOT_PLAIN) else None


@dataclass(slots=True)
class _Said:
    data: bytes
    given: Given
    again: int = 0


class Repeats:
    """For one event loop."""

    def __init__(self) -> None:
        self._now: datetime | None = None  # of this turn
        self._held: dict[str, Held | None] = {}
        self._said: dict[bytes, _Said] = {}

    def answer(
        self, piece: bytes, client: str, limited: bool, written: Callable[[Given], bytes]
    ) -> bytes | None:
        """The answer to `piece`, which came by itself between two requests; None if it is for the application.
        `limited`: whether `client` is one whose requests may be limited. `written`: an answer in HTTP/1.1.
        """
        said = self._said.get(piece)
        if said is not None and not (limited and said.given.limited):
            said.again += 1
            return said.data
        head = plain(piece)
        return self._answer(head, piece, client, limited, written) if head else None

    def _answer(
        self, head: Head, piece: bytes, client: str, limited: bool, written: Callable[[Given], bytes]
    ) -> bytes | None:
        if self._now is None:
            self._now = clock.now()
            asyncio.get_running_loop().call_soon(self._end)
        if head.path not in self._held:
            self._held[head.path] = serving.held(head.path)
        held = self._held[head.path]
        if held is None:
            return None
        given = serving.at_once(held, head.asked, client, self._now)
        data = written(given)
        if not (limited and given.limited):
            self._said[piece] = _Said(data, given)
        return data

    def _end(self) -> None:
        for said in self._said.values():
            if said.again:
                said.given.tally(said.again)
        self._now = None
        self._held.clear()
        self._said.clear()
