"""The ledger's partitions on PostgreSQL: made ahead, dropped whole by retention, and claims that look at the newest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from notifier import ledger, partitions, retention, tallies
from notifier.models import Delivery, Dispatch, Lease, Subscriber, Tally
from tests.notifier.mailing import MORNING, a_dispatch, a_newsroom, a_release, subscribers

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
State = Delivery.State


@pytest.fixture(autouse=True)
def _afresh(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("partitions are PostgreSQL's")
    monkeypatch.setattr(partitions, "_floor", partitions._Floor())
    a_newsroom()


def sent(at, count=2, state=State.SENT):
    """A dispatch made at `at`, all of it in `state`."""
    number, people = Dispatch.objects.count(), list(Subscriber.objects.all()[:count]) or subscribers(count)
    dispatch = a_dispatch(people, [a_release(f"Release {number}", ["border"])], recipients=count, made_at=at)
    Delivery.objects.filter(dispatch_id=dispatch.pk).update(state=state, finished_at=at, version=1)
    return dispatch.pk


def place(dispatch):
    """The partition that holds its deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tableoid::regclass::text FROM notifier_delivery WHERE dispatch_id = %s",
            [dispatch],
        )
        return [name for (name,) in cursor.fetchall()]


def test_there_is_always_room_for_another_day_and_the_rest_stays_empty():
    made = partitions.prepare(MORNING)
    assert made == partitions.parts()
    assert partitions.prepare(MORNING) == []
    dispatch = sent(MORNING)
    assert place(dispatch) == [made[0].name]
    assert made[-1].upper - made[-1].lower == partitions.FIRST


def test_what_lay_in_the_rest_becomes_a_partition_as_it_is_and_later_dispatches_get_another():
    old = sent(MORNING)
    before = list(Delivery.objects.order_by("subscriber_id").values())
    assert place(old) == [partitions.REST]
    first, *further = partitions.prepare(MORNING)
    assert (place(old), first.lower, first.upper) == ([first.name], old, old + 1)
    assert list(Delivery.objects.order_by("subscriber_id").values()) == before
    assert place(sent(MORNING)) == [further[0].name]


def test_a_partition_holds_about_a_day_of_dispatches(monkeypatch):
    monkeypatch.setattr(partitions, "LOOK_BACK", 40)
    Dispatch.objects.bulk_create(
        Dispatch(lane=0, made_at=MORNING + n * DAY / 20, state="ready") for n in range(60)
    )
    made = partitions.prepare(MORNING + 3 * DAY)
    assert made
    assert all(18 <= part.upper - part.lower <= 22 for part in made)


def test_retention_drops_a_partition_once_all_in_it_is_old_and_the_sums_stay():
    partitions.prepare(MORNING)
    old = [sent(MORNING), sent(MORNING + DAY / 4)]
    part = partitions.parts()[0]
    _use_up(part)
    recent = sent(MORNING + 10 * DAY)
    assert tallies.archive(MORNING + 35 * DAY) == 0
    assert tallies.archive(MORNING + 36 * DAY) == 4
    assert part not in partitions.parts()
    assert set(Delivery.objects.values_list("dispatch_id", flat=True)) == {recent}
    assert [t.count for t in Tally.objects.filter(dispatch__in=old)] == [2, 2]
    assert not Dispatch.objects.filter(pk__in=old, archived_at=None).exists()
    assert tallies.archive(MORNING + 36 * DAY) == 0


def test_a_partition_with_something_that_is_held_stays_and_what_is_old_in_it_is_deleted_a_day_later():
    partitions.prepare(MORNING)
    held, old = sent(MORNING, state=State.PENDING), sent(MORNING)
    part = partitions.parts()[0]
    _use_up(part)
    sent(MORNING + 30 * DAY)
    assert tallies.archive(MORNING + 35 * DAY + DAY / 2) == 0
    assert tallies.archive(MORNING + 36 * DAY + DAY / 24) == 2
    assert part in partitions.parts()
    assert Delivery.objects.filter(dispatch_id=held).count() == 2
    assert not Delivery.objects.filter(dispatch_id=old).exists()


def test_the_period_on_the_privacy_page_counts_the_day_for_which_a_partition_waits(settings):
    [ours] = [one for one in retention.table() if "notifier.delivery" in one.models]
    assert ours.period == timedelta(days=settings.LEDGER_DAYS + 1)


def test_claims_look_at_the_newest_partitions_alone_and_find_what_is_open_in_an_old_one():
    partitions.prepare(MORNING)
    for _ in range(3):
        sent(MORNING)
        _use_up(partitions.parts()[-1])
        partitions.prepare(MORNING)
    Lease.objects.create(
        token="ours", host="a", pid=1, started_at=ledger.instant(), renewed_at=ledger.instant()
    )
    due = sent(MORNING, state=State.PENDING)
    assert partitions.floor() >= partitions.parts()[-4].lower
    assert [one.dispatch for one in ledger.claim("ours", 9, MORNING)] == [due, due]
    oldest = Delivery.objects.order_by("dispatch_id").first()
    Delivery.objects.filter(dispatch_id=oldest.dispatch_id, subscriber_id=oldest.subscriber_id).update(
        state=0
    )
    assert ledger.claim("ours", 9, MORNING) == []
    partitions._floor.until = 0.0  # a minute later
    assert partitions.floor() <= oldest.dispatch_id
    assert [one.dispatch for one in ledger.claim("ours", 9, MORNING)] == [oldest.dispatch_id]


def test_claims_find_what_is_open_in_the_rest_below_all_partitions():
    partitions.prepare(MORNING)
    late = sent(MORNING, state=State.PENDING)
    for _ in range(3):
        _use_up(partitions.parts()[-1])
        partitions.prepare(MORNING)
    kept = list(Delivery.objects.filter(dispatch_id=late))
    partitions.drop(partitions.parts()[0])
    Delivery.objects.bulk_create(kept)  # as a transaction writes it that was given its number before
    assert place(late) == [partitions.REST]
    Lease.objects.create(
        token="ours", host="a", pid=1, started_at=ledger.instant(), renewed_at=ledger.instant()
    )
    assert [one.dispatch for one in ledger.claim("ours", 9, MORNING)] == [late, late]


@pytest.mark.django_db(transaction=True)
def test_who_reads_the_ledger_is_not_disturbed_and_the_drop_is_left_to_the_next_run(monkeypatch):
    monkeypatch.setattr(partitions, "PATIENCE", "20ms")
    part = partitions.prepare(MORNING)[0]
    other = connection.copy("reading")
    try:
        with transaction.atomic(), other.cursor() as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM notifier_delivery")
            assert not partitions.drop(part)
            _use_up(partitions.parts()[-1])
            assert partitions.prepare(MORNING) == []
    finally:
        other.close()
    assert all(partitions.drop(one) for one in partitions.parts())


def _use_up(part):
    """The next dispatch belongs to the partition after this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('notifier_dispatch', 'id'), %s)", [part.upper - 1]
        )
