"""Several relays, their limits and their faults, over real sockets and the real ledger."""

import os
import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client

from config import clock
from config import health as healths
from config.pacing import DomainPace
from notifier import channel, health, post, subscriptions
from notifier import sender as senders
from notifier.models import Channel, Delivery, RelayState, Subscriber
from notifier.sender import Worker
from notifier.sending import parcels
from notifier.sending import pool as pools
from notifier.sending import relay as breakers
from tests.notifier.faulty import Faulty
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    a_subscriber,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import Relay, running
from tests.waiting import until

SIZE = int(os.environ.get("HERALD_DRILL_SIZE", "0"))

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(breakers, "FIRST_PAUSE", 0.05)


@contextmanager
def at_work(urls, connections=2):
    stop = threading.Event()
    worker = Worker(connections, urls)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(40)
        assert not thread.is_alive()


def a_digest(people, **kwargs):
    return a_dispatch(people, [a_release("Border news", ["border-management"])], **kwargs)


def test_mail_is_dealt_among_relays_by_their_weight():
    a_digest(subscribers(240))
    with running(Relay(delay=0.02)) as heavy, running(Relay(delay=0.02)) as light:
        Worker(8, f"{heavy.url}?weight=3 {light.url}").drain()
    assert states() == {"sent": 240}
    assert heavy.most_open <= 6
    assert 0 < len(light.taken) < len(heavy.taken)


def test_with_one_relay_out_mail_leaves_by_the_others():
    with running() as gone:
        out = gone.url
    a_digest(subscribers(30))
    with running() as relay, at_work(f"{out} {relay.url}", 4):
        until(lambda: states() == {"sent": 30})
        until(lambda: RelayState.objects.exclude(fault="").exists())
    assert len(relay.taken) == 30
    assert Channel.objects.get().fault == ""
    assert Delivery.objects.filter(attempt=0).count() == 30
    [faulty] = RelayState.objects.exclude(fault="")
    assert faulty.name in out
    assert not faulty.is_paused
    assert health.relays(datetime.now(UTC)) is None


def test_a_relay_that_comes_back_gets_its_share_again():
    with running() as gone:
        port = gone.port
    a_digest(subscribers(300))
    with running(Relay(delay=0.03)) as relay, at_work(f"smtp://127.0.0.1:{port} {relay.url}", 4):
        until(lambda: len(relay.taken) > 20)
        assert relay.open_now == 4
        with running(Relay(delay=0.03), port) as back:
            until(lambda: len(back.taken) > 20)
            until(lambda: (back.open_now, relay.open_now) == (2, 2) or states() == {"sent": 300})
            until(lambda: states() == {"sent": 300})
    assert len(relay.taken) + len(back.taken) == 300


def test_a_reserve_is_used_only_while_no_other_can_be():
    a_digest(subscribers(20))
    with running() as main, running() as reserve:
        Worker(4, f"{main.url} {reserve.url}?weight=0").drain()
        assert (len(main.taken), len(reserve.taken)) == (20, 0)
        main_url = main.url
        a_digest(subscribers_again(), made_at=datetime.now(UTC))
    with running() as reserve:
        Worker(4, f"{main_url} {reserve.url}?weight=0").drain()
        assert len(reserve.taken) == 20
    assert states() == {"sent": 40}


def test_what_a_killed_worker_said_of_a_relay_is_taken_back_by_one_that_lives(monkeypatch):
    monkeypatch.setattr(pools, "ASK_SECONDS", 0.2)
    a_digest(subscribers(3))
    with running() as relay, at_work(relay.url):
        until(lambda: states() == {"sent": 3})
        name = RelayState.objects.get().name
        channel.tell(f"{name}: timed out", [channel.Standing(name, "timed out", False, None)], clock.now())
        until(lambda: not Channel.objects.get().fault and not channel.faulty())


