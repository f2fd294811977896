"""The scheduler process. APScheduler pokes by interval, in UTC; what is due is computed from rows.

Its cron triggers skip and repeat around changes of the clock, so none is used. A watch on the database pokes between
the intervals: a release stored by another process is looked at within 100 ms.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from django.db import connection

from config import clock
from feeds.notice import Quiet
from feeds.wake import open_wake
from notifier import jobs

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SWEEP_SECONDS = 5.0
WATCH_SECONDS = 1.0
SETTLE_SECONDS = 0.05


class Scheduler:
    """`run(stop)` until `stop` is set. Any number of schedulers on any number of hosts do each run once."""

    def __init__(self, look_every: float = LOOK_SECONDS, sweep_every: float = SWEEP_SECONDS) -> None:
        self._quiet = Quiet()
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._intervals: list[tuple[Callable[[], object], float]] = [
            (self.look, look_every),
            (self.sweep, sweep_every),
        ]

    def run(self, stop: threading.Event) -> None:
        self._stop = stop
        scheduler = BackgroundScheduler(timezone="UTC")
        for job, seconds in self._intervals:
            scheduler.add_job(
                job, "interval", seconds=seconds, coalesce=True, misfire_grace_time=None, max_instances=1
            )
        scheduler.start()
        watch = threading.Thread(target=self._watch, name="watch")
        watch.start()
        stop.wait()
        scheduler.shutdown(wait=True)
        watch.join()

    def look(self) -> bool:
        """One look, never two at a time in this process. True if a change is waiting for its quiet."""
        with self._one_at_a_time:
            return jobs.look(clock.now(), self._quiet)

    def sweep(self) -> None:
        jobs.sweep(clock.now())

    def _watch(self) -> None:
        waiting = True  # what was stored while nobody watched
        while not self._stop.is_set():
            try:
                waiting = self._watch_once(waiting)
            except Exception:
                log.exception("watching the database failed; the slow poll goes on")
                connection.close()
                self._stop.wait(WATCH_SECONDS)

    def _watch_once(self, waiting: bool) -> bool:
        wake = open_wake()
        try:
            while not self._stop.is_set():
                if wake.wait(SETTLE_SECONDS if waiting else WATCH_SECONDS) or waiting:
                    waiting = self.look()
            return waiting
        finally:
            wake.close()
