"""Who leaves the hour of their mail to the newsroom follows its schedule; who named one keeps it."""

from __future__ import annotations

import copy

import pytest

from config import revisions
from notifier import planner, rescheduling, subscriptions
from notifier.models import Chain
from notifier.subscriptions import Wish
from tests.config.samples import shipped
from tests.notifier.planning_kit import DAY, HOUR, NOW, counted, person, release, topic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def newsroom():
    revisions.apply(shipped(), "start", "start", now=NOW - DAY)
    rescheduling.follow(NOW - DAY)


def reschedule(**changes: object) -> None:
    document = copy.deepcopy(revisions.document())
    (row,) = [row for row in document["schedule"] if row["frequency"] == "daily"]
    row |= changes
    revisions.apply(document, "command:test", "test", now=NOW)


def times(who) -> tuple[int, str]:
    chain = Chain.objects.get(pk=who.cadences.get().chain_id)
    return chain.minutes[0], chain.weekdays


def test_only_those_move_who_named_no_time_of_their_own():
    follows, has_own = (
        person(Wish(topic("youth"), "daily")),
        person(Wish(topic("youth"), "daily", 600, "12345")),
    )
    half = person(Wish(topic("youth"), "daily", 600))
    reschedule(times=["12:30"], weekdays=["monday"])
    assert rescheduling.follow(NOW)
    assert [times(who) for who in (follows, has_own, half)] == [(750, "1"), (600, "12345"), (600, "1")]
    joined = follows.cadences.get().joined_at
    assert not rescheduling.follow(NOW + HOUR)
    assert follows.cadences.get().joined_at == joined


def test_another_change_moves_nobody():
    follows = person(Wish(topic("youth"), "daily"))
    joined = follows.cadences.get().joined_at
    reschedule(offered=False)
    assert rescheduling.follow(NOW + HOUR)
    assert follows.cadences.get().joined_at == joined


def test_nothing_is_lost_or_doubled_by_the_move_and_a_pause_goes_on():
    follows, away = person(Wish(topic("youth"), "daily")), person(Wish(topic("youth"), "daily"))
    subscriptions.pause(away, NOW)
    first = release("youth", at=NOW + HOUR)
    reschedule(times=["12:30"])
    rescheduling.follow(NOW + 2 * HOUR)
    second = release("youth", at=NOW + 3 * HOUR)
    for days in range(1, 4):
        planner.plan(NOW + days * DAY + HOUR)
    assert counted(follows) == {first: 1, second: 1}
    assert subscriptions.is_paused(away)
    assert not counted(away)
