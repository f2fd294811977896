"""A relay that does everything wrong, and the ledger held against what it took. `make drill` is the long form."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Min

from config import clock
from notifier import addresses
from notifier.models import Channel, Delivery, Subscriber, Suppression
from notifier.sender import Worker
from notifier.sending import relay as breakers
from tests.feeds.web.certificates import of_a_machine
from tests.notifier.faulty import Faulty
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import running
from tests.waiting import until

SIZE = min(int(os.environ.get("HERALD_DRILL_SIZE", "0")), 20_000) or 120
SEEDS = range(1, 11) if SIZE > 1000 else [1]

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    for name, seconds in {
        "FIRST_PAUSE": 0.02,
        "LONGEST_PAUSE": 0.1,
        "PAUSED_FIRST": 0.1,
        "PAUSED_LONGEST": 0.2,
    }.items():
        monkeypatch.setattr(breakers, name, seconds)


def a_digest(people):
    return a_dispatch(people, [a_release("Border news", ["border-management"])])


def send_until_final(relay, options=""):
    """A worker, for which whatever is deferred is due at once."""
    stop = threading.Event()
    thread = threading.Thread(target=Worker(4, f"{relay.url}?{options}").run, args=(stop,))
    thread.start()
    end = time.monotonic() + max(120.0, SIZE)
    try:
        while set(states()) - {"sent", "failed"}:
            assert time.monotonic() < end, states()
            Delivery.objects.filter(state=Delivery.State.DEFERRED).update(next_try_at=datetime.now(UTC))
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def encrypted(relay, tmp_path):
    content, root = of_a_machine("127.0.0.1")
    (tmp_path / "server.pem").write_bytes(content)
    (tmp_path / "ca.pem").write_bytes(root)
    relay.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    relay.tls.load_cert_chain(tmp_path / "server.pem")
    return f"tls=required&ca={tmp_path / 'ca.pem'}"


@pytest.mark.holds("R6")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pipelining", [True, False])
def test_every_row_ends_right_whatever_the_relay_does(tmp_path, seed, pipelining):
    people = subscribers(SIZE)
    refused = frozenset(f"person{n}@example.org" for n in range(0, SIZE, 9))
    relay = Faulty(
        seed=seed, defers={"MAIL": 0.04, "RCPT": 0.08, "DATA": 0.04, ".": 0.05}, leaves=0.02, resets=0.04,
        swallows=0.05, tarpit=0.05, breaks_tls=0.2, refused=refused, extensions=("PIPELINING",) if pipelining else (),
    )  # fmt: skip
    options = encrypted(relay, tmp_path)
    a_digest(people)
    with running(relay):
        send_until_final(relay, options)
    assert len(relay.said) >= 5  # kinds of faults; which ones, is chance
    assert states() == {"sent": SIZE - len(refused), "failed": len(refused)}
    failed = Delivery.objects.filter(state=Delivery.State.FAILED)
    assert set(failed.values_list("reason", flat=True)) == {"550 5.1.1 no such user"}
    assert {f"person{pk}@example.org" for pk in numbers(failed)} == refused
    taken = Counter(message.to for message in relay.taken)
    assert set(taken) == {f"person{n}@example.org" for n in range(SIZE)} - refused
    assert sum(taken.values()) - len(taken) <= relay.said["swallowed"]
    assert len({(message.to, message.raw) for message in relay.messages}) == len(taken)
    suppressed = {
        addresses.decrypt(address) for address in Suppression.objects.values_list("address", flat=True)
    }
    assert suppressed <= refused, "no healthy person"
    assert not Subscriber.objects.exclude(state=Subscriber.State.ACTIVE).exists()


def numbers(deliveries):
    """Which of `subscribers(n)` these are."""
    order = list(Subscriber.objects.order_by("pk").values_list("pk", flat=True))
    return [order.index(pk) for pk in deliveries.values_list("subscriber_id", flat=True)]


@pytest.mark.holds("R6")
def test_a_password_that_is_set_right_later_lets_all_leave():
    a_digest(subscribers(12))
    relay = Faulty(password="right", extensions=("PIPELINING", "AUTH PLAIN"))
    stop = threading.Event()
    with running(relay):
        urls = relay.url.replace("//", "//us:wrong@")
        thread = threading.Thread(target=Worker(4, urls).run, args=(stop,))
        thread.start()
        try:
            until(lambda: "paused" in Channel.objects.get().fault)
            relay.password = "wrong"
            until(lambda: states() == {"sent": 12})
            until(lambda: Channel.objects.get().fault == "")
        finally:
            stop.set()
            thread.join(60)
    assert not Delivery.objects.filter(attempt__gt=0).exists()


@pytest.mark.holds("R7")
def test_greylisting_for_five_minutes_costs_at_most_three_tries(monkeypatch):
    a_digest(subscribers(SIZE))
    ahead = timedelta()
    monkeypatch.setattr(clock, "now", lambda: clock.machine() + ahead)
    relay = Faulty(greylisted_for=300.0, now=lambda: clock.now().timestamp())
    with running(relay):
        while set(states()) != {"sent"}:
            Worker(4, relay.url).drain()
            nearest = Delivery.objects.filter(state=Delivery.State.DEFERRED).aggregate(at=Min("next_try_at"))[
                "at"
            ]
            if nearest:
                ahead = max(ahead, nearest - clock.machine() + timedelta(seconds=40))
            assert ahead < timedelta(hours=1)
    assert max(relay.tries.values()) <= 3
    assert Channel.objects.get().fault == ""
