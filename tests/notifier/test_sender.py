"""The worker, over a real socket and the real ledger."""

import email
import email.policy
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.db import OperationalError

from config import clock
from notifier import addresses, ledger, post, sender
from notifier.models import Channel, Delivery, Dispatch, Lease, Subscriber, Suppression
from notifier.sender import Worker
from notifier.sending import relay as relays
from tests.notifier import mailing
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_newsroom,
    a_release,
    a_subscriber,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import Relay, running
from tests.waiting import soon, until

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(relays, "FIRST_PAUSE", 0.05)


@contextmanager
def at_work(url, connections=2):
    """A worker in its own thread until the end of the block."""
    stop = threading.Event()
    worker = Worker(connections, url)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def drain(relay, connections=4):
    return dict(Worker(connections, relay.url).drain())


def test_a_dispatch_is_sent_once_to_each():
    a_dispatch(subscribers(40), [a_release("Border news", ["border-management"])])
    with running() as relay:
        assert drain(relay) == {"sent": 40}
        assert drain(relay) == {}
    assert sorted(m.to for m in relay.taken) == sorted(f"person{n}@example.org" for n in range(40))
    assert states() == {"sent": 40}
    assert relay.most_open <= 4
    assert Channel.objects.get().last_sent_at is not None
    assert not Lease.objects.exists()


@pytest.mark.holds("M5")
def test_the_headers_on_the_wire():
    a_newsroom(sender_name="Пресс-служба ОБСЕ «новости и пресс-релизы со всего региона»")
    ada = a_subscriber("ada@example.org")
    title = "OSCE welcomes Spain’s efforts — " + "a comprehensive law and better protection " * 3
    dispatch = a_dispatch([ada], [a_release(title, ["border-management"])])
    with running() as relay:
        drain(relay)
    [message] = relay.messages
    raw = message.raw
    assert raw.replace(b"\r\n", b"").find(b"\r") == raw.replace(b"\r\n", b"").find(b"\n") == -1
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert raw.isascii()
    head = raw.split(b"\r\n\r\n")[0]
    words = [word for word in head.replace(b"\r\n", b" ").split() if word.startswith(b"=?")]
    assert words
    assert max(map(len, words)) <= 75
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?utf-8?" in line)
    lines = head.split(b"\r\n")
    [unsubscribe] = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    assert unsubscribe.startswith(b"List-Unsubscribe: <http://localhost:8000/unsubscribe/")
    assert unsubscribe.endswith(b">")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert {name.lower() for name in parsed} == {
        "from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post",
        "list-help", "list-archive",
        "auto-submitted", "feedback-id", "content-language", "mime-version", "content-type",
    }  # fmt: skip
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert parsed["to"] == "ada@example.org"
    [sender_line] = decode_and_join(raw, "From")
    assert sender_line == "Пресс-служба ОБСЕ «новости и пресс-релизы со всего региона» <news@example.org>"
    assert str(parsed["subject"]).startswith("OSCE welcomes Spain’s efforts — a comprehensive")
    assert parsed["date"].datetime == dispatch.made_at
    assert parsed["auto-submitted"] == "auto-generated"
    assert parsed["content-language"] == "en"
    assert parsed["list-id"] == "<releases.example.org>"
    assert parsed["message-id"].endswith("@example.org>")
    assert "ada" not in head.replace(b"To: ada@example.org", b"").decode()


def decode_and_join(raw, name):
    """By the old parser: the new one puts spaces between the encoded words of a name, against RFC 2047 section 6.2."""
    return [str(make_header(decode_header(value))) for value in email.message_from_bytes(raw).get_all(name)]


def test_a_retry_is_the_same_message_byte_for_byte():
    ada = a_subscriber()
    a_dispatch([ada], [a_release("Border news", ["border-management"])])
    with running(Relay(final=lambda _to: "451 later")) as relay:
        assert drain(relay) == {"deferred": 1}
        row = Delivery.objects.get()
        assert (row.attempt, row.reason, row.after_dot) == (1, "451 later", False)
        assert timedelta(minutes=4) < row.next_try_at - datetime.now(UTC) < timedelta(minutes=7)
        Delivery.objects.update(next_try_at=datetime.now(UTC))
        relay.final = lambda _to: None
        assert drain(relay) == {"sent": 1}
    first, second = relay.messages
    assert first.raw == second.raw


