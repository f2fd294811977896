"""Fetching sources beside all else, in a few threads of the scheduler's process.

A source that is slow holds up neither the others nor the feeds. The threads are daemons: a process that is to end does
not wait for the slowest website, and what was being fetched then is claimed anew when its lease has run out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import connection

from config import clock
from feeds import harvest, pagechecks
from feeds.harvest import claims
from feeds.web.answer import Web

log = structlog.stdlib.get_logger(__name__)

THREADS = 4
PAGES_AT_ONCE = 3
LAST_WAIT = 10.0  # seconds that fetches under way are given when the process is to end


class Fetching:
    """`poke` starts threads where there is something to fetch; each goes on until nothing is due."""

    def __init__(self, web: Callable[[], Web] | None = None) -> None:
        self._web = web or _from_settings
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def poke(self, now: datetime) -> None:
        """Look whether a source is due. One query, if none is."""
        if claims.any_due(now):
            self._start("fetch", self._sources)

    def check_pages(self) -> None:
        """Look after pages of releases upstream, a few at a time, where one is due."""
        if pagechecks.any_due(clock.now()):
            self._start("pages", self._pages)

    def stop(self) -> None:
        """Nothing new begins; what is under way has a moment to end."""
        self._stop.set()
        until = clock.ticks() + LAST_WAIT
        for thread in list(self._running):
            thread.join(max(0.0, until - clock.ticks()))

    def _start(self, name: str, work: Callable[[], None]) -> None:
        """Of page checks there is one thread; sources have the others."""
        with self._lock:
            alike = [thread for thread in self._running if thread.name == name]
            if self._stop.is_set() or len(alike) >= (1 if name == "pages" else THREADS):
                return
            thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            self._running.add(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("fetching failed and will be tried again")
        finally:
            connection.close()
            with self._lock:
                self._running.discard(threading.current_thread())

    def _sources(self) -> None:
        web = self._web()
        while not self._stop.is_set() and harvest.fetch_due(clock.now(), web):
            pass

    def _pages(self) -> None:
        pagechecks.check_due(clock.now(), self._web(), limit=PAGES_AT_ONCE)


def _from_settings() -> Web:
    from feeds.web.client import from_settings  # TLS is loaded where there is something to fetch

    return from_settings()
