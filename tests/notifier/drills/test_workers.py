"""Drills with real worker processes: killed, put to sleep, told to stop, started again."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from django.db import connection

from notifier import addresses
from notifier.models import Delivery, Lease, Subscriber
from notifier.sending.relay import SLOW_START
from tests.notifier.drills.kit import (
    LONG,
    Nursery,
    doubled,
    everybody,
    make_due,
    open_ones,
    put_to_sleep,
    say,
    sweep_the_dead,
    until,
)
from tests.notifier.mailing import a_dispatch, a_release, states, subscribers
from tests.notifier.relay import Relay, running
from tests.notifier.test_dkim import RSA, written

pytestmark = pytest.mark.usefixtures("transactional_db")

CONNECTIONS = 4
SHORT_LEASE = {
    "ledger.LEASE": 3.0, "ledger.RENEW": 0.5, "leasehold.MARGIN_SECONDS": 0.5, "scheduler.SWEEP_SECONDS": 0.3,
}  # fmt: skip


def a_big_dispatch(count: int) -> None:
    a_dispatch(subscribers(count), [a_release("Border news", ["border-management"])])


def marked() -> set[str]:
    """To whom mail was sent, as the ledger has it."""
    ids = Delivery.objects.filter(state=Delivery.State.SENT).values("subscriber_id")
    found = Subscriber.objects.filter(pk__in=ids).values_list("address", flat=True)
    return {addresses.decrypt(bytes(address)) for address in found}


@pytest.mark.holds("R1")
def test_killed_at_random_moments_nothing_is_lost_and_little_doubled(
    nursery: Nursery, tmp_path: Path
) -> None:
    """Signed with RSA, so that it is killed amid signatures as well."""
    key = str(written(tmp_path / "rsa.pem", RSA))
    kills, mails = (200, 10_000) if LONG else (10, 300)
    a_big_dispatch(mails)
    moments = random.Random(20250217)
    worst, left = 0, set[str]()
    with running(Relay(delay=0.01)) as relay:
        for _kill in range(kills):
            worker = nursery.start(smtp=relay.url, connections=CONNECTIONS, dkim=key)
            sent = len(relay.messages)
            more = moments.randrange(0, mails // kills)
            until(lambda goal=sent + more: len(relay.messages) >= goal)  # type: ignore[misc]
            time.sleep(moments.random() * 0.02)
            assert nursery.end(worker, signal.SIGKILL) == -signal.SIGKILL
            until(lambda: relay.open_now == 0)
            unmarked = {message.to for message in relay.taken} - marked()
            # what an earlier one left may not have had its turn again
            assert len(unmarked - left) <= CONNECTIONS
            worst, left = max(worst, len(unmarked - left)), unmarked
            sweep_the_dead(worker)
        worker = nursery.start(smtp=relay.url, connections=CONNECTIONS, dkim=key)
        until(lambda: not open_ones(), 300)
        nursery.end(worker)
    twice = doubled(relay.taken, everybody(mails))
    assert len(twice) <= kills * CONNECTIONS
    assert states() == {"sent": mails}
    if LONG:
        say(f"R1: {kills} kills in {mails} mails: none lost, {len(twice)} doubled, at most {worst} by a kill")


@pytest.mark.holds("R3")
def test_several_workers_and_schedulers_lose_and_double_nothing(nursery: Nursery) -> None:
    """On SQLite all wait for one lock, which nobody gets in turn: there it is shown with fewer."""
    share = 1 if connection.vendor == "postgresql" else 4
    mails = (10_000 if LONG else 1_000) // share
    a_big_dispatch(mails)
    with running() as relay:
        began = time.monotonic()
        workers = [nursery.start(smtp=relay.url, connections=CONNECTIONS) for _ in range(4)]
        schedulers = [nursery.start("scheduler") for _ in range(2)]
        until(lambda: not open_ones(), 300)
        took = time.monotonic() - began
        assert [nursery.end(process) for process in workers + schedulers] == [0] * 6
    assert doubled(relay.messages, everybody(mails)) == []
    assert states() == {"sent": mails}
    if LONG:
        say(f"R3: 4 workers and 2 schedulers sent {mails} mails in {took:.1f} s; none lost, none doubled")


@pytest.mark.holds("R3")
def test_a_worker_that_slept_past_its_lease_writes_nothing_and_begins_nothing(nursery: Nursery) -> None:
    mails = 2_000 if LONG else 150
    a_big_dispatch(mails)
    with running(Relay(delay=0.05)) as slow, running() as quick:
        nursery.start("scheduler", constants=SHORT_LEASE)
        sleeper = nursery.start(smtp=slow.url, connections=CONNECTIONS, constants=SHORT_LEASE)
        until(lambda: len(slow.messages) > 20)
        put_to_sleep(sleeper)
        until(lambda: not Lease.objects.filter(pid=sleeper).exists())
        other = nursery.start(smtp=quick.url, connections=CONNECTIONS, constants=SHORT_LEASE)
        until(lambda: not open_ones())
        ledger, begun = _ledger(), len(slow.messages)
        os.kill(sleeper, signal.SIGCONT)
        until(
            lambda: Lease.objects.filter(pid=sleeper).exists(), what="it did not find out that it had slept"
        )
        assert nursery.end(other) == 0
        assert (_ledger(), len(slow.messages)) == (ledger, begun)
        twice = doubled([*slow.messages, *quick.messages], everybody(mails))
        assert len(twice) <= CONNECTIONS
        a_dispatch(Subscriber.objects.order_by("pk")[:20], [a_release("More news", ["border-management"])])
        until(lambda: not open_ones())
        assert len(slow.messages) == begun + 20
        assert nursery.end(sleeper) == 0
    if LONG:
        say(
            f"R3: slept past its lease among {mails} mails: wrote nothing, began nothing, {len(twice)} doubled"
        )


def _ledger() -> list[tuple[object, ...]]:
    return list(Delivery.objects.order_by("dispatch_id", "subscriber_id").values_list())


@pytest.mark.holds("R4")
def test_sigterm_drains_with_nothing_lost_or_doubled(nursery: Nursery) -> None:
    stops, mails = (50, 5_000) if LONG else (3, 200)
    a_big_dispatch(mails)
    longest = 0.0
    with running(Relay(delay=0.02)) as relay:
        for _stop in range(stops):
            worker = nursery.start(smtp=relay.url, connections=CONNECTIONS)
            sent = len(relay.messages)
            until(lambda goal=sent + 20: len(relay.messages) > goal)  # type: ignore[misc]
            began = time.monotonic()
            assert nursery.end(worker) == 0
            longest = max(longest, time.monotonic() - began)
            assert states() == {"sent": len(relay.taken), "pending": mails - len(relay.taken)}
            assert not Lease.objects.exists()
        assert doubled(relay.messages, [message.to for message in relay.taken]) == []
    assert longest < 30
    if LONG:
        say(f"R4: {stops} times SIGTERM, drained within {longest:.1f} s; none lost, none doubled")


@pytest.mark.holds("R4")
def test_sigterm_does_not_wait_for_a_relay_that_stalls(nursery: Nursery) -> None:
    """It says nothing after the dot: what was written may have arrived, and is told so, to be tried again late."""
    a_big_dispatch(40)
    drain = {} if LONG else {"sender.DRAIN_SECONDS": 0.5}
    with running(Relay(delay=600)) as relay:
        worker = nursery.start(smtp=relay.url, connections=CONNECTIONS, constants=drain)
        until(lambda: len(relay.messages) == SLOW_START)
        began = time.monotonic()
        assert nursery.end(worker) == 0
        took = time.monotonic() - began
        assert took < 30
        assert states() == {"deferred": SLOW_START, "pending": 40 - SLOW_START}
        assert Delivery.objects.filter(after_dot=True).count() == SLOW_START
        assert not Lease.objects.exists()
    with running() as well:
        make_due()
        worker = nursery.start(smtp=well.url, connections=CONNECTIONS)
        until(lambda: not open_ones())
        assert nursery.end(worker) == 0
        assert doubled(well.taken, everybody(40)) == []
    if LONG:
        say(f"R4: SIGTERM while the relay stalled: ended after {took:.1f} s, nothing lost")
