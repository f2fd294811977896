"""A planner that is killed at any step and started again neither loses nor doubles anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction

from feeds import notice
from notifier import planner, subscriptions
from notifier.models import Delivery, Dispatch, Edition, EditionRelease, Match, Particular, Subscriber
from notifier.planning import lock
from tests.databases import enough
from tests.notifier.planning_kit import (
    DAY,
    HOUR,
    NOW,
    daily,
    got,
    instant,
    label,
    monthly,
    person,
    release,
    several,
    topic,
    weekly,
)  # fmt: skip

TOMORROW = NOW + DAY
TABLES = (Dispatch, Match, Particular, Edition, EditionRelease, Delivery)

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone."""


class Steps:
    """Counts what a planner does between two moments at which it may be killed, and kills it at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.names: list[str] = []
        exclusive = lock.exclusive

        @contextmanager
        def watched() -> Iterator[None]:
            with exclusive():
                yield
                self.pass_by("before the commit")
            self.pass_by("after the commit")

        monkeypatch.setattr(lock, "exclusive", watched)
        for owner, name in ((notice, "advance"), (planner, "finish")):
            monkeypatch.setattr(owner, name, self.around(name, getattr(owner, name)))

    def around(self, name: str, step: Callable[..., None]) -> Callable[..., None]:
        def watched(*given: object) -> None:
            self.pass_by(f"before {name}")
            step(*given)
            self.pass_by(f"after {name}")

        return watched

    def pass_by(self, name: str) -> None:
        self.names.append(name)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed(name)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    monkeypatch.setattr(planner, "RANGE", 3)
    return Steps(monkeypatch)


def readers() -> list[int]:
    """People at every frequency, some with something carried over, something they had, or who want both."""
    border, media = topic("border"), topic("media")
    people = [
        person(instant(border), daily()),
        person(instant(border), daily(), repeat_alerts=True),
        person(instant(media), several(border)),
        person(daily(media), weekly(weekday="2")),
        person(several(), monthly(monthday=18)),
        *(person(daily(topic(slug))) for slug in ("border", "media", "youth")),
        person(weekly(border, weekday="2")),
    ]
    found = [release("border"), release("media"), release("border", "youth")]
    planner.plan(NOW)
    release("media", at=NOW + HOUR)
    subscriptions.change(people[5], [weekly(border, weekday="2")], now=NOW + HOUR)
    subscriptions.change(people[0], [instant(media), daily()], now=NOW + HOUR)
    label(found[0], "media", at=NOW + 2 * HOUR)
    return [reader.pk for reader in people]


def lived(people: list[int], steps: Steps, kill: int | None) -> list[list[list[int]]]:
    """What each of the people got, if the planner was killed at a step and began again; then all is undone."""
    with transaction.atomic():
        steps.names.clear()
        steps.left = kill
        with suppress(Killed):
            planner.plan(TOMORROW)
        planner.plan(TOMORROW)
        assert kill is None or steps.left is None
        counts = [table.objects.count() for table in TABLES]
        assert planner.plan(TOMORROW) == []
        assert [table.objects.count() for table in TABLES] == counts
        found = [got(Subscriber(pk=reader)) for reader in people]
        transaction.set_rollback(True)
    return found


@pytest.mark.holds("M10")
def test_killed_between_any_two_steps_and_started_again_it_gives_each_the_same(steps):
    people = readers()
    expected = lived(people, steps, None)
    names = list(steps.names)
    assert {name.partition(" ")[0] for name in names} == {"before", "after"}
    assert names.count("after finish") >= 4
    for step in range(0, len(names), enough(sqlite=1, postgresql=3)):
        assert lived(people, steps, step) == expected, f"killed at step {step}: {names[step]}"
