"""Who is told what within one process, and who is let go."""

from __future__ import annotations

import asyncio

import pytest

from feeds.live.events import Happening, Step
from feeds.live.hub import BACKLOG, BEATS, Full, Hub, Listener
from feeds.live.streams import Stream
from feeds.selection import EVERYTHING, Facts, Rule, Selection

ALL = Stream("all", EVERYTHING)
BORDERS = Stream("", Selection((Rule(topics=("borders",)),)))
SAVED = Stream("saved/mine", EVERYTHING)


def hub(most=10, most_an_address=3):
    return Hub(100, 90, most, most_an_address)


def withdrawal(seq, topic="borders"):
    return Happening(seq, f"tag:{seq}", Facts(topics=frozenset({topic})), None)


def step(after, *happenings, **fields):
    upto = max((one.seq for one in happenings), default=after + 1)
    return Step(after, upto, fields.pop("told", 0), happenings, **fields)


def waiting(listener: Listener) -> list[int]:
    """The numbers of the events it would be sent now."""

    async def take() -> list[int]:
        try:
            return [frame[0] for frame in await asyncio.wait_for(listener.take(), 0.01)]
        except TimeoutError:
            return []

    return asyncio.run(take())


def test_each_is_told_what_fits_its_selection():
    there = hub()
    every, some = there.join(ALL), there.join(BORDERS)
    there.tell(step(100, withdrawal(101, "arms"), withdrawal(102)))
    assert (waiting(every), waiting(some)) == ([101, 102], [102])
    assert (there.position, there.told) == (102, 102)


def test_what_does_not_follow_on_is_passed_over():
    there = hub()
    one = there.join(ALL)
    there.tell(step(99, withdrawal(101)))
    assert (waiting(one), there.position) == ([], 100)


@pytest.mark.holds("E1")
def test_a_number_that_belongs_to_nothing_readers_know_is_given_to_nobody():
    there = hub()
    one = there.join(ALL)
    there.tell(Step(100, 140, 0))
    assert (there.position, there.told) == (140, 90)
    for turn in range(BEATS):
        there.beat(turn)
    assert waiting(one) == [90]


def test_a_heartbeat_leads_nobody_back():
    there = hub()
    one = there.join(ALL)
    one.given = one.position = 95  # read in the store, where others are quicker
    there.beat(0)
    assert waiting(one) == []
    there.tell(step(100, withdrawal(101)))
    there.beat(0)
    assert waiting(one) == [101, 101]


def test_whoever_has_got_it_another_way_is_not_told_again():
    there = hub()
    one = there.join(ALL)
    there.tell(step(100, withdrawal(101), withdrawal(103)))
    one.position = 102
    assert waiting(one) == [103]


def test_a_slow_listener_is_let_go_and_the_others_are_not_held_up():
    there = hub()
    slow, quick = there.join(ALL), there.join(ALL)
    for seq in range(101, 101 + BACKLOG):
        there.tell(step(seq - 1, withdrawal(seq)))
        assert waiting(quick) == [seq]
    assert not slow.ended
    there.tell(step(100 + BACKLOG, withdrawal(101 + BACKLOG)))
    assert slow.ended
    assert waiting(slow) == [], "nothing is kept for it"
    assert not quick.ended
    assert waiting(quick) == [101 + BACKLOG]


def test_too_much_at_once_becomes_the_state():
    there = hub()
    one = there.join(ALL)
    there.tell(step(100, withdrawal(101)))
    there.tell(Step(101, 900, 850, None))
    assert one.renewed
    assert waiting(one) == []
    there.tell(step(900, withdrawal(901)))
    assert waiting(one) == [], "the state, which is still to be read, will say that too"
    assert there.told == 901


def test_heartbeats_reach_each_once_a_round():
    there = hub(most=100)
    listeners = [there.join(ALL) for _ in range(2 * BEATS)]
    there.beat(4)
    assert sum(bool(waiting(one)) for one in listeners) == 2


def test_a_saved_feed_that_selects_something_else_is_told_anew_and_one_that_is_gone_ends():
    there = hub()
    one, other = there.join(SAVED), there.join(ALL)
    there.tell(step(100, saved={"saved/mine": BORDERS.selection}))
    assert one.renewed
    assert not other.renewed
    assert Stream("saved/mine", BORDERS.selection) in there.streams
    there.tell(step(101, saved={}))
    assert one.ended
    assert not other.ended
    assert there.streams == [ALL]


def test_there_are_so_many_seats_and_so_many_for_one_address():
    there = hub(most=4, most_an_address=2)
    with there.seat("192.0.2.1"), there.seat("192.0.2.1"):
        with pytest.raises(Full) as full, there.seat("::ffff:192.0.2.1"):
            pass
        assert full.value.status == 429
        with there.seat("2001:db8::1"), there.seat("2001:db8::ffff"):
            assert there.seated == 4
            with pytest.raises(Full) as full, there.seat("192.0.2.2"):
                pass
            assert full.value.status == 503
    assert there.seated == 0
    with there.seat("192.0.2.1"), there.seat(""), there.seat(""), there.seat(""):
        assert there.seated == 4, "whose address is unknown is not counted"


def test_when_it_closes_all_end_and_nobody_comes_in():
    there = hub()
    one = there.join(ALL)
    there.close()
    assert one.ended
    assert there.join(ALL).ended
    with pytest.raises(Full), there.seat("192.0.2.1"):
        pass
