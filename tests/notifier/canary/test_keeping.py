"""A canary is begun once in an interval, goes the way of all releases, and is gone after a day."""

from __future__ import annotations

import pytest
from django.apps import apps

from feeds import canary
from feeds.models import Membership, Release, Standing
from feeds.workshop import Workshop
from notifier import channel, jobs
from notifier.canary import keeping, watching
from notifier.models import NOBODY, Canary, Channel, Delivery, Edition
from tests.feeds.stories import NOW, newsroom, write
from tests.notifier.canary.kit import EVERY, MINUTE, SECOND, begun, handed, looked, served, ways, went_through

pytestmark = pytest.mark.django_db
State, Way = Delivery.State, Canary.Way


@pytest.fixture(autouse=True)
def _installation(settings, tmp_path, monkeypatch):
    ways(settings, tmp_path / "feeds")
    monkeypatch.setattr(jobs, "_workshop", Workshop())  # ids of releases come again in the next test
    newsroom(sender_address="news@example.org", list_domain="example.org")
    Channel.objects.get_or_create(pk=1)


def test_one_goes_in_each_interval_whoever_begins_it() -> None:
    assert keeping.begin(NOW, EVERY)
    assert keeping.begin(NOW, EVERY) is None
    assert keeping.begin(NOW + 14 * MINUTE, EVERY) is None
    assert keeping.begin(NOW + 15 * MINUTE, EVERY)
    assert Canary.objects.count() == 2
    assert Release.every.filter(state="canary").count() == 1, "the one before has left the store"


def test_one_look_carries_it_to_its_feed_and_into_the_ledger() -> None:
    row = begun()
    assert row.way == Way.OPEN
    row = looked(NOW + SECOND)
    assert (row.way, row.noticed_at) == (Way.MAILBOX, NOW + SECOND)
    assert watching.is_served(row.name, served)
    delivery = Delivery.objects.get(dispatch_id=row.dispatch_id)
    assert (delivery.subscriber_id, delivery.state) == (NOBODY, State.PENDING)
    for suffix in ("atom", "rss", "json"):
        assert canary.carries(served(f"http://x/feeds/canary.{suffix}"), row.name)


def test_the_next_takes_its_place_in_the_feed() -> None:
    first = went_through()
    second = went_through(NOW + EVERY)
    assert watching.is_served(second.name, served)
    assert not watching.is_served(first.name, served)
    assert Membership.objects.filter(feed=canary.PATH).count() == 1


def test_what_the_ledger_says_is_followed() -> None:
    begun()
    row = looked()
    handed(row, NOW + 3 * SECOND)
    assert looked(NOW + 4 * SECOND).handed_at == NOW + 3 * SECOND


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (State.FAILED, "it was refused"),
        (State.SUPPRESSED, "it was not to leave"),
        (State.CANCELLED, "it was given up"),
    ],
)
def test_what_does_not_leave_is_a_fault(state, fault) -> None:
    begun()
    Delivery.objects.filter(dispatch_id=looked().dispatch_id).update(state=state)
    assert looked().fault == fault


def test_where_nobody_is_to_be_sent_to_there_is_no_mail(settings) -> None:
    settings.REPLIES_BIND = ""
    begun()
    row = looked()
    assert (row.way, row.dispatch_id) == (Way.NONE, None)


def test_nor_where_mail_leaves_only_to_others(settings) -> None:
    settings.MAIL_ONLY_TO = ["@example.com"]
    begun()
    assert looked().way == Way.NONE


def test_a_named_mailbox_proves_itself_by_the_relay(settings) -> None:
    settings.CANARY_ADDRESS = "canary@example.com"
    begun()
    assert looked().way == Way.RELAY


def test_while_mail_is_stopped_none_is_written() -> None:
    channel.stop("command:test", "command", NOW)
    begun()
    row = looked()
    assert (row.way, row.dispatch_id) == (Way.STOPPED, None)


def test_a_stop_does_not_keep_it_for_later() -> None:
    begun()
    row = looked()
    channel.stop("command:test", "command", NOW)
    assert looked().way == Way.STOPPED
    assert Delivery.objects.get(dispatch_id=row.dispatch_id).state == State.CANCELLED
    channel.resume("command:test", "command", NOW)
    assert looked().way == Way.STOPPED


def test_a_relay_that_comes_back_gets_the_latest_ones_alone() -> None:
    for quarters in range(5):
        begun(NOW + quarters * EVERY)
        looked(NOW + quarters * EVERY)
    states = Delivery.objects.order_by("dispatch_id").values_list("state", flat=True)
    assert list(states) == [State.CANCELLED] * 2 + [State.PENDING] * 3


def test_after_a_day_nothing_of_it_is_left() -> None:
    write()
    jobs.look(NOW)
    jobs.look(NOW)
    before = rows()
    went_through(NOW)
    assert rows() != before
    assert keeping.forget(NOW + keeping.KEPT) == 0
    later = NOW + keeping.KEPT + SECOND
    assert keeping.forget(later) == 0, "as none follows, it leaves the store first"
    jobs.look(later)  # which is a change like any other
    assert keeping.forget(later) == 1
    assert rows() == before


def test_a_day_of_canaries_leaves_one_in_the_store() -> None:
    write()
    jobs.look(NOW)
    for quarters in range(12):
        went_through(NOW + quarters * EVERY)
    counted = rows()
    for quarters in range(12, 20):
        went_through(NOW + quarters * EVERY)
        keeping.forget(NOW + quarters * EVERY + keeping.KEPT - 11 * EVERY)
    assert rows() == counted


def test_before_anybody_took_notice_nothing_is_sent() -> None:
    row = begun()
    keeping.follow(NOW)
    row.refresh_from_db()
    assert (row.way, row.noticed_at) == (Way.OPEN, None)
    assert not Edition.objects.exists()


def test_only_its_own_feed_shows_it_where_it_is_made_anew(settings) -> None:
    from feeds import publisher, readback

    write("A release")
    row = went_through()
    publisher.rebuild(settings.FEED_FOLDER, NOW)
    assert watching.is_served(row.name, served)
    assert list(readback.check(settings.FEED_FOLDER)) == []
    assert Standing.objects.count() == 1


def rows() -> dict[str, int]:
    """How many there are of everything, but for what counts by itself."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in {"feeds", "notifier", "config"}:
            manager = getattr(model, "every", model._default_manager)
            found[model._meta.label] = manager.count()
    return found
