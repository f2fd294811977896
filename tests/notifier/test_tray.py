"""What a worker has in hand: lanes that cannot starve, and domains that take only so much."""

import asyncio
from datetime import UTC, datetime

import pytest

from config.pacing import DomainPace
from notifier.ledger import Claimed, Mark
from notifier.models import Delivery
from notifier.sending.domains import Domains
from notifier.sending.limits import Throttle
from notifier.sending.parcels import Parcel
from notifier.sending.tray import LETTERS_ONLY, Tray

NOON = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
LETTER, ALERT, DIGEST = range(3)
SENT = Delivery.State.SENT


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def parcels(lane, count, domain="example.org", first=0):
    return [
        Parcel(Claimed(lane, n, 1, None, lane, 0, "us"), f"person{n}@{domain}", NOON, "")
        for n in range(first, first + count)
    ]


def a_tray(clock, **paces):
    return Tray(16, clock, Domains({name.replace("_", "."): pace for name, pace in paces.items()}, 8, clock))


def taken(tray, count=1000, throttle=None):
    found = []
    while len(found) < count and (parcel := tray.take(throttle)):
        found.append(parcel)
    return found


def lanes(found):
    return [parcel.claimed.lane for parcel in found]


def finish(tray, found, state=SENT):
    for parcel in found:
        tray.done(Mark(parcel.claimed, state, NOON))


def test_each_lane_in_its_own_order(clock):
    tray = a_tray(clock)
    tray.put(parcels(DIGEST, 5))
    assert [p.claimed.subscriber for p in taken(tray)] == [0, 1, 2, 3, 4]


@pytest.mark.holds("R10")
def test_a_letter_is_among_the_next_few_whatever_waits(clock):
    tray = a_tray(clock)
    tray.put([*parcels(DIGEST, 400), *parcels(ALERT, 400)])
    taken(tray, 13)
    tray.put(parcels(LETTER, 1))
    assert LETTER in lanes(taken(tray, 3))


def test_no_lane_starves_however_much_is_before_it(clock):
    tray = a_tray(clock)
    tray.put([*parcels(LETTER, 200), *parcels(ALERT, 200), *parcels(DIGEST, 200)])
    found = lanes(taken(tray, 100))
    assert [found.count(lane) for lane in (LETTER, ALERT, DIGEST)] == [60, 20, 20]
    tray = a_tray(clock)
    tray.put([*parcels(ALERT, 200), *parcels(DIGEST, 200)])
    found = lanes(taken(tray, 100))
    assert found.count(DIGEST) == 20


def test_a_throttle_lets_letters_pass_from_its_reserve(clock):
    tray, throttle = a_tray(clock), Throttle(40, 0, clock())
    tray.put(parcels(DIGEST, 50))
    first = taken(tray, throttle=throttle)
    assert 1 <= len(first) <= 3
    assert tray.take(throttle) is None
    tray.put(parcels(LETTER, 3))
    assert lanes(taken(tray, throttle=throttle)) == [LETTER, LETTER]
    clock.now += 60
    assert LETTER in lanes(taken(tray, throttle=throttle))


def test_what_waits_for_its_domain_lets_others_pass(clock):
    tray = a_tray(clock, slow_example=DomainPace(at_once=2))
    tray.put([*parcels(DIGEST, 5, "slow.example"), *parcels(DIGEST, 5, "quick.example", 10)])
    found = taken(tray)
    assert [p.to.partition("@")[2] for p in found].count("slow.example") == 2
    assert len(found) == 7
    finish(tray, found[:1])
    [further] = taken(tray)
    assert further.to == "person2@slow.example"


def test_a_domain_gets_so_many_a_minute_and_letters_first(clock):
    tray = a_tray(clock, slow_example=DomainPace(per_minute=30))
    tray.put(parcels(DIGEST, 4, "slow.example"))
    first = taken(tray)
    assert len(first) == 1
    finish(tray, first)
    tray.put(parcels(LETTER, 1, "SLOW.example", 7))
    assert lanes(taken(tray)) == [LETTER]
    for _ in range(20):
        clock.now += 1.0
        finish(tray, taken(tray))
    assert not tray.clear()


