"""The scheduler process. APScheduler pokes by interval, in UTC; what is due is computed from rows.

Its cron triggers skip and repeat around changes of the clock, so none is used. A watch on the database pokes between
the intervals: a release stored by another process is looked at in a moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from django.db import connection

from config import clock
from feeds.notice import Quiet
from feeds.wake import open_wake
from notifier import engine, jobs

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 5.0  # behind the watch; an idle look costs some 5 ms of the processor
SWEEP_SECONDS = 5.0
BEAT_SECONDS = 10.0  # each wakes whoever watches
PING_SECONDS = 2.0
FETCH_SECONDS = 5.0
PAGES_SECONDS = 30.0
COUNT_SECONDS = 30.0
ARCHIVE_SECONDS = 600.0
REASSURE_SECONDS = 60.0
SUMMARY_SECONDS = 300.0
PROVE_SECONDS = 5.0
WATCH_SECONDS = 1.0
SHORTEST = 0.01
# Jobs never begin at the same instant: one thread does for all of them while each is quick.
APART = timedelta(seconds=0.05)


class Scheduler:
    """`run(stop)` until `stop` is set. Any number of schedulers on any number of hosts do each run once."""

    def __init__(self, look_every: float = LOOK_SECONDS, sweep_every: float = SWEEP_SECONDS) -> None:
        self._quiet = Quiet()
        self._engine = engine.chosen()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._look_every = look_every
        self._looked = clock.ticks()
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._intervals: list[tuple[Callable[[], object], float]] = [
            (self._look_again, look_every),
            (self.sweep, sweep_every),
            (jobs.beat, BEAT_SECONDS),
            (self.ping, PING_SECONDS),
            (self.fetch, FETCH_SECONDS),
            (self._engine.check_pages, PAGES_SECONDS),
            (self.count, COUNT_SECONDS),
            (self.archive, ARCHIVE_SECONDS),
            (self.reassure, REASSURE_SECONDS),
            (self.summarise, SUMMARY_SECONDS),
            (self.prove, PROVE_SECONDS),
        ]

    def run(self, stop: threading.Event) -> None:
        self._stop = stop
        scheduler = self._scheduler
        for number, (job, seconds) in enumerate(self._intervals):
            begin = clock.machine() + timedelta(seconds=seconds) + number * APART
            scheduler.add_job(
                job,
                "interval",
                seconds=seconds,
                start_date=begin,
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
            )
        jobs.replay(clock.now())
        jobs.beat()  # whoever asks whether all is well need not wait for the first sweep
        scheduler.start()
        watch = threading.Thread(target=self._watch, name="watch")
        watch.start()
        stop.wait()
        scheduler.shutdown(wait=True)
        watch.join()
        self._engine.stop()

    def look(self) -> bool:
        """One look, never two at a time in this process. True if a change is waiting for its quiet."""
        with self._one_at_a_time:
            self._looked = clock.ticks()
            return self._engine.look(clock.now(), self._quiet)

    def _look_again(self) -> None:
        """For what falls due by time, where nothing has made us look of late."""
        if clock.ticks() - self._looked > self._look_every / 2:
            self.look()

    def sweep(self) -> None:
        self._engine.sweep(clock.now())

    def ping(self) -> None:
        self._engine.ping(clock.now())

    def count(self) -> None:
        jobs.count(clock.now())

    def archive(self) -> None:
        self._engine.archive(clock.now())

    def reassure(self) -> None:
        jobs.reassure(clock.now())

    def summarise(self) -> None:
        jobs.summarise(clock.now())

    def prove(self) -> None:
        jobs.prove(self._stop.wait)

    def fetch(self) -> None:
        """See to what is due among the sources; who fetches it is somewhere else."""
        self._engine.fetch(clock.now())

    def _pause(self, waiting: bool) -> float:
        """Seconds until there is something to do if nothing happens: a change had its quiet, or an embargo ends."""
        if waiting:
            return max(SHORTEST, self._quiet.left(clock.ticks()))
        return jobs.pause(clock.now(), WATCH_SECONDS)

    def _wind_up(self) -> None:
        """The clock was set back, and APScheduler waits for when its jobs were due: let that be now."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=clock.machine())

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
                if wake.wait(pause := self._pause(waiting)) or waiting or pause < WATCH_SECONDS:
                    waiting = self.look()
                if clock.ticks() - self._looked > 2 * self._look_every:
                    self._wind_up()
            return waiting
        finally:
            wake.close()
