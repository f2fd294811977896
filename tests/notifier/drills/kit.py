"""What drills share: processes to start and end, what is asked of the ledger and the relay afterwards, what is said."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.db import Error, connection

from notifier import ledger
from notifier.models import Delivery, Lease
from tests import waiting
from tests.notifier.relay import Message

LONG = bool(os.environ.get("HERALD_DRILL"))
"""Whether the long form is asked for (`make drill`); CI runs the short one."""

State = Delivery.State


class Nursery:
    """Starts workers and schedulers as processes; what still lives at the end of a test is killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._living: set[int] = set()

    def start(self, what: str = "worker", **how: Any) -> int:
        """The pid. `how`: see tests.notifier.drills.nursery.Child."""
        pid = int(self._ask({"start": what, **how})["pid"])
        self._living.add(pid)
        return pid

    def wait(self, pid: int, seconds: float = 120.0) -> int:
        """The exit code; negative: the signal."""
        code = self._ask({"wait": pid, "seconds": seconds})["code"]
        assert code is not None, f"{pid} did not end within {seconds} s"
        self._living.discard(pid)
        return int(code)

    def end(self, pid: int, sign: int = signal.SIGTERM, seconds: float = 120.0) -> int:
        os.kill(pid, sign)
        return self.wait(pid, seconds)

    def clear(self) -> None:
        for pid in list(self._living):
            self.end(pid, signal.SIGKILL)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def a_nursery(url: str) -> Iterator[Nursery]:
    """For the database at `url`, with a home of its own for feeds."""
    with tempfile.TemporaryDirectory(prefix="herald-drill-") as home:
        environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url, "HERALD_HOME": home,
            "ENGINE": "in-process" if url.startswith("sqlite") else "procrastinate",  # each child has its own choice
            "CANARY_EVERY": "off",  # what a relay took is counted
        }  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-m", "tests.notifier.drills.nursery"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"ready": True}
            yield Nursery(process)
            process.stdin.close()


def database_url() -> str:
    """Of the database that the tests use."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    return f"postgres://{user}@{values['HOST'] or 'localhost'}:{values['PORT'] or 5432}/{values['NAME']}"


def sweep_the_dead(pid: int) -> None:
    """As the scheduler does when half a minute has passed."""
    Lease.objects.filter(pid=pid).update(renewed_at=datetime(2000, 1, 1, tzinfo=UTC))
    ledger.sweep(datetime.now(UTC))


def put_to_sleep(pid: int) -> None:
    """SIGSTOP, while it is in no transaction: from within one it would lock others out until it goes on."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.1)
    while _somebody_writes():
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.005)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.1)


def _somebody_writes() -> bool:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%%')"
            )
            return bool(cursor.fetchone()[0])
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=1.0)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def make_due() -> None:
    """As if the time of the next try had come for all that is deferred."""
    Delivery.objects.filter(state=State.DEFERRED).update(next_try_at=datetime.now(UTC))


def open_ones() -> int:
    return Delivery.objects.filter(state__in=(State.PENDING, State.SENDING, State.DEFERRED)).count()


def until(true: Callable[[], Any], seconds: float = 120.0, what: str = "it did not come to pass") -> float:
    return waiting.until(true, seconds, what, every=0.01)


def patiently(do: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What `do()` gives, as any program that uses a store would ask for it: again when the connection is gone."""
    end = time.monotonic() + seconds
    while True:
        try:
            return do()
        except Error:
            assert time.monotonic() < end
            connection.close()
            time.sleep(0.1)


def doubled(messages: Iterable[Message], people: Iterable[str]) -> list[str]:
    """To whom a copy came that was one too many, once for each copy. All came, and always the same bytes."""
    bodies: dict[str, set[bytes]] = {}
    copies: Counter[str] = Counter()
    for message in messages:
        copies[message.to] += 1
        bodies.setdefault(message.to, set()).add(message.raw)
    assert set(people) == set(copies), f"lost: {len(set(people) - set(copies))}"
    assert [to for to, raws in bodies.items() if len(raws) > 1] == [], "another message to the same person"
    return list((copies - Counter(set(copies))).elements())


def everybody(count: int) -> list[str]:
    """Whom `mailing.subscribers(count)` made."""
    return [f"person{n}@example.org" for n in range(count)]


def say(what: str) -> None:
    """What a drill found, for whoever ran it (`-s`)."""
    sys.stderr.write(f"\n{connection.vendor}: {what}\n")