def test_more_than_can_leave_soon_goes_back_each_with_its_turn(clock):
    tray = a_tray(clock, slow_example=DomainPace(per_minute=60))
    away = tray.put([*parcels(DIGEST, 100, "slow.example"), *parcels(DIGEST, 20, first=200)])
    assert {a.domain for a in away} == {"slow.example"}
    assert 80 <= len(away) <= 92
    waits = [a.seconds for a in away]
    assert waits == sorted(waits)
    assert 80 <= waits[-1] - waits[0] <= 92
    assert not tray.put(parcels(LETTER, 20, "slow.example", 300))


def test_each_other_domain_may_have_a_limit_too(clock):
    tray = Tray(16, clock, Domains({"*": DomainPace(at_once=1)}, 8, clock))
    tray.put([p for n in range(4) for p in parcels(DIGEST, 2, f"domain{n}.example", 10 * n)])
    assert len({p.to.partition("@")[2] for p in taken(tray)}) == 4


def test_a_domain_that_wants_less_gets_half_and_more_again_with_success(clock):
    tray = a_tray(clock)
    tray.put(parcels(DIGEST, 8))
    for parcel in taken(tray, 2):
        tray.slower(parcel)
        clock.now += 2.0
    finish(tray, parcels(DIGEST, 2), Delivery.State.DEFERRED)
    assert len(taken(tray)) == 2
    finish(tray, parcels(DIGEST, 2, first=2))
    for round_ in range(30):
        tray.put(parcels(DIGEST, 8, first=100 + 8 * round_))
        while found := taken(tray):
            finish(tray, found)
    tray.put(parcels(DIGEST, 8, first=900))
    assert len(taken(tray)) == 8


def test_what_is_put_back_is_the_next_again(clock):
    tray = a_tray(clock, slow_example=DomainPace(at_once=1))
    tray.put(parcels(DIGEST, 2, "slow.example"))
    [first] = taken(tray)
    tray.put_back(first)
    assert taken(tray) == [first]


def test_what_is_put_back_has_cost_its_throttle_nothing(clock):
    tray, throttle = a_tray(clock), Throttle(1, 0, clock())
    tray.put(parcels(DIGEST, 2))
    first = tray.take(throttle)
    assert tray.take(throttle) is None
    tray.put_back(first, throttle)
    assert tray.take(throttle) is first


def test_what_is_parked_is_given_back_with_the_rest(clock):
    tray = a_tray(clock, slow_example=DomainPace(at_once=1))
    tray.put([*parcels(DIGEST, 3, "slow.example"), *parcels(DIGEST, 3, first=10)])
    found = taken(tray, 2)
    assert len(found) + len(tray.clear()) == 6
    assert tray.take() is None


def test_parked_ones_do_not_make_the_tray_look_full(clock):
    tray = a_tray(clock, slow_example=DomainPace(per_minute=600, at_once=1))
    tray.put(parcels(DIGEST, 60, "slow.example"))
    taken(tray)
    assert tray.is_low


def test_those_who_wait_are_woken():
    async def conversation():
        loop = asyncio.get_running_loop()
        tray = Tray(4, loop.time)
        waiting = asyncio.create_task(tray.next(20.0))
        late = asyncio.create_task(tray.overdue(0.01))
        await asyncio.sleep(0)
        tray.put(parcels(LETTER, 2))
        first = await waiting
        assert await late
        second = tray.take(None, LETTERS_ONLY)
        nobody = asyncio.create_task(tray.next(None))
        await asyncio.sleep(0)
        tray.close()
        return first, second, await nobody, await tray.overdue(0.0), await tray.next(0.0)

    first, second, *rest = asyncio.run(conversation())
    assert [first, second] == parcels(LETTER, 2)
    assert rest == [None, False, None]