def test_each_refusal_touches_one_person_only():
    a_dispatch(subscribers(9), [a_release("Border news", ["border-management"])])
    say = {
        "person2@example.org": "550 5.1.1 <person2@example.org>: no such user",
        "person5@example.org": "450 busy",
    }
    with running(Relay(rcpt=say.get)) as relay:
        assert drain(relay) == {"sent": 7, "failed": 1, "deferred": 1}
    failed = Delivery.objects.get(state=Delivery.State.FAILED)
    assert failed.reason == "550 5.1.1 <…>: no such user"
    assert failed.finished_at is not None


def test_what_broke_after_the_dot_waits_longer():
    a_dispatch([a_subscriber()], [a_release("Border news", ["border-management"])])
    with running(Relay(silent_after_dot=lambda _to: True)) as relay:
        assert drain(relay) == {"deferred": 1}
    row = Delivery.objects.get()
    assert row.after_dot
    assert row.next_try_at - datetime.now(UTC) > timedelta(minutes=55)


def test_a_relay_that_ends_each_session_after_a_few_messages():
    a_dispatch(subscribers(30), [a_release("Border news", ["border-management"])])
    with running(Relay(hang_up_after=3)) as relay:
        assert drain(relay, 2)["sent"] == 30
    assert len(relay.taken) == 30
    assert relay.connections >= 10
    assert Channel.objects.get().fault == ""


def test_an_address_that_is_none_is_refused_at_send():
    bad = Subscriber.objects.create(
        address=addresses.encrypt('"a\r\nRCPT TO:<x@y.z>"@example.org'), domain="x", created_at=mailing.MORNING,
        state=Subscriber.State.ACTIVE,
    )  # fmt: skip
    a_dispatch([bad, a_subscriber()], [a_release("Border news", ["border-management"])])
    with running() as relay:
        assert drain(relay) == {"sent": 1, "failed": 1}
    assert [m.to for m in relay.messages] == ["ada@example.org"]


def test_who_left_or_is_suppressed_gets_nothing():
    left, suppressed, stays = subscribers(3)
    a_dispatch([left, suppressed, stays], [a_release("Border news", ["border-management"])])
    Subscriber.objects.filter(pk=left.pk).update(state=Subscriber.State.LEFT)
    Suppression.objects.create(address=suppressed.address, reason="550 5.1.1", at=mailing.MORNING)
    with running() as relay:
        assert drain(relay) == {"sent": 1, "cancelled": 1, "suppressed": 1}
    assert [m.to for m in relay.messages] == ["person2@example.org"]


def test_a_suppression_that_has_expired_holds_nobody():
    ada = a_subscriber()
    a_dispatch([ada], [a_release("Border news", ["border-management"])])
    Suppression.objects.create(
        address=ada.address, reason="full", at=mailing.MORNING, expires_at=mailing.MORNING + timedelta(days=1)
    )
    with running() as relay:
        assert drain(relay) == {"sent": 1}


def test_a_letter_reaches_somebody_who_is_not_subscribed_yet():
    ada = a_subscriber(state=Subscriber.State.PENDING)
    post.letter(ada, "confirm", {"choices": ["Border management, every day"]}, mailing.MORNING)
    with running() as relay:
        assert drain(relay) == {"sent": 1}
    assert b"http://localhost:8000/confirm/" in relay.messages[0].raw
    assert b"List-Unsubscribe" not in relay.messages[0].raw


def test_held_and_stopped_mail_waits():
    dispatch = a_dispatch(subscribers(3), [a_release("Border news", ["border-management"])], held=True)
    with running() as relay:
        assert drain(relay) == {}
        Dispatch.objects.filter(pk=dispatch.pk).update(held=False)
        Channel.objects.update(stopped_at=mailing.MORNING)
        assert drain(relay) == {}
        Channel.objects.update(stopped_at=None)
        assert drain(relay) == {"sent": 3}


