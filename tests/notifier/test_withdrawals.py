"""What is withdrawn leaves the mail that has not begun."""

import threading
import time
from datetime import UTC, datetime

import pytest

from feeds import notice
from feeds.models import Release
from notifier import ledger, sender, withdrawals
from notifier.models import Delivery, Dispatch, Edition
from notifier.sender import Worker
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    MORNING,
    a_dispatch,
    a_release,
    add_edition,
    hide,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import Relay, running

pytestmark = pytest.mark.usefixtures("transactional_db")


def withdraw(release):
    """As an editor does; then noticed."""
    Release.objects.filter(pk=release.pk).update(state=Release.State.WITHDRAWN)
    notice.take(datetime.now(UTC))


def two_noticed_releases():
    Release.objects.create(title="Kept", published_on=MORNING.date())
    Release.objects.create(title="Withdrawn in the meantime", published_on=MORNING.date())
    notice.take(datetime.now(UTC))
    withdrawals.follow(MORNING)
    return Release.objects.order_by("pk")


def test_a_new_version_without_it():
    kept, gone = two_noticed_releases()
    dispatch = a_dispatch(subscribers(3), [kept, gone])
    withdraw(gone)
    assert withdrawals.follow(MORNING)
    edition = dispatch.editions.get()
    assert [item["release"] for item in edition.content] == [kept.pk]
    assert edition.version == 2
    assert states() == {"pending": 3}


def test_following_twice_changes_nothing_more():
    kept, gone = two_noticed_releases()
    dispatch = a_dispatch(subscribers(1), [kept, gone])
    withdraw(gone)
    withdrawals.follow(MORNING)
    notice.move(withdrawals.CONSUMER, 0)
    assert withdrawals.follow(MORNING)
    assert dispatch.editions.get().version == 2
    assert not withdrawals.follow(MORNING)


def test_where_nothing_remains_the_deliveries_are_cancelled():
    _, gone = two_noticed_releases()
    one, two, three, four = subscribers(4)
    dispatch = a_dispatch([one, two, three], [gone])
    Delivery.objects.filter(subscriber_id=one.pk).update(state=Delivery.State.SENT)
    Delivery.objects.filter(subscriber_id=two.pk).update(state=Delivery.State.DEFERRED, next_try_at=MORNING)
    Delivery.objects.filter(subscriber_id=three.pk).update(state=Delivery.State.SENDING, owner="somebody")
    add_edition(dispatch, [four], [gone], language="fr")
    withdraw(gone)
    withdrawals.follow(MORNING)
    assert states() == {"sent": 1, "cancelled": 2, "sending": 1}
    assert set(Edition.objects.values_list("version", flat=True)) == {2}
    ledger.sweep(MORNING)
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {"cancelled": 1}
    assert relay.messages == []


@pytest.mark.parametrize("way", ["deleted", "embargoed"])
def test_deleted_or_embargoed_again_is_withdrawn_too(way):
    kept, gone = two_noticed_releases()
    dispatch = a_dispatch(subscribers(1), [kept, gone])
    if way == "deleted":
        gone.delete()
    else:
        Release.objects.filter(pk=gone.pk).update(visible_at=datetime(2999, 1, 1, tzinfo=UTC))
    notice.take(datetime.now(UTC))
    withdrawals.follow(MORNING)
    assert [item["release"] for item in dispatch.editions.get().content] == [kept.pk]


def test_what_was_sent_stays_as_it_was_sent():
    kept, gone = two_noticed_releases()
    dispatch = a_dispatch(subscribers(1), [kept, gone])
    Delivery.objects.update(state=Delivery.State.SENT)
    withdraw(gone)
    withdrawals.follow(MORNING)
    assert dispatch.editions.get().version == 1


def test_a_dispatch_that_is_still_being_filled_counts():
    kept, gone = two_noticed_releases()
    dispatch = a_dispatch([], [kept, gone], state=Dispatch.State.FILLING)
    withdraw(gone)
    withdrawals.follow(MORNING)
    assert dispatch.editions.get().version == 2


def test_an_edit_withdraws_nothing():
    kept, edited = two_noticed_releases()
    dispatch = a_dispatch(subscribers(1), [kept, edited])
    Release.objects.filter(pk=edited.pk).update(title="Corrected")
    notice.take(datetime.now(UTC))
    assert withdrawals.follow(MORNING)
    assert dispatch.editions.get().version == 1


@pytest.mark.holds("M3")
def test_withdrawn_in_mid_dispatch_no_body_that_begins_later_holds_it(monkeypatch):
    """The bound is 10 s with the worker looking every 1.5 s; here it looks every 0.2 s, and the bound is 1.3 s."""
    monkeypatch.setattr(sender, "LOOK_SECONDS", 0.2)
    kept, gone = two_noticed_releases()
    a_dispatch(subscribers(2_000), [kept, gone])
    stop = threading.Event()
    with running(Relay(delay=0.01)) as relay:
        worker = Worker(4, relay.url)
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            wait_for(lambda: len(relay.messages) > 100)
            withdraw(gone)
            withdrawn_at = time.monotonic()
            withdrawals.follow(datetime.now(UTC))
            wait_for(lambda: relay.messages[-1].began > withdrawn_at + 2)
        finally:
            stop.set()
            thread.join(30)
    before = [m for m in relay.messages if b"Withdrawn in the meantime" in m.raw]
    after = [m for m in relay.messages if b"Withdrawn in the meantime" not in m.raw]
    assert len(before) >= 100
    assert len(after) >= 100
    assert max(m.began for m in before) < withdrawn_at + 1.3
    assert all(b"Kept" in m.raw for m in relay.messages)
    assert len({m.to for m in relay.messages}) == len(relay.messages)


def wait_for(true, seconds=15.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
