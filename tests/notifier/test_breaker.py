"""One relay's breaker and window, by a clock of our own."""

import pytest

from config import clock
from config.relays import parse
from notifier.sending.pool import Pool
from notifier.sending.relay import Breaker, Relay
from notifier.sending.wire import Busy, LineLost, RefusesUs, Unreachable
from tests.logged import events


def a_relay(options="", connections=8):
    return Relay(parse(f"smtp://relay.example{options}")[0], connections, 0.0)


def test_few_lines_first_and_more_with_each_success():
    relay = a_relay()
    windows = [relay.window]
    while not relay.is_settled:
        relay.sent()
        windows.append(relay.window)
    assert windows == [2, 3, 4, 5, 6, 7, 8]


def test_halved_when_it_asks_for_less_and_back_by_one_for_each_round():
    relay = a_relay()
    while not relay.is_settled:
        relay.sent()
    assert relay.slower(10.0)
    assert not relay.slower(10.5)
    assert relay.window == 4
    assert relay.slower(12.0)
    assert relay.window == 2
    sent = 0
    while relay.window < 4:
        relay.sent()
        sent += 1
    assert 4 <= sent <= 6


@pytest.mark.parametrize(
    ("own", "most", "express"), [("", 8, True), ("?connections=4", 3, True), ("?connections=1", 1, False)]
)
def test_one_of_its_own_connections_is_for_letters(own, most, express):
    relay = a_relay(own)
    assert (relay.most, relay.takes_express) == (most, express)


def test_each_fault_in_a_row_makes_the_pause_longer():
    relay, now, pauses = a_relay(), 0.0, []
    for _ in range(8):
        relay.failed(Unreachable("no"), now)
        assert relay.window == 0
        pauses.append(relay.retry_at - now)
        now = relay.retry_at
        relay.tried(Unreachable("no"), now)
        pauses.append(relay.retry_at - now)
        now = relay.retry_at
        relay.tried(None, now)
        assert relay.window == 1
    assert pauses[:5] == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == 30.0
    assert not relay.is_paused
    assert relay.sent()
    assert (relay.state, relay.fault, relay.window) == (Breaker.CLOSED, None, 2)


def test_what_waiting_does_not_mend_is_tried_three_times_and_then_seldom():
    relay, now = a_relay(), 0.0
    tries = 0
    while now < 3 * 3600:
        relay.tried(RefusesUs("535 no"), now)
        tries += 1
        assert relay.is_paused == (tries >= 3)
        now = relay.retry_at
    assert tries <= 9
    assert relay.words == "relay.example: 535 no (paused after 3 tries)"


def test_what_may_be_one_messages_fault_is_the_relays_after_three_in_a_row():
    relay = a_relay()
    for fault in (LineLost("gone"), Busy("451")):
        relay.stumbled(fault, 0.0)
        assert relay.state is Breaker.CLOSED
    relay.sent()
    for _ in range(3):
        relay.stumbled(Busy("451"), 0.0)
    assert relay.state is Breaker.OPEN


def test_refusals_by_policy_are_the_relays_when_several_domains_have_them():
    relay = a_relay()
    for _n in range(9):
        relay.stumbled(RefusesUs("554"), 0.0, "one.example")
    assert relay.state is Breaker.CLOSED
    relay.sent()
    for domain in ("one.example", "two.example", "three.example"):
        relay.stumbled(RefusesUs("554"), 0.0, domain)
    assert relay.state is Breaker.OPEN


def test_a_line_alone_proves_nothing_of_a_relay_that_refused_the_sender():
    relay = a_relay()
    relay.failed(RefusesUs("553"), 0.0, stays=True)
    relay.tried(None, 1.0)
    assert relay.state is Breaker.HALF_OPEN
    assert relay.fault is not None
    relay.stumbled(RefusesUs("553"), 1.0)
    assert relay.state is Breaker.OPEN


def test_a_fault_is_logged_with_its_relay_once_and_again_when_it_is_paused(caplog):
    relay, now = a_relay(), 0.0
    for _ in range(4):
        relay.tried(RefusesUs("relay.example: 535 no"), now)
        now = relay.retry_at
    assert [(event["event"], event["why"]) for event in events(caplog.records)] == [
        ("a relay cannot be used", "relay.example: 535 no"),
        ("a relay cannot be used", "relay.example: 535 no (paused after 3 tries)"),
    ]


def test_a_reserve_goes_on_while_the_main_relay_is_being_tried():
    pool = Pool(parse("smtp://main.example smtp://reserve.example?weight=0"), 4, None)
    main, reserve = pool.relays
    assert (main.allowed, reserve.allowed) == (2, 0)
    pool.failed(main, Unreachable("timed out"))
    assert (main.allowed, reserve.allowed) == (0, 2)
    main.tried(None, main.retry_at)
    pool.slower(reserve)  # whatever makes it deal again
    assert main.state is Breaker.HALF_OPEN
    assert main.allowed == 1
    assert reserve.allowed >= 1
    pool.sent(main)
    assert (main.allowed, reserve.allowed) == (2, 0)


def test_when_none_is_left_those_out_of_reach_are_tried_at_once_but_not_in_circles():
    pool = Pool(
        parse("smtp://main.example smtp://reserve.example?weight=0 smtp://third.example?weight=0"), 4, None
    )
    main, reserve, third = pool.relays
    now = clock.ticks()
    for _ in range(6):
        reserve.tried(Unreachable("timed out"), now)
        third.tried(RefusesUs("535 no"), now)
    assert reserve.retry_at > now + 10
    assert third.is_paused
    pool.failed(main, Unreachable("timed out"))
    assert reserve.retry_at <= clock.ticks()
    assert third.retry_at > now + 100
    reserve.tried(Unreachable("timed out"), clock.ticks())
    again = reserve.retry_at
    main.tried(None, clock.ticks())
    pool.slower(main)
    pool._deal()
    pool.failed(main, Unreachable("timed out"))
    assert pool.out
    assert reserve.retry_at == again
