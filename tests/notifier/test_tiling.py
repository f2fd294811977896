"""A person who changes anything at any moment gets each release exactly once: random lives, lived to their end.

`HERALD_LIVES=1000 pytest tests/notifier/test_tiling.py` lives a thousand of them.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from feeds import notice
from feeds.models import Release, Standing
from feeds.selection import EVERYTHING, Facts, Selection, of, union
from notifier import pauses, planner, subscriptions, windows
from notifier.models import QUICKEST_FIRST, Chain, Dispatch, Schedule, Subscriber
from notifier.planning import filling
from notifier.subscriptions import Wish
from tests.databases import enough
from tests.notifier.planning_kit import counted, label, person, release

LIVES = int(os.environ.get("HERALD_LIVES", enough(sqlite=2, postgresql=1)))
EVENTS = 40
TOPICS = ("border", "policing", "media", "youth")
ZONES = (
    "Europe/Vienna",
    "Africa/Cairo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
MINUTES = (0, 30, 90, 120, 150, 510, 1410)
SEVERAL = ("08:00 13:00 18:00", "00:00 00:30 02:00 02:30 23:30", "01:30 02:00")
MONTHDAYS = (1, 2, 5, 24, 28, 31)
DIGEST = Dispatch.Lane.DIGEST
ALERT = Dispatch.Lane.ALERT
BEGINNINGS = (
    datetime(2025, 3, 27, 12, tzinfo=UTC),
    datetime(2025, 10, 23, 12, tzinfo=UTC),
    datetime(2025, 4, 3, 12, tzinfo=UTC),
)
STEPS = tuple(timedelta(seconds=s) for s in (0, 1, 20, 70, 1800, 7200, 14_400, 36_000, 90_000))


Shown = dict[int, tuple[int, Facts]]
"""The releases that are shown: their group and their labels."""


@dataclass
class Followed:
    """A person, the releases they must get (in whatever language), and the language groups they may get.

    `repeats`: digests are to hold also what came at once, and must hold `repeated`; `ever`: it was so at some time.
    """

    subscriber: Subscriber
    wishes: list[Wish]
    must: set[int] = field(default_factory=set)
    may: set[int] = field(default_factory=set)
    repeated: set[int] = field(default_factory=set)
    told: dict[int, datetime] = field(default_factory=dict)
    repeats: bool = False
    ever: bool = False

    def look(self, shown: Shown) -> None:
        """After each event: what fits may come; what does not fit any more need not."""
        fits = {release for release, (_, facts) in shown.items() if self.wanted.matches(facts)}
        self.may |= {shown[release][0] for release in fits}
        self.must &= fits
        self.repeated &= {release for release in fits if self.digested.matches(shown[release][1])}

    def announced(self, release: int, facts: Facts, at: datetime, before: Facts | None = None) -> None:
        """Something was announced: if it fits, and did not fit `before` it got new labels, it must come."""
        if _new_to(self.wanted, facts, before):
            self.must.add(release)
            self.told[release] = at
        if self.repeats and _new_to(self.digested, facts, before):
            self.repeated.add(release)

    def relabelled(self, since: datetime) -> set[int]:
        """What was announced to them since then, though it may be older."""
        return {release for release, at in self.told.items() if at >= since}

    def repeat(self, repeats: bool) -> None:
        self.repeats, self.ever = repeats, self.ever or repeats
        if not repeats:
            self.repeated.clear()

    @property
    def wanted(self) -> Selection:
        return union(wish.selection for wish in self.wishes)

    @property
    def digested(self) -> Selection:
        return union(wish.selection for wish in self.wishes if wish.frequency != "instant")


def _new_to(wanted: Selection, facts: Facts, before: Facts | None) -> bool:
    return wanted.matches(facts) and not (before and wanted.matches(before))


class Life:
    """Two people who change their minds, a third who never does, and a newsroom that goes on meanwhile."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = self.random.choice(BEGINNINGS)
        self.releases: list[int] = []
        self.log = [f"life {seed}"]
        self.offer()
        constant = [Wish(EVERYTHING, "instant"), Wish(EVERYTHING, "daily", 420)]
        self.people = [
            Followed(person(*wishes, now=self.now, zone=self.random.choice(ZONES)), wishes)
            for wishes in (self.wishes(), self.wishes(), constant)
        ]
        for followed in self.people:
            self.say(f"person {followed.subscriber.pk} {told(followed.wishes)}")

    def live(self) -> None:
        events = [self.publish] * 6 + [self.plan] * 5 + [
            self.change, self.change, self.change, self.kill, self.kill, self.pause, self.resume, self.label,
            self.touch, self.translate, self.withdraw, self.step_back, self.repeat, self.pause_until, self.pause_until,
        ]  # fmt: skip
        for _ in range(EVENTS):
            self.now += self.random.choice(STEPS)
            event = self.random.choice(events)
            event()
            shown = self.shown()
            for followed in self.people:
                followed.look(shown)
        self.end()

    def end(self) -> None:
        for followed in self.people:
            subscriptions.resume(followed.subscriber, self.now, missed=True)
        self.now += timedelta(hours=23)
        self.plan()
        chains = Chain.objects.exclude(frequency="instant").filter(cadence__isnull=False).distinct()
        for run in sorted(windows.next_due(chain, self.now).ends_at for chain in chains):
            self.now = run
            self.plan()
        shown = self.shown()
        for followed in self.people:
            self.judge(followed, shown)

    def judge(self, followed: Followed, shown: Shown) -> None:
        alerts, digests = (counted(followed.subscriber, lane) for lane in (ALERT, DIGEST))
        self.say(f"person {followed.subscriber.pk}: {dict(alerts)} at once, {dict(digests)} in digests")
        log = "\n".join(self.log)
        together = alerts + digests
        for counts in (alerts, digests) if followed.ever else (together,):
            assert max(counts.values(), default=1) == 1, log
        assert set(together) <= followed.may, log
        assert not {release for release in followed.must if shown[release][0] not in together}, log
        assert not {release for release in followed.repeated if shown[release][0] not in digests}, log

    def offer(self) -> None:
        """What a newsroom offers; in half of the lives a run may come too late."""
        late = self.random.choice((0, 1))
        hours = {"several": 2, "daily": 6, "weekly": 48, "monthly": 120}
        times = self.random.choice(SEVERAL)
        Schedule.objects.bulk_create(
            Schedule(frequency=name, times=times, too_late_hours=late * hours.get(name, 0))
            for name in QUICKEST_FIRST
        )
        self.say(f"several at {times}, too late {bool(late)}")

    def shown(self) -> Shown:
        rows = Standing.objects.filter(shown=True).values_list("pk", "group", "facts")
        return {pk: (group, Facts.from_json(facts)) for pk, group, facts in rows}

    def say(self, what: str) -> None:
        self.log.append(f"{self.now:%m-%d %H:%M:%S.%f} {what}")

    def wishes(self) -> list[Wish]:
        found = []
        for _ in range(self.random.randint(1, 3)):
            topics = self.random.sample(TOPICS, self.random.randint(1, 2))
            chosen = EVERYTHING if self.random.random() < 0.2 else of(topics=topics)
            frequency = self.random.choice(QUICKEST_FIRST)
            days = "".join(sorted(self.random.sample("1234567", self.random.choice((1, 3, 7)))))
            found.append(
                Wish(chosen, frequency, self.random.choice(MINUTES), days, self.random.choice(MONTHDAYS))
            )
        return found

    def somebody(self) -> Followed:
        return self.random.choice(self.people[:2])

    def publish(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            found = release(*self.random.sample(TOPICS, self.random.randint(0, 2)), at=self.now)
            self.announce(found, "publish")

    def announce(self, release_id: int, how: str) -> None:
        self.releases.append(release_id)
        _, facts = self.shown()[release_id]
        self.say(f"{how} {release_id} {sorted(facts.topics)}")
        for followed in self.people:
            followed.announced(release_id, facts, self.now)

    def plan(self) -> None:
        self.end_pauses()
        self.say(f"plan {planner.plan(self.now)}")

    def end_pauses(self) -> None:
        """As a look does before it plans: who wanted to start afresh gets what was announced since their day began."""
        due = {}
        for followed in self.people:
            found = Subscriber.objects.get(pk=followed.subscriber.pk)
            if found.pause_until:
                due[found.pk] = windows.beginning(found.zone, found.pause_until), found.pause_afresh
        pauses.follow(self.now)
        for followed in self.people:
            begins, afresh = due.get(followed.subscriber.pk, (self.now, False))
            if begins <= self.now and afresh:
                at = dict(Standing.objects.filter(announced_at__lt=begins).values_list("pk", "announced_at"))
                followed.must -= at.keys() - followed.relabelled(begins)
                followed.repeated -= at.keys() - followed.relabelled(begins)
                self.say(f"pause of {followed.subscriber.pk} has ended, afresh from {begins}")

    def pause_until(self) -> None:
        followed, days = self.somebody(), self.random.randint(0, 2)
        zone = Subscriber.objects.get(pk=followed.subscriber.pk).zone
        until = pauses.days(zone, self.now)[0] + timedelta(days=days)
        afresh = self.random.random() < 0.4
        self.say(f"pause {followed.subscriber.pk} until {until} {'afresh' if afresh else 'missed'}")
        subscriptions.pause(followed.subscriber, self.now, until, afresh=afresh)

    def kill(self) -> None:
        """A planner that dies after step 1, or in the middle of step 2."""
        runs = planner.due(self.now)
        if runs:
            notice.advance(max(run.ends_at for run in runs))
            dispatch = planner.begin(runs[0], self.now)
            self.say(f"kill in {dispatch} of {runs[0].frequency} [{runs[0].starts_at}, {runs[0].ends_at})")
            if dispatch and self.random.random() < 0.5:
                filling.fill_range(dispatch, 1)

    def change(self) -> None:
        followed = self.somebody()
        wishes = self.wishes() if self.random.random() < 0.7 else None
        followed.wishes = wishes or followed.wishes
        zone = self.random.choice(ZONES) if self.random.random() < 0.5 else None
        minute = self.random.choice(MINUTES) if wishes is None else None
        subscriptions.change(followed.subscriber, wishes, zone=zone, minute=minute, now=self.now)
        self.say(f"change {followed.subscriber.pk} {zone} {minute} {told(followed.wishes)}")

    def repeat(self) -> None:
        followed, repeats = self.somebody(), self.random.random() < 0.7
        followed.repeat(repeats)
        self.say(f"repeat {followed.subscriber.pk} {repeats}")
        subscriptions.change(followed.subscriber, repeat_alerts=repeats, now=self.now)

    def pause(self) -> None:
        followed = self.somebody()
        self.say(f"pause {followed.subscriber.pk}")
        subscriptions.pause(followed.subscriber, self.now)

    def resume(self) -> None:
        followed, missed = self.somebody(), self.random.random() < 0.7
        paused = subscriptions.is_paused(followed.subscriber)
        self.say(f"resume {followed.subscriber.pk} missed={missed}")
        subscriptions.resume(followed.subscriber, self.now, missed=missed)
        if paused and not missed:
            followed.must.clear()
            followed.repeated.clear()

    def label(self) -> None:
        """A label that comes late: announced to those who match only now."""
        if self.releases:
            chosen, new, before = self.random.choice(self.releases), self.random.choice(TOPICS), self.shown()
            label(chosen, new, at=self.now)
            self.say(f"label {chosen} {new}")
            if chosen in before:
                for followed in self.people:
                    followed.announced(chosen, self.shown()[chosen][1], self.now, before[chosen][1])

    def touch(self) -> None:
        """An edit that changes nothing but that the release is noticed again."""
        if self.releases:
            chosen = self.random.choice(self.releases)
            self.say(f"touch {chosen}")
            Release.objects.filter(pk=chosen).update(title=f"Edited at {self.now}")
            notice.take(self.now)

    def translate(self) -> None:
        if self.releases:
            original = Standing.objects.get(pk=self.random.choice(self.releases))
            topics = self.random.sample(TOPICS, self.random.randint(0, 2))
            found = release(*topics, at=self.now, language="fr", translation_of_id=original.group)
            self.announce(found, f"translate {original.pk} as")

    def withdraw(self) -> None:
        if self.releases:
            chosen = self.random.choice(self.releases)
            self.say(f"withdraw {chosen}")
            Release.objects.filter(pk=chosen).update(state="withdrawn")
            notice.take(self.now)

    def step_back(self) -> None:
        """A clock that was wrong is set right."""
        self.now -= timedelta(minutes=self.random.randint(1, 90))
        self.say("clock set back")


def told(wishes: list[Wish]) -> list[tuple[object, ...]]:
    return [(w.frequency, w.minute, w.weekdays, [rule.topics for rule in w.selection.rules]) for w in wishes]


@pytest.mark.django_db
@pytest.mark.holds("M1", "M2", "M3", "M10")
def test_whatever_a_person_changes_each_release_comes_exactly_once():
    for seed in range(LIVES):
        with transaction.atomic():
            Life(seed).live()
            transaction.set_rollback(True)
