"""A worker fails at every point where it may: nothing is lost, and only what was on the wire may come twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from notifier.models import Lease
from tests.notifier.drills.failpoints import BESIDE, FAULTS, MAY_DOUBLE, POINTS, a_relay
from tests.notifier.drills.kit import (
    LONG,
    Nursery,
    doubled,
    everybody,
    make_due,
    open_ones,
    say,
    sweep_the_dead,
    until,
)
from tests.notifier.mailing import a_dispatch, a_release, states, subscribers
from tests.notifier.relay import running

pytestmark = pytest.mark.usefixtures("transactional_db")

MAILS = 100 if LONG else 20
ROUNDS = 5 if LONG else 1


CASES = [
    (point, fault, pipelining)
    for point in POINTS
    for fault in FAULTS
    for pipelining in ((True, False) if LONG else (True,))
]


@pytest.mark.holds("R2")
@pytest.mark.parametrize(("point", "fault", "pipelining"), CASES)
def test_nothing_is_lost_wherever_it_fails(
    nursery: Nursery, point: str, fault: str, pipelining: bool
) -> None:
    """With one line, so that nothing else is on the way when it fails."""
    people, release = subscribers(MAILS), a_release("Border news", ["border-management"])
    passes = random.Random(f"{point} {fault}")
    found: Counter[int] = Counter()
    extensions = ("PIPELINING", "8BITMIME") if pipelining else ("8BITMIME",)
    for _round in range(ROUNDS):
        a_dispatch(people, [release])
        at = passes.randrange(1, 4 if point.endswith("claim") else MAILS // 4)
        with running(a_relay(extensions=extensions)) as relay:
            fail(nursery, relay.url, point, fault, at)
            last = [message.to for message in relay.messages[-1:]]
            send_the_rest(nursery, relay.url)
            twice = doubled(relay.taken, everybody(MAILS))
        assert set(states()) == {"sent"}
        if fault == "kill":
            assert twice in ([], last if point in MAY_DOUBLE + BESIDE else [])
        else:
            assert len(twice) <= (point in MAY_DOUBLE)
        found[len(twice)] += 1
    if LONG:
        how = "" if pipelining else ", no pipelining"
        say(f"R2 {fault} {point}{how}: {ROUNDS} rounds of {MAILS}, none lost, one doubled in {found[1]}")


def fail(nursery: Nursery, url: str, point: str, fault: str, passes: int) -> None:
    worker = nursery.start(smtp=url, connections=1, point=point, fault=fault, passes=passes)
    if fault == "kill":
        assert nursery.wait(worker) == -9
        sweep_the_dead(worker)
        return
    if fault == "exception":  # it goes on by itself
        until(lambda: set(states()) <= {"sent", "deferred"}, what=f"it got no further: {states()}")
        assert nursery.end(worker) == 0
    else:
        assert nursery.wait(worker) == 0
    assert not Lease.objects.exists()
    assert "sending" not in states()


def send_the_rest(nursery: Nursery, url: str) -> None:
    make_due()
    if not open_ones():
        return
    worker = nursery.start(smtp=url, connections=1)
    until(lambda: not open_ones(), what=f"it got no further: {states()}")
    assert nursery.end(worker) == 0