def test_a_database_that_cannot_be_asked_for_a_while_costs_no_attempt(monkeypatch):
    asked, look = [], parcels.Sorting.look

    def faltering(*args):
        asked.append(1)
        if len(asked) in range(2, 5):
            raise OperationalError("database is locked")
        look(*args)

    monkeypatch.setattr(senders, "STALE_SECONDS", 0.01)
    monkeypatch.setattr(senders, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(parcels.Sorting, "look", faltering)
    a_digest(subscribers(20))
    with running(Relay(delay=0.01)) as relay:
        Worker(2, relay.url).drain()
    assert len(asked) > 5
    assert states() == {"sent": 20}
    assert Delivery.objects.filter(attempt=0).count() == 20


def subscribers_again():
    return list(Subscriber.objects.all())


@pytest.mark.holds("R6")
def test_a_wrong_password_pauses_the_relay_after_three_tries_and_is_said(admin_user):
    people = subscribers(5)
    wrong = Faulty(extensions=("PIPELINING", "AUTH PLAIN LOGIN"), password="right")
    with running(wrong) as relay, at_work(relay.url.replace("//", "//us:wrong@")):
        a_digest(people)
        until(lambda: RelayState.objects.filter(is_paused=True).exists())
        time.sleep(0.5)
        assert len(wrong.sign_ins) == 3
        told = Channel.objects.get().fault
        assert re.search(r"did not let us sign in: 535 .*paused after 3 tries", told)
        assert "wrong" not in told.replace("paused", "")
        assert any(problem.startswith(f"mail: {told}") for problem in healths.problems(datetime.now(UTC)))
        page = Client()
        page.force_login(admin_user)
        assert "paused: it refuses us" in page.get("/admin/notifier/relaystate/").content.decode()
        until(lambda: states() == {"pending": 5})
    assert Delivery.objects.filter(attempt=0).count() == 5
    assert not wrong.messages


@pytest.mark.holds("R6")
def test_a_relay_that_refuses_us_is_said_although_mail_leaves_by_another():
    wrong = Faulty(mail="553 5.7.1 you are not who you say")
    a_digest(subscribers(40))
    with running(wrong) as bad, running(Relay(delay=0.01)) as good, at_work(f"{bad.url} {good.url}", 4):
        until(lambda: states() == {"sent": 40})
        for _ in range(3):
            a_digest(subscribers_again(), made_at=datetime.now(UTC))
        until(lambda: RelayState.objects.filter(is_paused=True).exists())
        assert "the relay refuses MAIL: 553" in health.relays(datetime.now(UTC))
        assert Channel.objects.get().fault == ""
    assert not Delivery.objects.filter(state=Delivery.State.FAILED).exists()


@pytest.mark.holds("R6")
def test_a_relay_that_refuses_everybody_by_policy_is_paused_before_many_are_put_off():
    a_digest([a_subscriber(f"ada@domain{n}.example") for n in range(40)])
    with running(Relay(rcpt=lambda _to: "554 5.7.1 relay access denied")) as relay, at_work(relay.url, 1):
        until(lambda: RelayState.objects.filter(is_paused=True).exists())
    found = states()
    assert set(found) == {"deferred", "pending"}
    assert found["deferred"] <= 12


def test_no_more_messages_on_a_connection_than_it_takes():
    a_digest(subscribers(20))
    with running() as relay:
        Worker(2, f"{relay.url}?per_connection=3").drain()
    assert states() == {"sent": 20}
    assert relay.connections >= 7


def test_a_connections_limit_of_the_relay_is_kept():
    a_digest(subscribers(40))
    with running(Relay(delay=0.01)) as relay:
        Worker(8, f"{relay.url}?connections=3").drain()
    assert relay.most_open <= 3
    assert states() == {"sent": 40}


def test_a_limit_a_minute_is_kept():
    a_digest(subscribers(60))
    with running() as relay, at_work(f"{relay.url}?per_minute=240", 4):
        until(lambda: len(relay.messages) >= 12)
        began = relay.messages[0].began
        until(lambda: len(relay.messages) >= 20)
    assert relay.messages[19].began - began > 1.5
    assert states().keys() == {"sent", "pending"}


@pytest.mark.holds("R10")
def test_a_letter_leaves_although_digests_have_used_up_what_may_leave_in_a_minute():
    a_digest(subscribers(60))
    bob = a_subscriber("bob@example.net")
    with running() as relay, at_work(f"{relay.url}?per_minute=20", 4):
        until(lambda: relay.messages)
        time.sleep(0.5)
        post.letter(bob, "manage", {}, datetime.now(UTC))
        until(lambda: any(m.to == "bob@example.net" for m in relay.messages), 10.0)
        assert len(relay.messages) < 10


@pytest.mark.holds("R10")
def test_a_letter_leaves_although_each_line_is_in_the_middle_of_a_digest():
    a_digest(subscribers(60))
    bob = a_subscriber("bob@example.net")

    slow = Faulty(slow=lambda to: 0.0 if to == "bob@example.net" else 4.0)
    with running(slow) as relay, at_work(relay.url, 2):
        until(lambda: len(relay.messages) == 2)
        post.letter(bob, "manage", {}, datetime.now(UTC))
        until(lambda: any(m.to == "bob@example.net" and m.reply for m in relay.messages), 10.0)
        assert not any(m.reply for m in relay.messages if m.to != "bob@example.net")
        slow.slow = lambda _to: 0.0
    assert relay.most_open == 3


@pytest.mark.holds("R10")
@pytest.mark.skipif(not SIZE, reason="takes minutes: HERALD_DRILL_SIZE=100000")
@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_a_confirmation_leaves_at_once_while_a_hundred_thousand_digests_wait(delay):
    a_digest(subscribers(SIZE))
    relay = Faulty(delay=delay)
    with running(relay), at_work(relay.url, 8):
        until(lambda: len(relay.messages) > 50)
        for n in range(10):
            person = a_subscriber(f"new{n}@example.net", state=Subscriber.State.PENDING)
            began = time.monotonic()
            post.letter(person, "confirm", {"choices": ["Everything"]}, datetime.now(UTC))
            until(lambda n=n: any(m.to == f"new{n}@example.net" for m in relay.messages[-2000:]), 10.0)
            assert time.monotonic() - began < 10


def test_an_address_in_another_script_is_taken_where_the_relays_take_it():
    refused = Client().post("/subscribe", {"email": "ада@example.org"})
    assert refused.status_code == 422
    assert "We cannot send mail to addresses with letters such as" in refused.content.decode()
    with running(Relay()) as relay, at_work(relay.url):
        until(channel.takes_utf8)
    assert subscriptions.reachable("ада@example.org") == "ада@example.org"
    person = a_subscriber("ада@example.org")
    a_digest([person])
    with running(Faulty(extensions=("PIPELINING", "SMTPUTF8"))) as relay:
        assert dict(Worker(1, relay.url).drain()) == {"sent": 1}
    [message] = relay.messages
    assert "To: ада@example.org\r\n".encode() in message.raw
    a_digest([person], made_at=datetime.now(UTC))
    with running(Faulty()) as relay:
        assert dict(Worker(1, relay.url).drain()) == {"failed": 1}
    assert "SMTPUTF8" in Delivery.objects.get(state=Delivery.State.FAILED).reason


def test_a_message_larger_than_the_relay_takes_fails_with_that_reason():
    a_digest(subscribers(2))
    with running(Faulty(extensions=("PIPELINING", "SIZE 4000"))) as relay:
        assert dict(Worker(1, relay.url).drain()) == {"failed": 2}
    assert not relay.messages
    assert "the relay takes 4000 at most" in Delivery.objects.first().reason


def test_limits_of_domains_are_kept_and_others_pass(settings):
    settings.DOMAIN_LIMITS = {"slow.example": DomainPace(per_minute=60, at_once=1)}
    quick = subscribers(20)
    a_digest([*(a_subscriber(f"person{n}@slow.example") for n in range(30)), *quick])
    with running(Relay(delay=0.01)) as relay, at_work(relay.url, 4):
        until(lambda: sum(m.to.endswith("@example.org") for m in relay.taken) == 20)
        assert sum(m.to.endswith("@slow.example") for m in relay.messages) < 15
    found = states()
    assert found["sent"] >= 20
    waiting = Delivery.objects.filter(state=Delivery.State.DEFERRED)
    assert waiting
    assert not waiting.exclude(attempt=0).exists()
    assert waiting.first().reason == "slow.example takes only so much mail at a time: it waits for its turn"
