"""A worker that is started while its database is away: it waits, where it is to run on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, ProgrammingError

from notifier import ledger, sender
from notifier.sender import Worker
from tests.notifier.mailing import a_dispatch, a_release, states, subscribers, transactional_db  # noqa: F401
from tests.notifier.relay import running
from tests.notifier.test_sender import at_work
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """`tries(error, times)`: taking a lease fails so often; the list grows with each try."""
    monkeypatch.setattr(sender, "AGAIN_SECONDS", 0.01)
    take = ledger.take_lease

    def begin(error: Exception, times: int) -> list[int]:
        made: list[int] = []

        def taking(host: str, pid: int) -> str:
            made.append(pid)
            if len(made) <= times:
                raise error
            return take(host, pid)

        monkeypatch.setattr(ledger, "take_lease", taking)
        return made

    return begin


@pytest.mark.holds("R5")
def test_it_sends_once_the_database_is_there(tries: Callable[..., list[int]]) -> None:
    a_dispatch(subscribers(3), [a_release("Border news", ["border-management"])])
    made = tries(OperationalError("the database is away"), 5)
    with running() as relay, at_work(relay.url):
        until(lambda: states() == {"sent": 3})
    assert (len(made), len(relay.messages)) == (6, 3)


def test_it_ends_when_told_to_though_the_database_never_came(tries: Callable[..., list[int]]) -> None:
    made = tries(OperationalError("the database is away"), 1_000_000)
    with running() as relay, at_work(relay.url):
        until(lambda: len(made) > 2)


def test_what_is_wrong_in_the_database_is_not_waited_for(tries: Callable[..., list[int]]) -> None:
    tries(ProgrammingError("no such table"), 1)
    with running() as relay, pytest.raises(ProgrammingError):
        Worker(1, relay.url).run(threading.Event())


def test_nor_does_a_drain_wait_as_somebody_looks_on(tries: Callable[..., list[int]]) -> None:
    tries(OperationalError("the database is away"), 1)
    with running() as relay, pytest.raises(OperationalError):
        Worker(1, relay.url).drain()
