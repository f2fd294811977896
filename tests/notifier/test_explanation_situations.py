"""Why somebody got a release, or didn't, in situations with names."""

from __future__ import annotations

import pytest

from feeds import notice
from feeds.models import Release, Standing
from feeds.selection import Rule, Selection
from notifier import explaining, planner, subscriptions
from notifier.explanation import Cause, Verdict
from notifier.models import Channel, Delivery, Dispatch, Schedule, Spell, Turn
from notifier.subscriptions import Wish
from tests.notifier.correcting_kit import MORNING, a_meeting, corrected, look, mail, newsroom  # noqa: F401 - one is a fixture
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    daily,
    instant,
    label,
    person,
    release,
    topic,
)

pytestmark = pytest.mark.django_db


def asked(who, pk: int, at=NOW):
    return explaining.explain(who, Standing.objects.get(pk=pk), at)


def cause(who, pk: int, at=NOW) -> Cause:
    return asked(who, pk, at).finding.cause


def test_what_was_sent_names_the_message_the_reasons_and_the_subscription_of_that_time():
    who = person(instant(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    Delivery.objects.update(state=Delivery.State.SENT, finished_at=NOW + 2 * SECOND)
    subscriptions.change(who, [daily(topic("media"))], now=NOW + HOUR)
    told = asked(who, pk, NOW + DAY)
    assert (told.finding.verdict, told.finding.at) == (Verdict.GOT, NOW + 2 * SECOND)
    assert told.subscriptions == ("Youth",)
    assert told.sentences == (
        "They got it: it was handed over on 17 February 2025 at 12:00:02 (UTC).",
        f"The message is dispatch {Dispatch.objects.get().pk} (at once), made on 17 February 2025 at 12:00:01 (UTC), "
        f"edition {told.finding.post.edition} version 1, because of topic Youth.",
        "It fits what they had chosen: Youth.",
    )


def test_what_came_back_is_told_as_well():
    who = person(instant(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    Delivery.objects.update(state=Delivery.State.SENT, finished_at=NOW + 2 * SECOND)
    values = {"dispatch_id": Dispatch.objects.get().pk, "kind": "soft", "status": "5.2.2", "at": NOW + MINUTE}
    who.replies.create(digest="a", **values)
    who.replies.create(digest="b", **{**values, "dispatch_id": 0})
    came = [sentence for sentence in asked(who, pk, NOW + DAY).sentences if "came" in sentence]
    assert came == [
        "In reply there came on 17 February 2025 at 12:01:00 (UTC): undeliverable for now (5.2.2)."
    ]


def test_what_waits_says_for_what():
    who = person(daily(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    told = asked(who, pk, NOW + HOUR)
    assert (told.finding.cause, told.finding.at) == (Cause.PLANNED, NOW.replace(day=18, hour=7))
    planner.plan(NOW + DAY)
    assert cause(who, pk) == Cause.WAITING
    Dispatch.objects.update(held=True)
    assert cause(who, pk) == Cause.HELD
    Dispatch.objects.update(held=False)
    Channel.objects.update_or_create(pk=1, defaults={"stopped_at": NOW})
    assert cause(who, pk) == Cause.STOPPED


def test_but_not_and_what_came_nearest():
    rule = Rule(topics=("youth",), not_topics=("media",))
    who = person(instant(Selection((rule, Rule(topics=("border",), offices=("x",))))))
    pk = release("youth", "media", at=NOW + SECOND)
    told = asked(who, pk)
    assert (told.finding.cause, told.finding.rule, told.finding.excluded) == (
        Cause.EXCLUDED,
        rule,
        ("not_topics",),
    )
    assert "That leaves it out by its topics." in told.sentences


def test_before_they_had_confirmed_and_after_they_had_left():
    early = release("youth", at=NOW - HOUR)
    who = person(instant(topic("youth")))
    assert cause(who, early) == Cause.NOT_YET
    subscriptions.leave(who, NOW + HOUR)
    late = release("youth", at=NOW + 2 * HOUR)
    planner.plan(NOW + 2 * HOUR)
    assert cause(who, late) == Cause.LEFT
    subscriptions.come_back(who, NOW + 3 * HOUR)
    assert cause(who, late, NOW + 3 * HOUR) == Cause.PLANNED


def test_silent_under_embargo_withdrawn():
    who = person(daily(topic("youth")))
    silent = release("youth", at=NOW + SECOND, silent=True)
    hidden = release("youth", at=NOW + SECOND, visible_at=NOW + DAY)
    gone = release("youth", at=NOW + SECOND)
    Release.objects.filter(pk=gone).update(state="withdrawn")
    notice.take(NOW + 2 * SECOND)
    assert [cause(who, pk) for pk in (silent, hidden, gone)] == [Cause.SILENT, Cause.EMBARGO, Cause.WITHDRAWN]
    assert "whoever wrote it wished it to be silent" in asked(who, silent).sentences[1]


def test_a_pause_that_was_ended_without_what_was_missed():
    who = person(daily(topic("youth")))
    subscriptions.pause(who, NOW + SECOND)
    pk = release("youth", at=NOW + HOUR)
    assert cause(who, pk, NOW + HOUR) == Cause.PAUSED
    subscriptions.resume(who, NOW + 2 * HOUR, missed=False)
    assert cause(who, pk, NOW + 2 * HOUR) == Cause.SKIPPED


def test_a_label_that_came_later_was_for_others():
    first = person(daily(topic("youth")))
    pk = release("youth", at=NOW + SECOND)
    second = person(daily(topic("youth")), now=NOW + HOUR)
    label(pk, "media", at=NOW + 2 * HOUR)
    assert cause(second, pk, NOW + 2 * HOUR) == Cause.LATE_LABEL
    assert cause(first, pk, NOW + 2 * HOUR) == Cause.PLANNED


def test_of_one_who_came_before_anything_was_kept_the_row_tells():
    early = release("youth", at=NOW - HOUR)
    who = person(instant(topic("youth")))
    Turn.objects.all().delete()
    Spell.objects.all().delete()
    assert cause(who, early) == Cause.NOT_YET


def test_a_correction_that_is_held_or_was_emptied_is_told_as_what_it_is(newsroom):  # noqa: F811 - a fixture
    who = person(instant())
    pk = a_meeting()
    mail(NOW + 2 * MINUTE)
    corrected(pk, NOW + HOUR)
    look(NOW + HOUR)
    notice_of = Dispatch.objects.order_by("pk").last()
    Dispatch.objects.filter(pk=notice_of.pk).update(held=True)
    told = asked(who, pk, NOW + HOUR)
    assert told.finding.cause == Cause.SENT
    assert f"Dispatch {notice_of.pk} tells them that it was corrected: held." in told.sentences
    Release.objects.filter(pk=pk).update(state="withdrawn")
    look(NOW + 2 * HOUR)
    told = asked(who, pk, NOW + 2 * HOUR)
    assert told.finding.cause == Cause.SENT
    assert any(
        f"Dispatch {notice_of.pk} tells them that it was changed: cancelled" in said
        for said in told.sentences
    )


def test_a_correction_is_no_second_way_to_have_got_it(newsroom):  # noqa: F811 - a fixture
    ada, bob, eve = person(instant()), person(daily()), person(instant(topic("borders")))
    pk = a_meeting()
    mail(NOW + 2 * MINUTE)
    mail(MORNING)
    corrected(pk, MORNING + HOUR)
    mail(MORNING + HOUR)
    mail(MORNING + DAY)
    for who in (ada, bob):
        told = asked(who, pk, MORNING + DAY)
        notice = Delivery.objects.filter(subscriber_id=who.pk).latest("dispatch_id")
        assert (told.finding.cause, told.finding.post.dispatch < notice.dispatch_id) == (Cause.SENT, True)
        assert f"Dispatch {notice.dispatch_id} tells them that it was corrected: sent on" in told.sentences[2]
    assert cause(eve, pk, MORNING + DAY) == Cause.NO_RULE


def test_a_run_that_was_missed_is_made_now_or_is_too_late():
    who = person(Wish(topic("youth"), "several", 0))
    Schedule.objects.bulk_create([Schedule(frequency="several", times="08:00 13:00", too_late_hours=2)])
    pk = release("youth", at=NOW + SECOND)
    first = asked(who, pk, NOW + SECOND).finding.at
    assert asked(who, pk, first + HOUR).finding.at == first + HOUR
    late = asked(who, pk, first + 3 * HOUR).finding.at
    assert late > first + 3 * HOUR
    assert planner.due(first + 3 * HOUR) == []
    assert [run.ends_at for run in planner.due(late)] == [late]
