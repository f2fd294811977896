"""What `/readyz` and `/metrics` say of mail."""

import threading
from datetime import timedelta

import pytest

from config import metrics
from notifier import channel, health, ledger, pulse
from notifier.models import Channel, Delivery, Dispatch
from notifier.scheduler import Scheduler
from tests.notifier.mailing import MORNING, a_dispatch, a_newsroom, a_release, subscribers

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _newsroom(db):
    a_newsroom()


def test_a_fault_of_the_relay_is_said_with_its_beginning():
    assert health.relay(MORNING) is None
    channel.fault("relay.example: connection refused", MORNING)
    channel.fault("relay.example: timed out", LATER)
    assert health.relay(LATER) == "relay.example: timed out (since 2025-02-17 06:00 UTC)"
    assert channel.well()
    assert not channel.well()
    assert health.relay(LATER) is None


def test_that_no_relay_is_named_is_wrong_only_once_there_is_mail_for_it():
    channel.fault(channel.NO_RELAY, MORNING)
    assert health.relay(MORNING) is None
    a_dispatch(subscribers(1), [a_release()])
    assert str(health.relay(LATER)).startswith("SMTP_URL is not set: mail waits (since")


def test_each_relay_that_is_out_has_a_measure():
    channel.tell(
        "",
        [
            channel.Standing("a.example", "a.example: timed out", is_paused=False, utf8=None),
            channel.Standing("b.example", "", is_paused=False, utf8=True),
        ],
        MORNING,
    )
    text = metrics.render().decode()
    assert 'herald_relay_out{relay="a.example"} 1.0' in text
    assert 'herald_relay_out{relay="b.example"} 0.0' in text


def test_a_scheduler_tells_of_itself_as_soon_as_it_runs():
    stop = threading.Event()
    stop.set()
    Scheduler().run(stop)
    assert health.alive("scheduler", MORNING) is None


def test_work_that_nobody_does_is_said_after_half_an_hour():
    a_dispatch(subscribers(1), [a_release()])
    assert health.sending(MORNING + timedelta(minutes=29)) is None
    assert health.sending(LATER) == "mail has been due for more than 30 minutes and none was sent"
    channel.sent(MORNING + timedelta(minutes=20))
    assert health.sending(LATER) is None
    assert health.sending(LATER + timedelta(minutes=30)) is not None


def test_a_deferred_delivery_counts_from_its_next_try():
    a_dispatch(subscribers(1), [a_release()])
    Delivery.objects.update(state=Delivery.State.DEFERRED, next_try_at=LATER)
    assert health.sending(LATER + timedelta(minutes=5)) is None
    assert health.sending(LATER + timedelta(minutes=31)) is not None


def test_mail_that_somebody_holds_back_is_nothing_to_report():
    dispatch = a_dispatch(subscribers(1), [a_release()])
    Dispatch.objects.filter(pk=dispatch.pk).update(held=True)
    assert health.sending(LATER) is None
    Dispatch.objects.filter(pk=dispatch.pk).update(held=False)
    Channel.objects.update(stopped_at=MORNING)
    assert health.sending(LATER) is None


def test_deliveries_are_counted_by_state_and_lane():
    a_dispatch(subscribers(3), [a_release()])
    Delivery.objects.filter(subscriber_id=Delivery.objects.first().subscriber_id).update(
        state=Delivery.State.DEFERRED
    )
    text = metrics.render().decode()
    assert 'herald_deliveries{lane="digest",state="pending"} 2.0' in text
    assert 'herald_deliveries{lane="digest",state="deferred"} 1.0' in text
    assert 'herald_deliveries{lane="letter",state="pending"} 0.0' in text
    assert 'herald_subscribers{state="active"} 3.0' in text
    assert "example.org" not in text


def test_who_gave_no_sign_of_life_for_half_a_minute_is_missed():
    assert health.alive("worker", MORNING) == "none has run yet"
    at = ledger.instant()
    ledger.take_lease("here", 1)
    assert health.alive("worker", MORNING) is None
    pulse.beat("worker", at - timedelta(seconds=40))
    assert str(health.alive("worker", MORNING)).startswith("none has written to the database for 4")
    assert health.alive("scheduler", MORNING) == "none has run yet"
    Scheduler().sweep()
    assert health.alive("scheduler", MORNING) is None