def test_a_drain_without_a_relay_says_so():
    a_dispatch(subscribers(3), [a_release("Border news", ["border-management"])])
    with running() as relay:
        url = relay.url
    assert set(Worker(2, url).drain()) <= {"pending"}
    assert states() == {"pending": 3}
    assert Delivery.objects.filter(attempt=0).count() == 3
    channel = Channel.objects.get()
    assert channel.fault.startswith("127.0.0.1: ")
    assert channel.fault_since is not None


def test_without_smtp_url_mail_waits():
    a_dispatch(subscribers(3), [a_release("Border news", ["border-management"])])
    assert dict(Worker(2, "").drain()) == {}
    assert states() == {"pending": 3}
    assert "SMTP_URL" in Channel.objects.get().fault


def test_a_relay_that_is_down_at_the_start_and_comes_back():
    with running() as relay:
        port = relay.port
    people = subscribers(5)
    with at_work(f"smtp://127.0.0.1:{port}"):
        until(lambda: Channel.objects.get().fault)
        a_dispatch(people, [a_release("Border news", ["border-management"])])
        with running(port=port) as relay:
            until(lambda: states() == {"sent": 5})
            until(lambda: Channel.objects.get().fault == "")
    assert Delivery.objects.filter(attempt=0).count() == 5
    assert len(relay.messages) == 5


def test_what_becomes_due_is_sent_at_once():
    ada = a_subscriber()
    with running() as relay, at_work(relay.url):
        until(Lease.objects.exists)
        post.letter(ada, "manage", {}, datetime.now(UTC))
        began = time.monotonic()
        until(lambda: relay.taken)
        assert soon(time.monotonic() - began, 1.5)


@pytest.mark.holds("R10")
def test_a_letter_overtakes_the_digests_that_were_claimed_before_it():
    a_dispatch(subscribers(200), [a_release("Border news", ["border-management"])])
    bob = a_subscriber("bob@example.net")
    with running(Relay(delay=0.05)) as relay, at_work(relay.url):
        until(lambda: len(relay.messages) > 10)
        before = len(relay.messages)
        post.letter(bob, "manage", {}, datetime.now(UTC))
        until(lambda: any(m.to == "bob@example.net" for m in relay.messages))
        assert len(relay.messages) - before < 60


@pytest.mark.holds("R4")
def test_a_worker_that_is_told_to_stop_finishes_what_it_began_and_gives_back_the_rest():
    a_dispatch(subscribers(120), [a_release("Border news", ["border-management"])])
    with running(Relay(delay=0.05)) as relay:
        with at_work(relay.url) as worker:
            until(lambda: len(relay.messages) > 5)
        found = states()
        assert set(found) == {"sent", "pending"}
        assert found["sent"] == len(relay.taken) == len(relay.messages) == worker.counts["sent"]
        assert not Delivery.objects.exclude(owner="").filter(state=Delivery.State.PENDING).exists()
        relay.delay = 0.0
        drain(relay)
    assert sorted(m.to for m in relay.taken) == sorted(f"person{n}@example.org" for n in range(120))


def test_stop_ends_the_sending_of_what_was_claimed(monkeypatch):
    monkeypatch.setattr(sender, "LOOK_SECONDS", 0.1)
    a_dispatch(subscribers(120), [a_release("Border news", ["border-management"])])
    with running(Relay(delay=0.05)) as relay, at_work(relay.url):
        until(lambda: len(relay.messages) > 5)
        Channel.objects.update(stopped_at=datetime.now(UTC))
        until(lambda: set(states()) == {"sent", "pending"})
        at_stop = len(relay.messages)
        time.sleep(0.4)
        assert len(relay.messages) == at_stop
        Channel.objects.update(stopped_at=None)
        relay.delay = 0.0
        until(lambda: states() == {"sent": 120})
    assert len(relay.messages) == 120


