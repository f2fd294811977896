"""What befalls hosts in the drill across hosts: a thread harms each of them at random, and one harms what all share."""

from __future__ import annotations

import random
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable

from django.db import connection

from tests.notifier.drills.hosts import CONNECTIONS, Host, ip, kind
from tests.notifier.drills.restarts import Server

CUT_OFF = {"data": "from the database", "out": "from SMTP", "front": "from the proxy"}


class Tormentor(threading.Thread, ABC):
    """Until `until`, then all it did is undone. `befell` counts; `bound`: how many messages may come twice for it."""

    def __init__(self, name: str, seed: int, until: float) -> None:
        super().__init__(name=f"tormentor of {name}", daemon=True)
        self._until = until
        self._random = random.Random(f"{seed} {name}")
        self.befell: Counter[str] = Counter()
        self.bound = 0
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            while time.monotonic() < self._until:
                self.once()
        except BaseException as error:
            self.broken = error

    @abstractmethod
    def once(self) -> None:
        """One harm, and what undoes it."""

    def sleep(self, least: float, most: float) -> None:
        time.sleep(min(self._random.uniform(least, most), max(0.0, self._until - time.monotonic())))


class OfHost(Tormentor):
    """Kills, stops and cuts off one host. What a worker's host suffers may double one message a connection."""

    def __init__(self, host: Host, seed: int, until: float) -> None:
        super().__init__(host.namespace.name, seed, until)
        self._host = host

    def once(self) -> None:
        self.sleep(3, 12)
        what = self._random.choice(["kill", "kill", "kill", "stop", *self._host.namespace.networks])
        {"kill": self._kill, "stop": self._stop}.get(what, lambda: self._cut(what))()
        self.bound += CONNECTIONS * self._host.sends
        self._host.keep()

    def _kill(self) -> None:
        service = self._random.choice(self._host.services)
        self._host.kill(service)
        self.befell[f"{kind(service)}s killed"] += 1

    def _stop(self) -> None:
        service = self._random.choice(self._host.services)
        self._host.tell(service, signal.SIGSTOP)
        self.sleep(2, 45)
        self._host.tell(service, signal.SIGCONT)
        self.befell[f"{kind(service)}s stopped"] += 1

    def _cut(self, network: str) -> None:
        self._host.namespace.cut(network)
        self.sleep(2, 45)
        self._host.namespace.join(network)
        self.befell[f"cut off {CUT_OFF[network]}"] += 1


class OfAll(Tormentor):
    """Takes the database or the relay away from all hosts, ends all their sessions, restarts or crashes the server."""

    def __init__(self, tag: str, server: Server, senders: int, seed: int, until: float) -> None:
        super().__init__("all", seed, until)
        self._tag, self._server, self._senders = tag, server, senders

    def once(self) -> None:
        self.sleep(10, 30)
        harm: Callable[[], None] = self._random.choice(
            [self._end_sessions, self._restart, self._crash, self._database_away, self._relay_away]
        )
        harm()

    def _restart(self) -> None:
        self._server.restart("fast")
        self.befell["database restarts"] += 1

    def _crash(self) -> None:
        """What was committed is in the log: nothing may be doubled for it, either."""
        self._server.restart("immediate")
        self.befell["database crashes"] += 1

    def _end_sessions(self) -> None:
        """A mark is tried again until it is written: nothing may be doubled for it."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND client_addr <> '127.0.0.1'"
                )
        finally:
            connection.close()
        self.befell["database sessions ended for all"] += 1

    def _database_away(self) -> None:
        self._away("d")
        self.befell["database away from all"] += 1

    def _relay_away(self) -> None:
        self._away("s")
        self.befell["relay away from all"] += 1

    def _away(self, letter: str) -> None:
        ip("link", "set", f"{self._tag}{letter}", "down")
        try:
            self.sleep(2, 20)
        finally:
            ip("link", "set", f"{self._tag}{letter}", "up")
        self.bound += CONNECTIONS * self._senders
