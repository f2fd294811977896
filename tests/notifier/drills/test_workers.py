"""Drills with real worker processes: killed, told to stop, started again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import connection

from notifier import ledger
from notifier.models import Delivery, Lease
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import Relay, running

pytestmark = pytest.mark.usefixtures("transactional_db")

CONNECTIONS = 4


class Nursery:
    def __init__(self, process):
        self._process = process

    def ask(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()

    def start(self):
        return int(self.ask("start")[1])

    def end(self, pid, sign):
        """The exit code; negative: the signal."""
        os.kill(pid, sign)
        return int(self.ask(f"wait {pid}")[2])


@contextmanager
def nursery(url):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url(), "SMTP_URL": url,
        "SMTP_CONNECTIONS": str(CONNECTIONS),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "tests.notifier.drills.nursery"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process)
        process.stdin.close()


def database_url():
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    return f"postgres://{user}@{values['HOST'] or 'localhost'}:{values['PORT'] or 5432}/{values['NAME']}"


def sweep_the_dead(pid):
    """As the scheduler does when half a minute has passed."""
    Lease.objects.filter(pid=pid).update(renewed_at=datetime(2000, 1, 1, tzinfo=UTC))
    ledger.sweep(datetime.now(UTC))


def until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


@pytest.mark.holds("R1")
def test_killed_in_mid_dispatch_nothing_is_lost_and_little_doubled():
    a_dispatch(subscribers(300), [a_release("Border news", ["border-management"])])
    moments = random.Random(20250217)
    with running(Relay(delay=0.01)) as relay, nursery(relay.url) as workers:
        for _kill in range(5):
            pid = workers.start()
            sent = len(relay.messages)
            until(lambda sent=sent: len(relay.messages) > sent + moments.randrange(5, 40))
            time.sleep(moments.random() * 0.02)
            assert workers.end(pid, signal.SIGKILL) == -signal.SIGKILL
            time.sleep(0.05)
            marked = Delivery.objects.filter(state=Delivery.State.SENT).count()
            assert len({message.to for message in relay.taken}) - marked <= CONNECTIONS
            sweep_the_dead(pid)
        pid = workers.start()
        until(lambda: states() == {"sent": 300})
        assert workers.end(pid, signal.SIGTERM) == 0
    copies = Counter(message.to for message in relay.taken)
    assert set(copies) == {f"person{n}@example.org" for n in range(300)}
    assert sum(copies.values()) - 300 <= 5 * CONNECTIONS
    assert max(copies.values()) <= 2
    bodies = {(message.to, message.raw) for message in relay.messages}
    assert len(bodies) == 300


@pytest.mark.holds("R4")
def test_sigterm_drains_with_nothing_lost_or_doubled():
    a_dispatch(subscribers(200), [a_release("Border news", ["border-management"])])
    with running(Relay(delay=0.02)) as relay, nursery(relay.url) as workers:
        for _stop in range(3):
            pid = workers.start()
            sent = len(relay.messages)
            until(lambda sent=sent: len(relay.messages) > sent + 20)
            began = time.monotonic()
            assert workers.end(pid, signal.SIGTERM) == 0
            assert time.monotonic() - began < 5
            assert states() == {"sent": len(relay.taken), "pending": 200 - len(relay.taken)}
            assert not Lease.objects.exists()
        assert len(relay.taken) == len(relay.messages) == len({m.to for m in relay.messages})
