"""Who does the jobs that a scheduler finds to be due: it itself, or whichever worker is free.

What a host does for itself is no job: it takes notice, keeps the feed files of its own folder, notes what the hub is to
be told of them. All else (a source to fetch, mail to plan, a hub to ping) anybody may do for all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db import connection

from feeds.notice import Quiet
from notifier import jobs
from notifier.fetching import Fetching


class Engine(Protocol):
    """Each may be called at any time and again; none waits for more than a look at the database would take."""

    def look(self, now: datetime, quiet: Quiet) -> bool:
        """Feeds here, and mail by somebody. True if a change is waiting for its quiet."""

    def fetch(self, now: datetime) -> None:
        """See to it that sources which are due are fetched."""

    def check_pages(self) -> None:
        """See to it that pages of releases upstream are looked after."""

    def ping(self, now: datetime) -> None:
        """See to it that the hub is told of what lies in this host's folder."""

    def sweep(self, now: datetime) -> None:
        """Return to others what somebody left who died."""

    def archive(self, now: datetime) -> None:
        """Delete what has been kept for long enough."""

    def stop(self) -> None:
        """Nothing new begins."""


class InProcess:
    """Here, beside the scheduler."""

    def __init__(self) -> None:
        self._fetching = Fetching()
        self._press = ThreadPoolExecutor(1, "press")

    def look(self, now: datetime, quiet: Quiet) -> bool:
        return jobs.look(now, quiet, self._press)

    def fetch(self, now: datetime) -> None:
        jobs.step("sources' turn", self._fetching.poke, now)

    def check_pages(self) -> None:
        jobs.step("pages' turn", self._fetching.check_pages)

    def ping(self, now: datetime) -> None:
        jobs.ping(now)

    def sweep(self, now: datetime) -> None:
        jobs.sweep(now)

    def archive(self, now: datetime) -> None:
        jobs.archive(now)

    def stop(self) -> None:
        self._fetching.stop()
        self._press.submit(connection.close)
        self._press.shutdown()


def chosen() -> Engine:
    """As ENGINE says."""
    if settings.ENGINE == "procrastinate":
        from notifier.distributed import Distributed  # loaded where it is used: it takes a tenth of a second

        return Distributed()
    return InProcess()
