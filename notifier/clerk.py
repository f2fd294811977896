"""The one thread of a worker that writes to the database. Marks that wait together are committed together.

    await clerk.mark(mark) -> True once it is durable, False if the delivery was no longer ours
    await clerk.do(function) -> what it returned or raised

An event loop that waited for the disk would send nothing meanwhile; a second writer would gain nothing on SQLite.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import Error, connection

from notifier import ledger
from notifier.ledger import Mark

log = logging.getLogger(__name__)
T = TypeVar("T")
Job = tuple[Mark | Callable[[], Any] | None, "asyncio.Future[Any] | None"]
PATIENCE = 0.5


class Clerk:
    """Started in the event loop that uses it; `close()` waits until all is written."""

    def __init__(self) -> None:
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
                results = self._write(marks) if marks else []
                results += [self._perform(job, future) for job, future in jobs if callable(job)]
                self._answer(results)
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

    def _write(self, marks: list[tuple[Mark, Any]]) -> list[tuple[Any, Any, Exception | None]]:
        while True:
            try:
                written = ledger.mark_many([mark for mark, _ in marks])
            except (
                Exception
            ) as error:  # whatever it is: a thread that ended would leave all who wait for ever
                log.warning("what was sent cannot be written down yet: %r", error)
                connection.close()
                if self._give_up.wait(PATIENCE):
                    return [(future, False, None) for _, future in marks]
                continue
            return [
                (future, (mark.claimed.dispatch, mark.claimed.subscriber) in written, None)
                for mark, future in marks
            ]

    def _perform(self, work: Any, future: Any) -> tuple[Any, Any, Exception | None]:
        try:
            return future, work(), None
        except Exception as error:
            if isinstance(error, Error):
                connection.close()  # a broken connection heals only by a new one
                time.sleep(0.05)
            return future, None, error

    def _answer(self, results: list[tuple[Any, Any, Exception | None]]) -> None:
        try:
            self._loop.call_soon_threadsafe(_resolve, results)
        except RuntimeError:
            log.debug("the loop has ended; nobody waits for the answer")


def _resolve(results: list[tuple[asyncio.Future[Any], Any, Exception | None]]) -> None:
    for future, value, error in results:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
