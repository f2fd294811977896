"""The canary's message: sent by a worker like any other, known when it comes back, and in nobody's figures."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from config import clock
from feeds.workshop import Workshop
from notifier import channel, jobs, ledger, returns
from notifier.canary import keeping
from notifier.models import NOBODY, Canary, Channel, Delivery, Reply
from notifier.replies import receiving, webhooks
from notifier.replies.meaning import Meaning
from notifier.replies.receiving import Outcome
from notifier.replies.webhooks.protocol import Report
from notifier.sender import Worker
from tests.notifier.canary.kit import EVERY, looked, ways
from tests.notifier.mailing import transactional_db  # noqa: F401 - a fixture
from tests.notifier.relay import Relay, running
from tests.notifier.replies.kit import ADDRESS, raw

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _installation(settings, tmp_path, monkeypatch, transactional_db):  # noqa: F811 - the fixture itself
    ways(settings, tmp_path / "feeds")
    monkeypatch.setattr(jobs, "_workshop", Workshop())
    yield
    keeping.canary.clear()
    Canary.objects.all().delete()


def on_its_way() -> Canary:
    keeping.begin(ledger.instant(), EVERY)
    return looked(clock.now())


def sent(relay: Relay):
    """What the relay was handed, by a worker that counts nothing."""
    assert dict(Worker(2, relay.url).drain()) == {}
    [message] = relay.messages
    return message


def test_a_provider_that_reports_its_message_undelivered_is_heard():
    row = on_its_way()
    path = returns.sender(NOBODY, row.dispatch_id, clock.now().date())
    reports = [Report("ses 1", Meaning(Reply.Kind.HARD, "5.1.1"), path, path)] * 2
    assert webhooks.take(reports, clock.now()) == 1
    row.refresh_from_db()
    assert row.fault == keeping.REPORTED
    assert not Reply.objects.exists(), "it is nobody's"


def test_what_left_by_a_worker_is_known_when_it_comes_back():
    row = on_its_way()
    with running() as relay:
        message = sent(relay)
    path = returns.sender(NOBODY, row.dispatch_id, clock.now().date())
    assert (message.sender, message.to) == (f"FROM:<{path}>", path), "from Herald to Herald"
    said = message_from_bytes(message.raw, policy=policy.default)
    assert said["Subject"] == f"Canary {row.name}"
    assert "one-click" in said["List-Unsubscribe-Post"].lower(), "it has what an alert has"
    assert "/editions/" not in str(said.get_body(("plain",))), "and no page"

    assert looked(clock.now()).handed_at is not None
    assert receiving.receive(message.raw, path, clock.now()) == Outcome.RECORDED
    row.refresh_from_db()
    assert row.begun_at <= row.arrived_at
    assert receiving.receive(message.raw, path, clock.now()) == Outcome.KNOWN
    assert not Reply.objects.exists()


@pytest.mark.parametrize("name", ["hard/postfix.eml", "auto/vacation.eml"])
def test_a_report_about_it_is_no_proof(name):
    row = on_its_way()
    path = returns.sender(NOBODY, row.dispatch_id, clock.now().date())
    assert receiving.receive(raw(name), path, clock.now()) == Outcome.RECORDED
    row.refresh_from_db()
    assert (row.arrived_at, row.fault) == (None, keeping.REPORTED)


def test_one_that_nobody_signed_is_no_proof():
    row = on_its_way()
    forged = f"bounces+{'a' * 55}@{ADDRESS.partition('@')[2]}"
    assert receiving.receive(b"Message-ID: <x@y>\r\n\r\n", forged, clock.now()) == Outcome.STRANGE
    row.refresh_from_db()
    assert (row.arrived_at, row.fault) == (None, "")


def test_it_never_makes_up_for_mail_that_does_not_leave():
    on_its_way()
    with running() as relay:
        sent(relay)
    assert Channel.objects.get(pk=1).last_sent_at is None
    assert Delivery.objects.get().state == Delivery.State.SENT


def test_to_a_mailbox_elsewhere(settings):
    settings.CANARY_ADDRESS, settings.REPLIES_BIND = "canary@example.net", ""
    on_its_way()
    with running() as relay:
        assert sent(relay).to == "canary@example.net"
    assert looked(clock.now()).handed_at is not None


def test_a_relay_that_refuses_it_suppresses_nobody():
    on_its_way()
    with running(Relay(rcpt=lambda _to: "550 5.1.1 no such user")) as relay:
        assert dict(Worker(2, relay.url).drain()) == {}
    assert looked(clock.now()).fault == "it was refused"
    assert not Reply.objects.exists()


def test_while_mail_is_stopped_no_worker_takes_it():
    row = on_its_way()
    channel.stop("command:test", "command", clock.now())
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {}
        assert relay.messages == []
    assert looked(clock.now()).way == Canary.Way.STOPPED
    assert Delivery.objects.get(dispatch_id=row.dispatch_id).state == Delivery.State.CANCELLED