def test_a_worker_that_slept_past_its_lease_begins_no_body(monkeypatch):
    """As one that was suspended: its clock has gone on, and others have taken what it held."""
    a_dispatch(subscribers(60), [a_release("Border news", ["border-management"])])
    slept = [0.0]
    ticks = clock.ticks
    monkeypatch.setattr(clock, "ticks", lambda: ticks() + slept[0])
    monkeypatch.setattr(ledger, "RENEW", timedelta(seconds=0.5))
    with running(Relay(delay=0.05)) as relay:
        with at_work(relay.url):
            until(lambda: len(relay.messages) > 5)
            Lease.objects.update(renewed_at=datetime.now(UTC) - timedelta(seconds=60))
            ledger.sweep(datetime.now(UTC))
            slept[0] = 60.0
            until(lambda: states() == {"sent": 60})
        assert_each_once_but(relay, 60, doubled=2)


def test_a_worker_whose_lease_was_taken_from_it_notices_by_its_next_mark():
    a_dispatch(subscribers(60), [a_release("Border news", ["border-management"])])
    with running(Relay(delay=0.05)) as relay:
        with at_work(relay.url):
            until(lambda: len(relay.messages) > 5)
            Lease.objects.all().delete()
            ledger.sweep(datetime.now(UTC))
            until(lambda: states() == {"sent": 60})
        assert_each_once_but(relay, 60, doubled=4)


def assert_each_once_but(relay, people, doubled):
    to = [message.to for message in relay.messages]
    assert set(to) == {f"person{n}@example.org" for n in range(people)}
    assert len(to) <= people + doubled
    by_person = {message.to: message.raw for message in relay.messages}
    assert all(by_person[message.to] == message.raw for message in relay.messages)


def test_a_line_that_breaks_ends_the_worker_and_gives_back_what_it_held(monkeypatch):
    """Nobody would mark what it had in hand while the worker's lease lives."""
    a_dispatch(subscribers(60), [a_release("Border news", ["border-management"])])
    record = sender._Shift.record

    def broken(self, mark):
        if mark.state == Delivery.State.SENT and self._counts["sent"] >= 20:
            raise RuntimeError("what nobody foresaw")
        return record(self, mark)

    monkeypatch.setattr(sender._Shift, "record", broken)
    with running() as relay:
        with pytest.raises(RuntimeError, match="nobody foresaw"):
            Worker(3, relay.url).run(threading.Event())
        assert set(states()) == {"sent", "pending"}
        assert not Lease.objects.exists()
        monkeypatch.setattr(sender._Shift, "record", record)
        drain(relay)
        assert_each_once_but(relay, 60, doubled=3)


def test_a_worker_ends_in_time_though_the_database_is_away(monkeypatch):
    monkeypatch.setattr(sender, "END_SECONDS", 0.2)
    monkeypatch.setattr(sender, "DRAIN_SECONDS", 1.0)
    a_dispatch(subscribers(60), [a_release("Border news", ["border-management"])])
    away = threading.Event()
    mark_many = ledger.mark_many

    def marking(marks):
        if away.is_set():
            raise OperationalError("the database is away")
        return mark_many(marks)

    monkeypatch.setattr(ledger, "mark_many", marking)
    with running(Relay(delay=0.02)) as relay:
        with at_work(relay.url):
            until(lambda: len(relay.messages) > 5)
            away.set()
            began = time.monotonic()
        assert soon(time.monotonic() - began, 20)
        away.clear()
        Lease.objects.all().delete()
        ledger.sweep(datetime.now(UTC))
        drain(relay)
        assert_each_once_but(relay, 60, doubled=2)


def test_a_reply_that_the_database_cannot_keep_holds_nobody_up():
    a_dispatch(subscribers(9), [a_release("Border news", ["border-management"])])
    with running(Relay(final=lambda to: "451 lat\0er" if to == "person4@example.org" else None)) as relay:
        assert drain(relay) == {"sent": 8, "deferred": 1}
    assert Delivery.objects.get(state=Delivery.State.DEFERRED).reason == "451 later"
