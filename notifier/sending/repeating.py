"""What a worker does again and again beside its lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

log = structlog.stdlib.get_logger(__name__)
AGAIN_SECONDS = 1.0


async def every(
    seconds: float, work: Callable[[], Awaitable[None]], sooner: asyncio.Event | None = None
) -> None:
    """Do `work` every so many seconds, and whenever `sooner` is set. A failure is logged and soon tried again."""
    sooner = sooner or asyncio.Event()
    pause = seconds
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await sooner.wait()
        sooner.clear()
        pause = seconds
        try:
            await work()
        except Exception:
            log.exception("will be tried again")
            pause = min(seconds, AGAIN_SECONDS)
