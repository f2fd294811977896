"""What `/readyz` and `/metrics` say of mail."""

import threading
from datetime import timedelta

import pytest
from django.utils.connection import ConnectionDoesNotExist

from config import metrics
from notifier import channel, health, jobs, ledger, planner, pulse
from notifier.models import Channel, Delivery, Dispatch, Pulse
from notifier.scheduler import Scheduler
from tests.notifier import planning_kit
from tests.notifier.mailing import MORNING, a_dispatch, a_newsroom, a_release, subscribers
from tests.notifier.planning_kit import daily, instant

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
    jobs.beat()
    assert health.alive("scheduler", MORNING) is None


def test_a_sign_of_life_can_be_seen_from_outside(settings, tmp_path):
    settings.HERALD_HOME = tmp_path
    ledger.take_lease("here", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["worker.alive"]
    settings.HERALD_HOME = tmp_path / "vanished"
    ledger.take_lease("here", 2)
    assert health.alive("worker", MORNING) is None, "it could write to the database, which is what counts"


def test_who_cannot_write_to_the_database_gives_no_sign_of_life(settings, tmp_path, monkeypatch):
    settings.HERALD_HOME = tmp_path
    monkeypatch.setattr(Pulse, "objects", Pulse.objects.using("nowhere"))
    with pytest.raises(ConnectionDoesNotExist):
        pulse.beat("worker", ledger.instant())
    assert list(tmp_path.iterdir()) == []


class TestAnAlert:
    """Due a quarter of an hour ago, and somebody has not been offered it."""

    @pytest.fixture(autouse=True)
    def _alert(self):
        self.dispatch = a_dispatch(subscribers(2), [a_release()], lane=Dispatch.Lane.ALERT)

    def test_is_late_by_the_minute(self):
        assert health.alerts(MORNING + timedelta(minutes=15)) is None
        said = health.alerts(MORNING + timedelta(minutes=16))
        assert said == "not everybody has an alert that was due 16 minutes ago"
        assert 'herald_late_seconds{what="alert"}' in metrics.render().decode()

    def test_is_late_while_one_of_many_waits_and_not_for_who_is_put_off(self):
        first, second = Delivery.objects.order_by("subscriber_id")
        Delivery.objects.filter(subscriber_id=first.subscriber_id).update(state=Delivery.State.SENT)
        assert health.alerts(LATER) is not None
        put_off = Delivery.objects.filter(subscriber_id=second.subscriber_id)
        put_off.update(state=Delivery.State.DEFERRED, next_try_at=LATER)
        assert health.alerts(LATER) is None

    @pytest.mark.parametrize("decision", ["held", "cancelled", "stopped"])
    def test_is_not_late_where_a_person_has_decided(self, decision):
        found = Dispatch.objects.filter(pk=self.dispatch.pk)
        if decision == "stopped":
            Channel.objects.update(stopped_at=MORNING)
        else:
            found.update(**({"held": True} if decision == "held" else {"cancelled_at": MORNING}))
        assert health.alerts(LATER) is None


def test_an_alert_that_nobody_plans_is_late_and_one_that_is_planned_is_not():
    planning_kit.person(instant(), now=MORNING)
    planning_kit.release(at=MORNING + timedelta(minutes=1))
    assert health.alerts(MORNING + timedelta(minutes=17)) is not None
    planner.plan(MORNING + timedelta(minutes=2))
    Delivery.objects.update(state=Delivery.State.SENT)
    assert health.alerts(MORNING + timedelta(minutes=17)) is None


def test_a_digest_that_nobody_plans_is_missed_after_two_hours():
    planning_kit.person(daily(), now=MORNING)
    due = planner.due(MORNING + timedelta(days=1, hours=1))[0]
    assert health.runs(due.ends_at + timedelta(hours=2)) is None
    assert health.runs(due.ends_at + timedelta(hours=2, minutes=1)) == (
        "a digest that was due 121 minutes ago is not planned"
    )
    planner.plan(due.ends_at)
    assert health.runs(due.ends_at + timedelta(hours=3)) is None


def test_a_message_of_which_nobody_knows_is_told_of_after_six_hours():
    a_dispatch(subscribers(1), [a_release()])
    Delivery.objects.update(state=Delivery.State.DEFERRED, after_dot=True, next_try_at=LATER)
    assert health.unknown(MORNING + timedelta(hours=6)) is None
    assert "7 hours ago" in str(health.unknown(MORNING + timedelta(hours=7)))
