"""Who is connected to a listener of ours: counted, so that one that ends can wait for them. Needs no settings."""

from __future__ import annotations

import asyncio
import time

from aiosmtpd.smtp import SMTP


class Sessions:
    """How many clients are connected."""

    def __init__(self) -> None:
        self.count = 0

    async def gone(self, seconds: float) -> None:
        """Return when nobody is connected, after `seconds` at the latest."""
        until = time.monotonic() + seconds
        while self.count and time.monotonic() < until:
            await asyncio.sleep(0.1)


class Counted(SMTP):
    """A session that is counted while it is open."""

    sessions: Sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.sessions.count += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.sessions.count -= 1
        super().connection_lost(error)
