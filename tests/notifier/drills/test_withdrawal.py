"""A withdrawal in the middle of a dispatch, at full size: `make drill`. The suite has a short form of it."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from feeds import notice
from feeds.models import Release
from notifier import withdrawals
from notifier.sender import Worker
from tests.notifier.drills.kit import say
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    MORNING,
    a_dispatch,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import Message, Relay, running

SIZE = int(os.environ.get("HERALD_DRILL_SIZE", "0"))
BOUND = 10.0

pytestmark = [
    pytest.mark.usefixtures("transactional_db"),
    pytest.mark.skipif(not SIZE, reason="takes minutes: HERALD_DRILL_SIZE=100000"),
]


@dataclass
class Tally(list[Message]):
    """What came, in numbers: a hundred thousand bodies would fill the memory."""

    began: list[float] = field(default_factory=list)
    held_it: list[float] = field(default_factory=list)
    people: set[str] = field(default_factory=set)

    def append(self, message: Message) -> None:
        self.began.append(message.began)
        self.people.add(message.to)
        if b"Withdrawn in the meantime" in message.raw:
            self.held_it.append(message.began)
        assert b"Kept" in message.raw


@pytest.mark.holds("M3")
def test_withdrawn_in_the_middle_no_body_begun_ten_seconds_later_holds_it():
    kept = Release.objects.create(title="Kept", published_on=MORNING.date())
    gone = Release.objects.create(title="Withdrawn in the meantime", published_on=MORNING.date())
    notice.take(datetime.now(UTC))
    withdrawals.follow(MORNING)
    a_dispatch(subscribers(SIZE), [kept, gone])
    tally, stop = Tally(), threading.Event()
    with running(Relay(messages=tally)) as relay:
        thread = threading.Thread(target=Worker(8, relay.url).run, args=(stop,))
        started = time.monotonic()
        thread.start()
        try:
            _until(lambda: len(tally.began) >= SIZE // 2)
            Release.objects.filter(pk=gone.pk).update(state=Release.State.WITHDRAWN)
            withdrawn_at = time.monotonic()
            notice.take(datetime.now(UTC))
            withdrawals.follow(datetime.now(UTC))
            _until(lambda: len(tally.began) >= SIZE)
        finally:
            stop.set()
            thread.join(60)
    last = max(tally.held_it) - withdrawn_at
    late = sum(1 for began in tally.held_it if began > withdrawn_at)
    say(
        f"M3: {SIZE} messages in {max(tally.began) - started:.0f} s; withdrawn after {SIZE // 2}; {late} bodies with it"
        f" were begun later, the last one {last:.2f} s later"
    )
    assert last < BOUND
    assert len(tally.held_it) < SIZE
    assert len(tally.people) == len(tally.began) == SIZE
    assert states() == {"sent": SIZE}


def _until(condition, seconds=1800):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the relay got no further"
        time.sleep(0.05)
