"""When nothing has come through for how long, and where the newest is: from rows and instants alone."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.canary import standing
from notifier.canary.standing import Place, Went
from notifier.models import Canary
from tests.feeds.stories import NOW
from tests.notifier.canary.kit import EVERY, MINUTE, SECOND

Way = Canary.Way


def row(ago, *, way=Way.MAILBOX, noticed=True, served=True, handed=True, arrived=True) -> Canary:
    """A canary that was begun so long ago, and what came of it within a second."""
    at = NOW - ago
    instants = {"noticed_at": noticed, "served_at": served, "handed_at": handed, "arrived_at": arrived}
    done = {name: at + SECOND if came else None for name, came in instants.items()}
    return Canary(begun_at=at, way=way, release_id=1, **done)


def of(*rows: Canary) -> standing.Standing:
    return standing.of(rows, NOW, EVERY)


def test_before_the_first_there_is_nothing_to_miss() -> None:
    found = of()
    assert (found.feed.age, found.feed.missing, found.feed.last) == (timedelta(), None, None)


def test_the_last_proof_ages_until_the_next() -> None:
    found = of(row(4 * MINUTE), row(19 * MINUTE))
    assert (found.feed.age, found.feed.seconds, found.mail.seconds) == (4 * MINUTE, 1.0, 1.0)
    assert (found.feed.came, found.feed.begun) == (2, 2)


def test_a_first_one_is_missed_from_where_it_was_begun() -> None:
    """Fresh after an installation, or where nobody was there to begin one."""
    new = row(MINUTE, way=Way.OPEN, noticed=False, served=False, handed=False, arrived=False)
    assert of(new).feed.age == MINUTE
    assert of(new, row(timedelta(days=3))).feed.age == MINUTE
    assert of(row(timedelta(days=3))).feed.age == timedelta(days=3), (
        "and that nobody begins any is missed as well"
    )


def test_where_the_newest_is() -> None:
    nowhere = {"served": False, "handed": False, "arrived": False}
    assert of(row(MINUTE, way=Way.OPEN, noticed=False, **nowhere)).feed.missing.place == Place.STORE
    assert of(row(MINUTE, **nowhere)).feed.missing.place == Place.FEED
    assert of(row(MINUTE, handed=False, arrived=False)).mail.missing.place == Place.RELAY
    assert of(row(MINUTE, arrived=False)).mail.missing.place == Place.MAILBOX
    assert of(row(MINUTE, arrived=False)).feed.missing is None


def test_with_a_mailbox_elsewhere_the_relay_s_word_is_the_proof() -> None:
    found = of(row(MINUTE, way=Way.RELAY, arrived=False))
    assert (found.mail.seconds, found.way) == (1.0, Way.RELAY)


def test_what_did_not_leave_by_intent_is_excused() -> None:
    stopped = row(MINUTE, way=Way.STOPPED, handed=False, arrived=False)
    found = of(stopped, row(5 * EVERY))
    assert (found.mail.age, found.mail.missing, found.mail.begun) == (MINUTE, None, 1)
    assert of(row(MINUTE, way=Way.NONE, handed=False, arrived=False)).mail.last is None


def test_one_that_follows_on_a_proof_is_missed_since_that_proof() -> None:
    on_its_way = row(MINUTE, arrived=False)
    assert of(on_its_way, row(MINUTE + EVERY)).mail.age == MINUTE + EVERY
    stopped = row(MINUTE + EVERY, way=Way.STOPPED, handed=False, arrived=False)
    assert of(on_its_way, stopped, row(9 * EVERY)).mail.age == MINUTE + EVERY


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_nothing_is_late_but_by_what_did_not_come(fates) -> None:
    """One that comes each interval is never older than an interval; each that fails adds one."""
    went = [
        Went(NOW - n * EVERY, NOW if came else None, Place.FEED, excused=excused)
        for n, (came, excused) in enumerate(fates)
    ]
    failed = next((n for n, one in enumerate(went) if one.is_well), max(len(went) - 1, 0))
    assert standing.leg(went, NOW, EVERY).age == failed * EVERY
