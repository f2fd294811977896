"""The thread of a web process that each minute writes down what its `Tally` has counted and lets its `Courtesy` forget.

Several processes add up. One that ends writes the rest; one that is killed loses what it counted since it last wrote.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from django.db import connection

from config import clock
from feeds import readership
from feeds.courtesy import Courtesy
from feeds.frontdesk import COURTESY, TALLY
from feeds.tally import Tally

log = structlog.stdlib.get_logger(__name__)

EVERY = 60.0  # seconds
LAST = 10.0  # seconds a process that ends waits for the rest to be written


class Bookkeeper:
    """`run` until `stop`. What cannot be written is kept, and tried again a minute later."""

    def __init__(self, tally: Tally = TALLY, courtesy: Courtesy = COURTESY, every: float = EVERY) -> None:
        self._tally, self._courtesy, self._every = tally, courtesy, every
        self._ended = threading.Event()
        self._failing = False

    def run(self) -> None:
        while not self._ended.wait(self._every):
            self._courtesy.forget(clock.ticks())
            self.write()
        self.write()

    def stop(self) -> None:
        self._ended.set()

    def write(self) -> None:
        """Add what was counted to the database. A fault that persists is told once, and when it is over."""
        counts = self._tally.take()
        if not counts:
            return
        try:
            readership.add(counts)
        except Exception:  # whatever it was, the next minute must find this thread alive
            self._tally.give_back(counts)
            if not self._failing:
                log.exception("requests for feeds cannot be written down and will be tried again")
            self._failing = True
        else:
            if self._failing:
                log.warning("requests for feeds are written down again")
            self._failing = False
        finally:
            connection.close()  # this thread needs none for the next minute


@asynccontextmanager
async def keeping() -> AsyncIterator[None]:
    """While the block runs, requests are written down; at its end the rest of them."""
    keeper = Bookkeeper()
    thread = threading.Thread(target=keeper.run, name="bookkeeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.stop()
        await asyncio.to_thread(thread.join, LAST)
