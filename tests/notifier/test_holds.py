"""Holding, releasing and cancelling dispatches, thresholds and grace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from config.models import AuditEntry
from feeds.models import Office, Release, ReleaseType
from feeds.selection import EVERYTHING
from notifier import holds, jobs, ledger, planner, subscriptions, withdrawals
from notifier.dispatches import Board
from notifier.models import Delivery, Dispatch, Edition, Schedule
from tests.notifier.mailing import states
from tests.notifier.planning_kit import DAY, MINUTE, NOW, SECOND, daily, instant, person, release, topic

pytestmark = pytest.mark.django_db
ADA = ("account:1", "admin")


@pytest.fixture
def owner() -> str:
    return ledger.take_lease("test", 1)


def planned(now=NOW + SECOND) -> Dispatch:
    (pk,) = planner.plan(now)
    return Dispatch.objects.get(pk=pk)


def expecting(**columns) -> None:
    Schedule.objects.bulk_create([Schedule(**columns)])


def an_alert(people: int = 3) -> Dispatch:
    for _ in range(people):
        person(instant(), now=NOW - DAY)
    release("border", at=NOW)
    return planned()


def claimed(owner: str, now=NOW + SECOND) -> int:
    return len(ledger.claim(owner, 100, now))


def test_a_held_dispatch_waits_until_it_is_released(owner):
    dispatch = an_alert()
    holds.hold(dispatch.pk, *ADA, "wrong title", NOW)
    assert claimed(owner) == 0
    dispatch.refresh_from_db()
    assert Board([dispatch], NOW).condition(dispatch) == "held since 2025-02-17 12:00 UTC: wrong title"
    holds.release(dispatch.pk, *ADA, NOW)
    assert claimed(owner) == 3
    said = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject"))
    name = f"dispatch {dispatch.pk}"
    assert said == [("account:1", "held", name), ("account:1", "released", name)]


def test_a_cancelled_dispatch_never_leaves_and_is_not_made_up_for(owner):
    dispatch = an_alert()
    assert holds.cancel(dispatch.pk, *ADA, NOW) == 3
    assert states() == {"cancelled": 3}
    assert claimed(owner) == 0
    assert planner.plan(NOW + MINUTE * 5) == []
    with pytest.raises(holds.Refused, match="it was cancelled"):
        holds.release(dispatch.pk, *ADA, NOW)


def test_what_a_worker_gives_back_after_the_cancelling_is_ended_by_the_sweep(owner):
    dispatch = an_alert()
    assert claimed(owner) == 3
    assert holds.cancel(dispatch.pk, *ADA, NOW) == 0
    ledger.end_lease(owner)
    assert states() == {"pending": 3}
    jobs.sweep(NOW)
    assert states() == {"cancelled": 3}
    assert holds.sweep(NOW) == 0


@pytest.mark.parametrize(
    ("decide", "why"),
    [
        (lambda pk: holds.release(pk, *ADA, NOW), "it is not held"),
        (lambda pk: holds.hold(pk + 1, *ADA, "", NOW), "there is no dispatch"),
        (lambda pk: (holds.hold(pk, *ADA, "", NOW), holds.hold(pk, *ADA, "", NOW)), "it is held already"),
    ],
)
def test_what_makes_no_sense_is_refused_and_recorded_nowhere(decide, why):
    dispatch = an_alert(1)
    before = AuditEntry.objects.count()
    with pytest.raises(holds.Refused, match=why):
        decide(dispatch.pk)
    assert AuditEntry.objects.exclude(action="held").count() == before


def test_letters_are_neither_held_nor_cancelled():
    letter = Dispatch.objects.create(lane=Dispatch.Lane.LETTER, made_at=NOW, state="ready")
    with pytest.raises(holds.Refused, match="herald stop"):
        holds.hold(letter.pk, *ADA, "", NOW)
    with pytest.raises(holds.Refused, match="letters"):
        holds.cancel(letter.pk, *ADA, NOW)


def test_more_recipients_than_expected_hold_a_dispatch_by_itself(owner):
    expecting(frequency="instant", hold_above=2)
    dispatch = an_alert(3)
    assert (dispatch.held, dispatch.held_by, dispatch.recipients) == (True, "threshold", 3)
    assert dispatch.held_because == "3 recipients are more than 2"
    assert claimed(owner) == 0
    holds.release(dispatch.pk, *ADA, NOW)
    assert claimed(owner) == 3


def test_as_many_as_expected_leave(owner):
    expecting(frequency="instant", hold_above=3, hold_above_hourly=3)
    assert an_alert(3).held is False
    assert claimed(owner) == 3


def test_more_messages_within_an_hour_than_expected_hold_the_next_dispatch():
    expecting(frequency="instant", hold_above_hourly=5, settling_seconds=0)
    assert an_alert(3).held is False
    release("border", at=NOW + MINUTE)
    second = planned(NOW + MINUTE + SECOND)
    assert second.held_because == "6 messages within an hour are more than 5"
    release("border", at=NOW + MINUTE * 70)
    assert planned(NOW + MINUTE * 70 + SECOND).held is False


def test_a_cancelled_dispatch_does_not_count_towards_the_hour():
    expecting(frequency="instant", hold_above_hourly=5, settling_seconds=0)
    holds.cancel(an_alert(3).pk, *ADA, NOW)
    release("border", at=NOW + MINUTE)
    assert planned(NOW + MINUTE + SECOND).held is False


def test_thresholds_are_of_one_frequency():
    expecting(frequency="instant", hold_above=1)
    expecting(frequency="daily")
    for _ in range(3):
        person(daily(), now=NOW - DAY)
    planner.plan(NOW - DAY + SECOND)
    release("border", at=NOW)
    assert planned(NOW + DAY).held is False


def graced(seconds: int, *, kind: str = "office") -> int:
    """A release whose office, or type, has a grace."""
    if kind == "office":
        Office.objects.bulk_create([Office(slug="skopje", name="Skopje", grace_seconds=seconds)])
        return release("office:skopje", at=NOW)
    [spot] = ReleaseType.objects.bulk_create(
        [ReleaseType(slug="spot", name="Spot report", grace_seconds=seconds)]
    )
    return release("border", at=NOW, type=spot)


@pytest.mark.parametrize("kind", ["office", "type"])
def test_an_alert_with_grace_leaves_when_it_is_over(owner, kind):
    for _ in range(3):
        person(instant(), now=NOW - DAY)
    graced(45, kind=kind)
    dispatch = planned()
    assert Board([dispatch], NOW).condition(dispatch) == "leaves in 0:45, 3 people"
    assert claimed(owner, NOW + timedelta(seconds=44)) == 0
    assert claimed(owner, NOW + timedelta(seconds=45)) == 3
    assert Board([dispatch], NOW + MINUTE).condition(dispatch) == "being sent: 0 of 3"


def test_within_its_grace_an_alert_is_stopped_by_holding_or_by_withdrawing():
    person(instant(), now=NOW - DAY)
    pk = graced(45)
    dispatch = planned()
    Release.objects.filter(pk=pk).update(state=Release.State.WITHDRAWN)
    jobs.look(NOW + SECOND * 5)
    assert states() == {"cancelled": 1}
    assert Edition.objects.get(dispatch=dispatch).content == []


def test_grace_is_for_alerts_and_for_those_who_get_that_release(owner):
    person(instant(topic("border")), now=NOW - DAY)
    person(instant(EVERYTHING), now=NOW - DAY)
    graced(600)
    release("border", at=NOW)
    planned()
    assert claimed(owner) == 1
    assert Delivery.objects.get(state=Delivery.State.DEFERRED).next_try_at == NOW + MINUTE * 10


def test_after_a_downtime_longer_than_the_grace_it_leaves_at_once(owner):
    person(instant(), now=NOW - DAY)
    graced(45)
    dispatch = planned(NOW + MINUTE * 30)
    assert Board([dispatch], NOW + MINUTE * 30).condition(dispatch) == "being sent: 0 of 1"
    assert claimed(owner, NOW + MINUTE * 30) == 1


def test_a_digest_knows_no_grace(owner):
    person(daily(), now=NOW - DAY)
    planner.plan(NOW - DAY + SECOND)
    graced(86_000)
    planned(NOW + DAY)
    assert claimed(owner, NOW + DAY) == 1


def test_someone_who_changes_while_a_graced_dispatch_is_filled_waits_too():
    who = person(instant(), now=NOW - DAY)
    graced(45)
    run = planner.due(NOW + SECOND)[0]
    dispatch = planner.begin(run, NOW + SECOND)
    subscriptions.pause(who, NOW + SECOND)
    assert Delivery.objects.get(dispatch_id=dispatch).next_try_at == NOW + timedelta(seconds=45)


def test_left_over_rows_are_found_by_the_queue_s_indexes():
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {holds._LEFT_OVER}", [connection.ops.adapt_datetimefield_value(NOW)])
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "SCAN notifier_delivery" not in plan


def test_what_is_withdrawn_from_a_held_dispatch_is_gone_when_it_is_released(owner):
    dispatch = an_alert(1)
    holds.hold(dispatch.pk, *ADA, "", NOW)
    Release.objects.update(state=Release.State.WITHDRAWN)
    jobs.look(NOW + SECOND)
    assert withdrawals.follow(NOW) is False
    holds.release(dispatch.pk, *ADA, NOW)
    assert claimed(owner) == 0
