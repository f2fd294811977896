"""The one thread of a worker that writes to the database. Marks that wait together are committed together.

    await clerk.mark(mark) -> True once it is durable, False if the delivery was no longer ours
    await clerk.do(function) -> what it returned or raised

An event loop that waited for the disk would send nothing meanwhile; a second writer would gain nothing on SQLite.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog
from django.db import Error, connection

from notifier import ledger
from notifier.ledger import Mark

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")
Job = tuple[Mark | Callable[[], Any] | None, "asyncio.Future[Any] | None"]
PATIENCE = 0.5


class Clerk:
    """Started in the event loop that uses it; `close()` waits until all is written."""

    def __init__(self, recorded: Callable[[Mark, bool], None]) -> None:
        """`recorded` is told, in the loop, of each mark, and whether the delivery was still ours."""
        self._recorded = recorded
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._give_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)
        self._thread.start()

    def mark(self, mark: Mark) -> asyncio.Future[bool]:
        """Written in the order of the calls. While the database fails, tried again: what was sent must be marked."""
        future: asyncio.Future[bool] = self._loop.create_future()
        self._jobs.put((mark, future))
        return future

    async def do(self, work: Callable[[], T]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, future))
        return await future

    async def close(self, seconds: float = 3.0) -> None:
        """Write what is left and end. After `seconds` without the database, give it up: the sweep will find it."""
        self._jobs.put((None, None))
        await asyncio.to_thread(self._thread.join, seconds)
        self._give_up.set()
        await asyncio.to_thread(self._thread.join, 2 * PATIENCE)

    def _run(self) -> None:
        try:
            while True:
                jobs = self._waiting()
                marks = [(job, future) for job, future in jobs if isinstance(job, Mark)]
                if marks:
                    self._tell(self._marked, marks, self._write([mark for mark, _ in marks]))
                for job, future in jobs:
                    if callable(job):
                        self._tell(_resolve, future, *self._perform(job))
                if any(job is None for job, _ in jobs):
                    return
        finally:
            connection.close()

    def _waiting(self) -> list[Job]:
        jobs = [self._jobs.get()]
        try:
            while True:
                jobs.append(self._jobs.get_nowait())
        except Empty:
            return jobs

    def _write(self, marks: list[Mark]) -> set[tuple[int, int]]:
        """Which (dispatch, subscriber) of them were still ours."""
        while True:
            try:
                return ledger.mark_many(marks)
            except Exception as error:  # a thread that ended would leave all who wait for ever
                log.warning("what was sent cannot be written down yet", error=repr(error))
                connection.close()
                if self._give_up.wait(PATIENCE):
                    return set()

    def _perform(self, work: Any) -> tuple[Any, Exception | None]:
        try:
            return work(), None
        except Exception as error:
            if isinstance(error, Error):
                connection.close()  # a broken connection heals only by a new one
                time.sleep(0.05)
            return None, error

    def _tell(self, what: Callable[..., None], *given: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *given)
        except RuntimeError:
            log.debug("the loop has ended; nobody waits for the answer")

    def _marked(self, marks: list[tuple[Mark, Any]], written: set[tuple[int, int]]) -> None:
        for mark, future in marks:
            ours = (mark.claimed.dispatch, mark.claimed.subscriber) in written
            self._recorded(mark, ours)
            if not future.done():
                future.set_result(ours)


def _resolve(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
