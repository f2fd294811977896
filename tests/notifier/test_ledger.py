"""The ledger: claims in order, marks fenced by owner and attempt, leases and the sweep."""

from datetime import UTC, datetime, timedelta

import pytest

from notifier import ledger
from notifier.ledger import Mark
from notifier.models import Channel, Delivery, Dispatch, Edition, Lease

NOON = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
LATE = timedelta(seconds=31)

pytestmark = pytest.mark.django_db


def a_dispatch(people, lane=Dispatch.Lane.DIGEST, **kwargs):
    kwargs.setdefault("state", Dispatch.State.READY)
    dispatch = Dispatch.objects.create(lane=lane, made_at=NOON, **kwargs)
    edition = Edition.objects.create(
        dispatch=dispatch, layout="digest", language="en", digest="x", content=[]
    )
    Delivery.objects.bulk_create(
        Delivery(dispatch_id=dispatch.pk, subscriber_id=n, edition_id=edition.pk, lane=lane) for n in people
    )
    return dispatch


def a_worker():
    return ledger.take_lease("here", 1)


def states():
    return dict(Delivery.objects.order_by("subscriber_id").values_list("subscriber_id", "state"))


def sent(claimed):
    return Mark(claimed, Delivery.State.SENT, NOON)


def fall_silent(owner):
    Lease.objects.filter(pk=owner).update(renewed_at=datetime.now(UTC) - LATE)


def test_letters_go_before_alerts_and_alerts_before_digests():
    a_dispatch([1, 2], Dispatch.Lane.DIGEST)
    a_dispatch([3], Dispatch.Lane.ALERT)
    a_dispatch([4], Dispatch.Lane.LETTER)
    claimed = ledger.claim(a_worker(), 3, NOON)
    assert [c.subscriber for c in claimed] == [4, 3, 1]
    assert states() == {1: 1, 2: 0, 3: 1, 4: 1}


def test_a_claim_can_be_for_some_lanes_only():
    a_dispatch([1], Dispatch.Lane.DIGEST)
    assert ledger.claim(a_worker(), 9, NOON, lanes=[Dispatch.Lane.LETTER]) == []


def test_what_is_claimed_is_not_claimed_again():
    a_dispatch([1, 2, 3])
    first, second = a_worker(), a_worker()
    assert [c.subscriber for c in ledger.claim(first, 2, NOON)] == [1, 2]
    assert [c.subscriber for c in ledger.claim(second, 2, NOON)] == [3]
    assert ledger.claim(first, 2, NOON) == []


def test_a_dispatch_that_is_filled_or_held_waits():
    a_dispatch([1], state=Dispatch.State.FILLING)
    a_dispatch([2], held=True)
    a_dispatch([3])
    assert [c.subscriber for c in ledger.claim(a_worker(), 9, NOON)] == [3]


def test_nothing_is_claimed_while_the_channel_is_stopped():
    a_dispatch([1])
    Channel.objects.update_or_create(pk=1, defaults={"stopped_at": NOON})
    assert ledger.claim(a_worker(), 9, NOON) == []
    assert ledger.waiting(NOON)


def test_nothing_is_claimed_without_a_lease():
    a_dispatch([1])
    assert ledger.claim("nobody", 9, NOON) == []


def test_deferred_waits_until_it_is_due_and_then_comes_first_in_its_lane():
    a_dispatch([1, 2])
    worker = a_worker()
    [claimed] = ledger.claim(worker, 1, NOON)
    again = NOON + timedelta(minutes=5)
    ledger.mark_many([Mark(claimed, Delivery.State.DEFERRED, NOON, "later", next_try_at=again, counts=True)])
    assert [c.subscriber for c in ledger.claim(worker, 1, NOON)] == [2]
    assert ledger.claim(worker, 1, NOON) == []
    assert not ledger.waiting(NOON)
    [second] = ledger.claim(worker, 1, again)
    assert (second.subscriber, second.attempt) == (1, 1)


