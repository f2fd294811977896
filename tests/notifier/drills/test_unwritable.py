"""A disk that is full, a database that is locked or read-only: nothing untrue is told, and it heals by itself."""

from __future__ import annotations

import math
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notifier import addresses, health
from notifier.models import Delivery, Subscriber
from tests.notifier.drills.kit import (
    LONG,
    Nursery,
    database_url,
    doubled,
    everybody,
    open_ones,
    say,
    until,
)
from tests.notifier.mailing import a_dispatch, a_release, states, subscribers
from tests.notifier.relay import Relay, running

MAILS = 20_000 if LONG else 400
LASTS = 35.0 if LONG else 2.5
CONNECTIONS = 4
QUICK = {} if LONG else {"ledger.RENEW": 0.3, "scheduler.SWEEP_SECONDS": 0.3}
Fault = Callable[[list[int]], AbstractContextManager[None]]

pytestmark = pytest.mark.usefixtures("transactional_db")


@contextmanager
def full(processes: list[int]) -> Iterator[None]:
    """No file grows and none is written any more: SQLite meets what a full disk gives."""
    _limit(processes, 0)
    try:
        yield
    finally:
        _limit(processes, resource.RLIM_INFINITY)


@contextmanager
def locked(_processes: list[int]) -> Iterator[None]:
    """Somebody else writes, and does not end."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()
        return
    import psycopg

    with psycopg.connect(database_url()) as other:
        other.execute("LOCK TABLE notifier_delivery, notifier_lease, notifier_pulse IN EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def read_only(_processes: list[int]) -> Iterator[None]:
    """Every connection but ours is cut, and those that come can only read: a server that became a standby."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        _cut(cursor)
        try:
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            _cut(cursor)


@pytest.mark.holds("R8")
@pytest.mark.parametrize("fault", [full, locked, read_only])
def test_nothing_is_marked_that_was_not_taken_and_it_heals_by_itself(
    nursery: Nursery, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault is (read_only if connection.vendor == "sqlite" else full):
        pytest.skip("of the other database")
    if not LONG:
        monkeypatch.setattr(health, "SILENCE", timedelta(seconds=1.5))
    people = everybody(MAILS)
    a_dispatch(subscribers(MAILS), [a_release("Border news", ["border-management"])])
    with running(Relay(delay=0.02, holds_after=21)) as relay:
        processes = [
            nursery.start("scheduler", constants=QUICK),
            nursery.start(smtp=relay.url, connections=CONNECTIONS, constants=QUICK),
        ]
        until(lambda: len(relay.taken) > 20 and _missed() == 0)
        began = time.monotonic()
        with fault(processes):
            relay.holds_after = math.inf
            until(lambda: _missed() == 2, 30 if LONG else 120, "they are not missed")
            red = time.monotonic() - began
            time.sleep(max(0.0, LASTS - red))
            assert _marked() <= {message.to for message in list(relay.taken)}
            assert open_ones()
        until(lambda: not open_ones(), 60 + MAILS / 50)
        until(lambda: _missed() == 0)
        assert [nursery.end(process) for process in processes] == [0, 0]
    assert states() == {"sent": MAILS}
    twice = doubled(relay.taken, people)
    assert len(twice) <= CONNECTIONS
    if LONG:
        say(f"R8 {fault.__name__}: red after {red:.0f} s, {LASTS:.0f} s long; healed, {len(twice)} doubled")


def _missed() -> int:
    """How many `/readyz` misses: scheduler and worker."""
    now = datetime.now(UTC)
    return sum(health.alive(name, now) is not None for name in ("scheduler", "worker"))


def _marked() -> set[str]:
    """Whom the ledger says it was sent to."""
    sent = Delivery.objects.filter(state=Delivery.State.SENT).values("subscriber_id")
    rows = Subscriber.objects.filter(pk__in=sent).values_list("address", flat=True)
    return {addresses.decrypt(bytes(address)) for address in rows}


def _limit(processes: list[int], size: int) -> None:
    for pid in processes:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _cut(cursor) -> None:  # type: ignore[no-untyped-def]
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
