"""What people decide in the middle of a dispatch: that all mail stops, that they want none any more."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from notifier import tokens
from notifier.models import Delivery, Dispatch, Subscriber
from notifier.tokens import Purpose
from tests.notifier.commands import Told
from tests.notifier.drills.kit import LONG, Nursery, doubled, everybody, make_due, open_ones, say, until
from tests.notifier.mailing import a_dispatch, a_newsroom, a_release, states, subscribers
from tests.notifier.relay import Relay, running
from tests.waiting import soon

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _newsroom() -> None:
    a_newsroom()


@pytest.mark.holds("E6")
def test_stop_in_the_middle_of_a_dispatch_and_resume(nursery: Nursery, herald: Callable[..., Told]) -> None:
    """The relay holds messages back until mail is stopped, however slow or quick the machine is."""
    stops, mails = (20, 20_000) if LONG else (2, 800)
    a_dispatch(subscribers(mails), [a_release("Border news", ["border-management"])])
    latest = 0.0
    with running(Relay(delay=0.02 if LONG else 0.1)) as relay:
        workers = [nursery.start(smtp=relay.url, connections=4) for _ in range(2)]
        for _stop in range(stops):
            sent = len(relay.messages)
            relay.holds_after = len(relay.taken) + 60
            until(lambda goal=sent + 50: len(relay.messages) > goal)  # type: ignore[misc]
            assert herald("stop").code == 0
            stopped = time.monotonic()
            relay.holds_after = math.inf
            until(lambda: not _in_hand(), 120, "they keep what they have claimed")
            time.sleep(0.3)
            assert open_ones(), "it was over before it was stopped: nothing is shown"
            begun = len(relay.messages)
            latest = max(latest, *(message.began - stopped for message in relay.messages))
            time.sleep(5.0 if LONG else 0.5)
            assert len(relay.messages) == begun
            assert herald("resume").code == 0
        relay.delay = 0.0
        until(lambda: not open_ones(), 120 + mails / 50)
        assert [nursery.end(worker) for worker in workers] == [0, 0]
    assert soon(latest, 5.0)
    assert doubled(relay.messages, everybody(mails)) == []
    assert states() == {"sent": mails}
    if LONG:
        say(
            f"E6: stopped {stops} times among {mails} mails: the last began {latest:.1f} s later, each came once"
        )


@pytest.mark.holds("M6")
def test_one_click_while_mail_is_queued(nursery: Nursery) -> None:
    """By a link two years old, without cookies or Referer. Claimed, waiting or deferred: nothing more leaves."""
    mails = 5_000 if LONG else 150
    people = subscribers(mails)
    a_dispatch(people, [a_release("Border news", ["border-management"])])
    second = a_dispatch(people, [a_release("More news", ["border-management"])], lane=Dispatch.Lane.DIGEST)
    leavers = [people[5], people[mails // 2], people[-1]]
    deferred = Delivery.objects.filter(dispatch_id=second.pk, subscriber_id__in=[one.pk for one in leavers])
    deferred.update(state=State.DEFERRED, next_try_at=datetime.now(UTC) + timedelta(hours=1), attempt=1)
    with running(Relay(delay=0.05)) as relay:
        worker = nursery.start(smtp=relay.url, connections=4)
        until(lambda: len(relay.messages) > 20)
        slowest = max(_one_click(someone) for someone in leavers)
        left = time.monotonic()
        make_due()
        until(lambda: not open_ones(), 120 + mails / 30)
        assert nursery.end(worker) == 0
    gone = {someone.pk for someone in leavers}
    to = {f"person{people.index(someone)}@example.org" for someone in leavers}
    late = [message.began - left for message in relay.messages if message.to in to and message.began > left]
    assert max(late, default=0.0) < 60.0
    assert slowest < 1.0 or not LONG
    assert {row.state for row in deferred} == {State.CANCELLED}
    theirs = Delivery.objects.filter(subscriber_id__in=gone)
    assert set(theirs.values_list("state", flat=True)) <= {State.SENT, State.CANCELLED}
    others = Delivery.objects.exclude(subscriber_id__in=gone)
    assert others.filter(state=State.SENT).count() == 2 * (mails - len(gone))
    if LONG:
        say(
            f"M6: answered within {slowest:.2f} s; {len(late)} bodies began later, after {max(late, default=0):.1f} s"
        )


def _in_hand() -> int:
    return Delivery.objects.filter(state=State.SENDING).count()


def _one_click(someone: Subscriber) -> float:
    """As a mail program does it (RFC 8058); how long it took. A second time changes nothing."""
    issued = (datetime.now(UTC) - timedelta(days=731)).date()
    path = f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, someone.pk, 0, issued)}"
    began = time.monotonic()
    answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    took = time.monotonic() - began
    assert answer.status_code == 200
    assert not answer.cookies
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscriber.objects.get(pk=someone.pk).state == Subscriber.State.LEFT
    return took
