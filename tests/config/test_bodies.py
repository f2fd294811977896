"""How much of a request is read at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from config import bodies


def parts_of(events: Iterable[dict[str, Any]], calls: int) -> list[dict[str, Any]]:
    """What a reader gets, who asks so many times."""
    waiting = iter(events)

    async def receive() -> Any:
        return next(waiting)

    async def read() -> list[Any]:
        bounded = bodies.bounded(receive)
        return [await bounded() for _ in range(calls)]

    return asyncio.run(read())


def chunk(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


END = {"type": "http.disconnect"}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LONGEST", 10)


def test_a_body_that_is_short_enough_passes_as_it_came():
    events = [chunk(b"12345"), chunk(b"67890", more=False), END]
    assert parts_of(events, 3) == events


def test_a_body_that_is_too_long_ends_one_byte_after_what_may_be_read():
    events = [chunk(b"12345678"), chunk(b"90abcdef"), chunk(b"more"), chunk(b"", more=False), END]
    assert parts_of(events, 3) == [chunk(b"12345678"), chunk(b"90a", more=False), END]


def test_nothing_else_is_touched():
    assert parts_of([END], 1) == [END]
    assert parts_of([{"type": "http.request"}], 1) == [chunk(b"", more=False)]
