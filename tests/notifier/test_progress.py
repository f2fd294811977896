"""What a worker's terminal, the admin site and /metrics say while mail is sent."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from rich.console import Console

from config import clock
from config.metrics import render
from notifier import pace, progress, screen
from notifier.dispatches import Board
from notifier.models import Channel, Delivery, Lease
from notifier.pace import Pace, Workers
from notifier.progress import Open, Queue
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    MORNING,
    a_chain,
    a_dispatch,
    a_release,
    a_subscriber,
    subscribers,
    transactional_db,
)

State = Delivery.State


def test_the_last_minute_is_the_last_sixty_seconds():
    told = Pace()
    assert told.last_minute() == 0
    for second in range(0, 200, 2):
        told.sent = 10 * second
        told.look(float(second))
    assert told.last_minute() == 600
    assert told.report()["minute"] == 600
    young = Pace()
    young.look(0.0)
    young.sent = 7
    young.look(2.0)
    assert young.last_minute() == 7


def a_queue():
    """A held dispatch, and one of which 60 are pending, 3 in hand and 2 put off."""
    people = [*subscribers(60), *(a_subscriber(f"x{n}@rare.example") for n in range(5))]
    release = a_release("Border news", ["border"])
    held = a_dispatch(people[:4], [release], held=True, recipients=4)
    going = a_dispatch(people, [release], chain=a_chain("weekly"), recipients=100)
    rows = Delivery.objects.filter(dispatch_id=going.pk)
    rows.filter(subscriber_id__in=[p.pk for p in people[60:63]]).update(state=State.SENDING, owner="a")
    rows.filter(subscriber_id__in=[p.pk for p in people[63:]]).update(
        state=State.DEFERRED, next_try_at=MORNING, reason="451 4.7.1 later"
    )
    return held, going


def a_worker(rate=10.0, **report):
    Lease.objects.create(
        token=f"t{Lease.objects.count()}", host="h", pid=1, started_at=clock.machine(), renewed_at=clock.machine(),
        report={"now": rate, "minute": 600, "errors": [["451 later", 2]], **report},
    )  # fmt: skip


def test_the_pace_is_that_of_the_last_seconds():
    own = Pace()
    for second in range(70):
        own.sent = 10 * second if second < 60 else 600 + 100 * (second - 60)
        own.look(float(second))
    assert own.rate(pace.NOW_SECONDS) == 100
    assert own.rate(pace.MINUTE) == pytest.approx((1500 - 90) / 60)
    for _ in range(3):
        own.failed("451 4.7.1 try\r\nagain")
    assert own.report()["errors"] == [("451 4.7.1 try again", 3)]


def test_of_many_different_errors_the_frequent_ones_are_kept():
    own = Pace()
    for number in range(1000):
        own.failed("again and again")
        own.failed(f"once {number}")
    assert own.report()["errors"][0] == ("again and again", 1000)
    assert len(own._errors) <= pace.ERRORS


@pytest.mark.usefixtures("transactional_db")
def test_the_queue_knows_what_is_ahead_and_when_it_ends():
    held, going = a_queue()
    a_worker()
    a_worker()
    queue = progress.queue()
    assert queue.dispatches == {
        held.pk: Open(2, pending=4, held=True), going.pk: Open(2, pending=60, sending=3, deferred=2, ahead=0),
    }  # fmt: skip
    assert (queue.rate, queue.leaving()) == (20.0, 63)
    assert queue.ends(going.pk, MORNING) == MORNING + timedelta(seconds=3)
    assert queue.ends(held.pk, MORNING) is None
    condition = Board([going], MORNING).condition(going)
    assert condition == "being sent: 35 of 100, 2 put off, until about 06:00 UTC"


@pytest.mark.usefixtures("transactional_db")
def test_a_dispatch_waits_for_those_before_it():
    first = a_dispatch(subscribers(8), [a_release("A", ["border"])], recipients=8)
    second = a_dispatch(
        list(Delivery.objects.none()), [a_release("B", ["border"])], chain=a_chain("weekly"), recipients=0
    )
    Delivery.objects.create(dispatch_id=second.pk, subscriber_id=1, edition_id=1, lane=1)
    second.lane = 1
    second.save()
    a_worker(rate=1.0)
    queue = progress.queue()
    assert [queue.dispatches[d.pk].ahead for d in (second, first)] == [0, 1]
    assert queue.ends(first.pk, MORNING) == MORNING + timedelta(seconds=9)


@pytest.mark.usefixtures("transactional_db")
def test_metrics_name_large_domains_only_and_the_channel_page_all_that_waits(admin_client):
    a_queue()
    a_worker()
    text = render().decode()
    assert 'herald_queue_domains{domain="example.org",state="pending"} 64.0' in text
    assert 'herald_queue_domains{domain="others",state="deferred"} 2.0' in text
    assert "rare.example" not in text
    assert "herald_send_rate 10.0" in text
    assert 'herald_deliveries{lane="digest",state="pending"} 64.0' in text
    assert 'herald_mail_restricted{environment="production"} 0.0' in text
    page = admin_client.get(f"/admin/notifier/channel/{Channel.objects.get().pk}/change/").content.decode()
    for said in (
        "10 messages a second now, 600 in the last minute", "64 digests pending", "2 digests deferred",
        "2 × 451 4.7.1 later", "2 × 451 later", "production: mail leaves to everybody",
    ):  # fmt: skip
        assert said in page


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by how many rows there are")
@pytest.mark.parametrize("statement", [progress._OPEN, progress._ANYTHING])
def test_nothing_is_counted_but_by_the_indexes_of_the_queue(statement):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", {"dispatch": 1, "lane": 2})
        plan = [row[3] for row in cursor.fetchall() if "notifier_delivery" in row[3]]
    assert len(plan) == 3
    for line, index in zip(plan, ("pending", "sending", "deferred"), strict=True):
        assert f"INDEX notifier_delivery_{index}" in line


def drawn(row, queue, own=None, workers=None):
    console = Console(width=100, record=True, file=StringIO())
    console.print(
        screen.panel(row, own or Pace(), workers or Workers(), queue, [("example.org", 5, 1)], MORNING)
    )
    return console.export_text()


def test_the_terminal_says_what_an_operator_asks():
    own = Pace()
    for second in range(10):
        own.sent = 100 * second
        own.look(float(second))
    own.failed("451 4.7.1 try again")
    text = drawn(Channel(), Queue({1: Open(2, 5000, 3, 2)}, 0.0), own)
    for said in (
        "mail leaves to everybody", "900 sent by this worker; 100 a second now",
        "5,003 are to leave, until about 06:00:50 UTC", "deferred", "5,000", "example.org",
        "1 × ", "451 4.7.1 try again",
    ):  # fmt: skip
        assert said in text
    text = drawn(Channel(stopped_at=MORNING, stopped_because="this database is older than …"), Queue())
    assert "stopped: this database is older than …" in text