def test_marks_say_what_became_of_each():
    a_dispatch([1, 2, 3, 4])
    worker = a_worker()
    one, two, three, four = ledger.claim(worker, 9, NOON)
    written = ledger.mark_many(
        [
            sent(one),
            sent(two),
            Mark(three, Delivery.State.FAILED, NOON, "550 no such user"),
            Mark(four, Delivery.State.PENDING, NOON),
        ]
    )
    assert written == {(one.dispatch, n) for n in (1, 2, 3, 4)}
    assert states() == {1: 3, 2: 3, 3: 4, 4: 0}
    row = Delivery.objects.get(pk=(one.dispatch, 3))
    assert (row.reason, row.finished_at, row.owner) == ("550 no such user", NOON, worker)
    assert Delivery.objects.get(pk=(one.dispatch, 4)).owner == ""


def test_a_mark_of_what_is_no_longer_ours_writes_nothing():
    a_dispatch([1])
    first, second = a_worker(), a_worker()
    [claimed] = ledger.claim(first, 1, NOON)
    fall_silent(first)
    assert ledger.sweep(NOON) == 1
    [again] = ledger.claim(second, 1, NOON)
    assert again.attempt == claimed.attempt + 1
    assert ledger.mark_many([sent(claimed)]) == set()
    assert states() == {1: 1}
    assert ledger.mark_many([sent(again)]) == {(again.dispatch, 1)}
    assert ledger.mark_many([sent(again)]) == set()


def test_marks_of_several_dispatches_and_attempts_are_written_together():
    first, second = a_dispatch([1, 2, 3]), a_dispatch([1, 2])
    Delivery.objects.filter(dispatch_id=second.pk, subscriber_id=2).update(attempt=4)
    claimed = ledger.claim(a_worker(), 9, NOON)
    lost = claimed.pop(0)
    Delivery.objects.filter(dispatch_id=first.pk, subscriber_id=lost.subscriber).update(owner="somebody")
    later = Mark(claimed.pop(0), Delivery.State.DEFERRED, NOON, "later", next_try_at=NOON, counts=True)
    written = ledger.mark_many([sent(lost), later, *map(sent, claimed)])
    assert written == {(first.pk, 2), (first.pk, 3), (second.pk, 1), (second.pk, 2)}
    rows = Delivery.objects.order_by("dispatch_id", "subscriber_id")
    assert list(rows.values_list("state", "attempt")) == [(1, 0), (2, 1), (3, 0), (3, 0), (3, 4)]


def test_the_sweep_leaves_the_living_alone():
    a_dispatch([1, 2])
    living, dead = a_worker(), a_worker()
    ledger.claim(living, 1, NOON)
    ledger.claim(dead, 1, NOON)
    fall_silent(dead)
    assert ledger.sweep(NOON) == 1
    assert ledger.sweep(NOON) == 0
    assert states() == {1: 1, 2: 0}
    assert ledger.renew(living)
    assert not ledger.renew(dead)


def test_a_moved_clock_expires_no_lease():
    a_dispatch([1])
    ledger.claim(a_worker(), 1, NOON)
    assert ledger.sweep(NOON + timedelta(days=1000)) == 0


def test_the_sweep_finds_what_an_owner_without_a_lease_holds():
    a_dispatch([1])
    worker = a_worker()
    ledger.claim(worker, 1, NOON)
    Lease.objects.all().delete()
    assert ledger.sweep(NOON) == 1
    assert states() == {1: 0}


def test_what_is_given_back_counts_as_no_attempt():
    a_dispatch([1, 2])
    worker = a_worker()
    one, _ = ledger.claim(worker, 9, NOON)
    ledger.mark_many([sent(one)])
    assert ledger.end_lease(worker) == 1
    assert states() == {1: 3, 2: 0}
    assert Delivery.objects.get(pk=(one.dispatch, 2)).attempt == 0
    assert not Lease.objects.exists()


def test_an_edition_is_cancelled_where_it_has_not_begun():
    dispatch = a_dispatch([1, 2, 3])
    worker = a_worker()
    one, _two = ledger.claim(worker, 2, NOON)
    ledger.mark_many([sent(one)])
    assert ledger.cancel(dispatch.pk, one.edition, "withdrawn", NOON) == 1
    assert states() == {1: 3, 2: 1, 3: 6}
