"""What is left of old dispatches, and that whoever reads the ledger later goes on to say right things."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feeds.models import Standing
from notifier import explaining, planner, post, tallies, withdrawals
from notifier.correcting import recipients
from notifier.dispatches import Board
from notifier.explanation import Cause, Verdict
from notifier.models import Delivery, Dispatch, EditionText, Rendering, Subscriber, Tally
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    MORNING,
    a_chain,
    a_dispatch,
    a_release,
    subscribers,
    transactional_db,
)
from tests.notifier.planning_kit import DAY, NOW, SECOND, instant, person, release, topic

State = Delivery.State
LATER = MORNING + timedelta(days=36, hours=1)  # a day later where deliveries go with their partition


def people(count):
    """Always the same ones."""
    return (list(Subscriber.objects.order_by("pk")) or subscribers(6))[:count]


def ended(count=6, **kwargs):
    """A dispatch of which four were sent, one failed and one was suppressed."""
    dispatch = a_dispatch(people(count), [a_release("Border news", ["border"])], recipients=count, **kwargs)
    rows = Delivery.objects.filter(dispatch_id=dispatch.pk)
    for number, (_, subscriber) in enumerate(
        rows.order_by("subscriber_id").values_list("dispatch_id", "subscriber_id")
    ):
        state = {0: State.FAILED, 1: State.SUPPRESSED}.get(number, State.SENT)
        rows.filter(subscriber_id=subscriber).update(
            state=state, finished_at=MORNING + timedelta(seconds=number), version=int(state == State.SENT)
        )
    return dispatch


@pytest.mark.usefixtures("transactional_db")
def test_a_dispatch_is_counted_when_the_last_of_it_has_ended():
    dispatch = ended()
    open_one = a_dispatch(people(1), [a_release("Later", ["border"])])
    assert (tallies.count(LATER), tallies.count(LATER)) == (1, 0)
    [edition] = dispatch.editions.values_list("pk", flat=True)
    assert [
        (t.edition_id, t.version, t.state, t.count, t.first_at, t.last_at)
        for t in Tally.objects.order_by("state")
    ] == [
        (edition, 1, State.SENT, 4, MORNING + 2 * SECOND, MORNING + 5 * SECOND),
        (edition, 0, State.FAILED, 1, MORNING, MORNING),
        (edition, 0, State.SUPPRESSED, 1, MORNING + SECOND, MORNING + SECOND),
    ]
    assert Dispatch.objects.get(pk=open_one.pk).counted_at is None


@pytest.mark.usefixtures("transactional_db")
def test_old_deliveries_go_and_the_sums_stay(monkeypatch):
    monkeypatch.setattr(tallies, "RANGE", 2)
    old = ended()
    letter = post.letter(people(1)[0], "manage", {}, MORNING)
    recent = ended(made_at=LATER - timedelta(days=34), chain=a_chain("weekly"))
    Delivery.objects.filter(dispatch_id=letter.pk).update(state=State.SENT)
    Rendering.objects.create(edition=letter.editions.get(), version=1, message=b"what was one person's own")
    assert tallies.archive(MORNING + timedelta(days=34)) == 0
    assert tallies.archive(LATER) == 7
    assert set(Delivery.objects.values_list("dispatch_id", flat=True)) == {recent.pk}
    dispatches = {d.pk: d for d in Dispatch.objects.select_related("chain")}
    board = Board(list(dispatches.values()), LATER)
    assert board.counts(dispatches[old.pk]) == {"sent": 4, "failed": 1, "suppressed": 1}
    assert board.condition(dispatches[old.pk]) == "sent, 1 failed, 1 suppressed"
    assert board.counts(dispatches[letter.pk]) == {"sent": 1}
    assert not Rendering.objects.exists()
    assert tallies.archive(LATER) == 0


@pytest.mark.usefixtures("transactional_db")
def test_killed_in_the_middle_the_next_run_goes_on_and_nothing_is_counted_twice(monkeypatch):
    monkeypatch.setattr(tallies, "RANGE", 2)
    dispatch = ended()
    clock = iter([0.0] * 4 + [1e9] * 9)
    monkeypatch.setattr(tallies.clock, "ticks", lambda: next(clock))
    assert 0 < tallies.archive(LATER) < 6
    monkeypatch.undo()
    tallies.archive(LATER)
    tallies.count(LATER)
    assert not Delivery.objects.exists()
    assert tallies.of([dispatch.pk]) == {dispatch.pk: {"sent": 4, "failed": 1, "suppressed": 1}}


@pytest.mark.usefixtures("transactional_db")
def test_what_has_not_ended_stays_however_old():
    dispatch = a_dispatch(people(2), [a_release("Border news", ["border"])], held=True)
    ended()
    assert tallies.archive(LATER) == 6
    assert Delivery.objects.filter(dispatch_id=dispatch.pk).count() == 2


@pytest.mark.usefixtures("transactional_db")
def test_how_long_is_a_setting(settings):
    settings.LEDGER_DAYS = 400
    ended()
    assert tallies.archive(LATER) == 0


@pytest.mark.django_db
def test_why_somebody_got_it_says_that_it_is_not_known_any_more():
    who, other = person(instant(topic("youth"))), person(instant(topic("media")))
    pk = release("youth", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    Delivery.objects.update(state=State.SENT, finished_at=NOW + SECOND, version=1)
    tallies.archive(NOW + 37 * DAY)
    told = explaining.explain(who, Standing.objects.get(pk=pk), NOW + 38 * DAY)
    assert (told.finding.verdict, told.finding.cause) == (Verdict.UNKNOWN, Cause.ARCHIVED)
    assert told.sentences[1].startswith("1 messages with it were sent by dispatch")
    told = explaining.explain(other, Standing.objects.get(pk=pk), NOW + 38 * DAY)
    assert (told.finding.verdict, told.finding.cause) == (Verdict.NOT, Cause.NO_RULE)


@pytest.mark.usefixtures("transactional_db")
def test_a_correction_says_how_many_it_cannot_reach_any_more():
    dispatch = ended()
    edition = dispatch.editions.get()
    pk = edition.content[0]["release"]
    EditionText.objects.create(edition=edition, version=1, release_id=pk, fingerprint="wrong")
    before = recipients.reach(pk, ["right"])
    assert (before.people, before.archived) == (4, 0)
    tallies.archive(LATER)
    after = recipients.reach(pk, ["right"])
    assert (after.people, after.archived) == (0, 4)
    assert recipients.reach(pk, ["wrong"]).archived == 0


@pytest.mark.usefixtures("transactional_db")
def test_a_withdrawal_leaves_old_editions_alone():
    dispatch = ended()
    tallies.archive(LATER)
    pk = dispatch.editions.get().content[0]["release"]
    assert withdrawals.unfinished_with([pk]) == []


@pytest.mark.usefixtures("transactional_db")
def test_a_page_of_dispatches_is_as_many_queries_as_a_page_of_one():
    for number in range(6):
        ended(chain=a_chain(minute=60 * number))
    tallies.count(LATER)
    shown = list(Dispatch.objects.select_related("chain").order_by("pk"))
    asked = []
    for page in (shown[:1], shown):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            board = Board(page, LATER)
            said = [(board.what(d), board.counts(d), board.condition(d)) for d in page]
        assert len(said) == len(page)
        asked.append(len(queries))
    assert asked[0] == asked[1]
