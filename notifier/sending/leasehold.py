"""The lease of a worker, as the worker itself sees it."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

import structlog

from config import clock
from notifier import ledger
from notifier.sending.clerk import Clerk

log = structlog.stdlib.get_logger(__name__)
MARGIN_SECONDS = 3.0  # no body is begun so shortly before the lease ends


class Leasehold:
    """Judged by a clock that counts suspension: a worker that slept past its lease knows it before its next body."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._until = 0.0
        self.owner = ""
        self.doubtful = asyncio.Event()

    async def take(self) -> None:
        at = clock.ticks()
        self.owner = await self._clerk.do(partial(ledger.take_lease, socket.gethostname(), os.getpid()))
        self._until = at + ledger.LEASE.total_seconds()

    async def renew(self) -> bool:
        """False if it was lost; then there is a new one, and what the old one held is with others."""
        at = clock.ticks()
        if await self._clerk.do(partial(ledger.renew, self.owner)):
            self._until = at + ledger.LEASE.total_seconds()
            return True
        log.warning("the lease was lost; what it held is with others now")
        await self.take()
        return False

    async def end(self) -> None:
        await self._clerk.do(partial(ledger.end_lease, self.owner))

    def holds(self, owner: str) -> bool:
        """Whether what `owner` claimed is ours, and will be for the time it takes to begin a body."""
        return owner == self.owner and clock.ticks() < self._until - MARGIN_SECONDS

    def doubt(self, owner: str) -> None:
        """Something of ours was with somebody else: nothing is begun until the lease has been looked at."""
        if owner == self.owner and self._until:
            self._until = 0.0
            self.doubtful.set()
