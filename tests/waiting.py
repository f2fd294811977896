"""Waiting in tests for what others do: as long as it may take, and on a crowded machine longer, as all there does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

WORK = 0.1  # seconds


def until(
    true: Callable[[], Any], seconds: float = 30.0, what: str = "it did not come to pass", every: float = 0.02
) -> float:
    """Wait until `true()`, asked `every` so many seconds; returns how long it took. Fails after `seconds`; on a crowded
    machine, after longer.
    """
    began = time.monotonic()
    limit = seconds
    while not true():
        if time.monotonic() - began >= limit:
            limit = max(limit, seconds * crowding())
            assert time.monotonic() - began < limit, f"{what}: not within {limit:.1f} s"
        time.sleep(every)
    return time.monotonic() - began


def soon(took: float, seconds: float) -> bool:
    """Whether what took so long took less than `seconds`; on a crowded machine, than longer."""
    return took < seconds or took < seconds * crowding()


def crowding() -> float:
    """How much longer a little work takes than the processor works at it: 1 where there is nothing else to do."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < WORK:
        pass
    return max(1.0, (time.perf_counter() - began) / WORK)
