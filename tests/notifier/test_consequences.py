"""What a draft of the configuration is said to mean is what comes of it: random drafts, shown, applied, lived through.

`HERALD_DRAFTS=200 pytest tests/notifier/test_consequences.py` makes two hundred of them.
"""

from __future__ import annotations

import copy
import os
import random
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from config import drafting, revisions
from config.sections import Refused
from feeds import labels, notice
from feeds.models import Office, PendingLabel, PendingTerm, Release, ReleaseType, Standing, Topic
from feeds.selection import UNTAGGED, Facts, Rule, Selection
from notifier import drafts, interests, planner, rescheduling
from notifier.drafting.values import Consequences, Effect
from notifier.models import Cadence, Delivery, Dispatch, EditionRelease
from notifier.subscriptions import Wish
from tests.config.samples import shipped
from tests.databases import enough
from tests.notifier.planning_kit import DAY, HOUR, MINUTE, NOW, person, release
from tests.notifier.test_tiling import ZONES

DRAFTS = int(os.environ.get("HERALD_DRAFTS", enough(sqlite=3, postgresql=2)))
MODELS = {"office": Office, "topic": Topic, "type": ReleaseType}
STRANGE = ("Frontiers", "Dust")


class World:
    """A newsroom with its readers, as it is when a draft is made."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = NOW
        newsroom = shipped()
        for row in newsroom["schedule"]:
            row["too_late_hours"] = 0  # nobody plans on time here
        revisions.apply(newsroom, "start", "start", now=NOW - 40 * DAY)
        self.slugs = {
            kind: list(model.objects.values_list("slug", flat=True)) for kind, model in MODELS.items()
        }
        rescheduling.follow(NOW - 40 * DAY)
        self.people = [
            person(*self.wishes(), now=NOW - 35 * DAY, zone=self.random.choice(ZONES[:3])) for _ in range(9)
        ]
        self.month = [self.publish(NOW - n * 2 * DAY) for n in range(12, 0, -1)]
        self.live(NOW - 35 * DAY, NOW - 2 * HOUR, step=3 * DAY)
        self.month += [self.publish(NOW - MINUTE) for _ in range(4)]

    def some(self, kind: str, most: int = 2) -> tuple[str, ...]:
        return tuple(self.random.sample(self.slugs[kind], self.random.randint(0, most)))

    def wishes(self) -> list[Wish]:
        found = []
        for frequency in self.random.sample(("instant", "daily", "weekly"), self.random.randint(1, 2)):
            rule = Rule(
                offices=self.some("office", 1),
                topics=(*self.some("topic"), *self.random.choice([(), (UNTAGGED,)])),
                types=self.some("type", 1) if self.random.random() < 0.2 else (),
                not_topics=self.some("topic", 1) if self.random.random() < 0.2 else (),
            )
            found.append(Wish(Selection((rule,)), frequency, self.random.choice((None, None, 90, 600)), None))
        return found

    def publish(self, at: datetime) -> int:
        names = [f"office:{slug}" for slug in self.some("office", 1)] + list(self.some("topic"))
        kind = ReleaseType.objects.filter(slug__in=self.some("type", 1)).first()
        pk = release(*names, at=None, published_on=at.date(), type=kind)
        if self.random.random() < 0.3:
            term, _ = PendingTerm.objects.get_or_create(
                kind="topic", label=self.random.choice(STRANGE), defaults={"first_seen_at": at}
            )
            PendingLabel.objects.create(term=term, release_id=pk)
        notice.take(at)
        return pk

    def live(self, begin: datetime, end: datetime, step: timedelta = 23 * HOUR) -> None:
        while begin < end:
            begin = min(begin + step, end)
            planner.plan(begin)

    # A draft

    def draft(self) -> dict:
        document = copy.deepcopy(revisions.document())
        changes = [
            self.merge, self.merge, self.rename, self.close, self.alias, self.alias, self.hour, self.days, self.offer,
            self.settle, self.remove, self.found,
        ]  # fmt: skip
        for change in self.random.sample(changes, self.random.randint(1, 3)):
            change(document)
        return document

    def row(self, document: dict, kind: str) -> dict:
        return self.random.choice(document[kind])

    def merge(self, document: dict) -> None:
        kind = self.random.choice(tuple(MODELS))
        old = self.row(document, kind)
        rows = [row for row in document[kind] if row is not old and row.get("broader") != old["slug"]]
        if len(rows) == len(document[kind]) - 1:
            self.random.choice(rows)["former"].append(old["slug"])
            document[kind] = rows

    def rename(self, document: dict) -> None:
        row = self.row(document, self.random.choice(tuple(MODELS)))
        row["aliases"] += [row["name"]] if self.random.random() < 0.5 else []
        row["name"] = self.random.choice(("A new name", *STRANGE))

    def close(self, document: dict) -> None:
        self.row(document, "office")["closed"] = True

    def alias(self, document: dict) -> None:
        self.row(document, "topic")["aliases"].append(self.random.choice(STRANGE))

    def found(self, document: dict) -> None:
        fresh = {"slug": "new-topic", "name": self.random.choice(STRANGE), "aliases": [], "former": []}
        document["topic"].append({**fresh, "broader": "", "position": 0})

    def remove(self, document: dict) -> None:
        kind = self.random.choice(tuple(MODELS))
        document[kind].remove(self.row(document, kind))

    def timed(self, document: dict) -> dict:
        return self.random.choice(
            [row for row in document["schedule"] if row["frequency"] in ("daily", "weekly")]
        )

    def hour(self, document: dict) -> None:
        self.timed(document)["times"] = [self.random.choice(("05:15", "12:00", "23:30"))]

    def days(self, document: dict) -> None:
        self.timed(document)["weekdays"] = self.random.choice((["tuesday"], ["monday", "thursday"]))

    def offer(self, document: dict) -> None:
        self.row(document, "schedule")["offered"] = False

    def settle(self, document: dict) -> None:
        self.row(document, "schedule")["settling_seconds"] = 0

    # What comes of it

    def names(self) -> dict[int, dict[str, list[str]]]:
        """Under which labels a source sent the releases of the month."""
        relation = {"office": "releases", "topic": "releases", "type": "release"}
        return {
            pk: {
                kind: list(model.objects.filter(**{relation[kind]: pk}).values_list("name", flat=True))
                for kind, model in MODELS.items()
            }
            for pk in self.month
        }

    def again(self, names: dict[int, dict[str, list[str]]], at: datetime) -> dict[int, int]:
        """The month's releases come in anew under the same labels: id of the new -> id of the old."""
        made = {}
        for old, labelled in names.items():
            ids = {kind: labels.load(kind).resolve(labelled[kind]).ids for kind in MODELS}
            kind = next(iter(ids["type"]), None)
            row = Release.objects.create(title="again", published_on=at.date(), language="en", type_id=kind)
            row.offices.add(*ids["office"])
            row.topics.add(*ids["topic"])
            made[row.pk] = old
        notice.take(at)
        return made

    def given(self) -> dict[int, set[int]]:
        """Which releases each person was given so far."""
        held: dict[int, set[int]] = {}
        for edition, pk in EditionRelease.objects.values_list("edition_id", "release_id"):
            held.setdefault(edition, set()).add(pk)
        found: dict[int, set[int]] = {one.pk: set() for one in self.people}
        for who, edition in Delivery.objects.exclude(lane=0).values_list("subscriber_id", "edition_id"):
            found[who] |= held[edition]
        return found

    def universe(self, draft: dict | None, names: dict, commit) -> tuple[dict, dict, dict]:
        """(next message of each, what comes of what waits, what comes of another month), by person."""
        with transaction.atomic():
            if draft is not None:
                kept = drafting.add(
                    "account:1", revisions.Tried(revisions.document(), draft, revisions.current()), self.now
                )
                with commit(execute=True):
                    assert drafting.apply(kept, drafting.review(kept).seen, "", "account:1", self.now)
                notice.take(self.now)
            rescheduling.follow(self.now)
            before, leaves = self.given(), {}
            self.live(self.now, self.now + 8 * DAY)
            for cadence in Cadence.objects.exclude(frequency="instant"):
                runs = Dispatch.objects.filter(chain=cadence.chain_id, ends_at__gt=self.now).order_by(
                    "ends_at"
                )
                leaves[cadence.subscriber_id, cadence.frequency] = runs.values_list(
                    "ends_at", flat=True
                ).first()
            between = self.given()
            made = self.again(names, self.now + 8 * DAY + MINUTE)
            self.live(self.now + 8 * DAY + MINUTE, self.now + 16 * DAY)
            waited = {pk: had - before[pk] for pk, had in between.items()}
            month = {pk: {made[new] for new in had - between[pk]} for pk, had in self.given().items()}
            transaction.set_rollback(True)
        return leaves, waited, month


def shown(draft: dict, now: datetime) -> Consequences:
    """What the page on which a draft is reviewed is made of."""
    kept = drafting.add("account:1", revisions.Tried(revisions.document(), draft, revisions.current()), now)
    told = drafts.consequences_of(drafting.review(kept).document, now)
    drafting.discard(kept, "account:1", now)
    return told


def effects_of(
    world: World, told: Consequences, draft: dict
) -> dict[int, list[tuple[Cadence, Effect | None]]]:
    """For each person their cadences, each with what it was said to change for it."""
    by_key = {effect.audience.key: effect for effect in told.effects}
    cadences = {(one.subscriber_id, one.frequency): one for one in Cadence.objects.all()}
    found: dict[int, list[tuple[Cadence, Effect | None]]] = {one.pk: [] for one in world.people}
    for whose, key in drafts.keyed(drafts.timed(draft, revisions.document())):
        found[whose[0]].append((cadences[whose], by_key.get(key)))
    return found


def check(world: World, told: Consequences, commit, draft: dict) -> None:
    names, cadences, before = world.names(), effects_of(world, told, draft), world.given()
    facts = {pk: Facts.from_json(f) for pk, f in Standing.objects.values_list("pk", "facts")}
    meant = interests.selections(c.interest_id for pairs in cadences.values() for c, _ in pairs)
    leaves0, waited0, month0 = world.universe(None, names, commit)
    leaves1, waited1, month1 = world.universe(draft, names, commit)
    for who, pairs in cadences.items():
        about = f"{revisions.diff(revisions.document(), draft)}\nperson {who}: {pairs}"
        month, kept, gains, loses = set(), set(), set(), set()
        for cadence, effect in pairs:
            matching = {pk for pk in world.month if meant[cadence.interest_id].matches(facts[pk])}
            month |= (matching - (effect.loses if effect else set())) | (effect.gains if effect else set())
            kept |= matching - (effect.next_loses if effect else set())
            gains |= effect.next_gains if effect else set()
            loses |= effect.next_loses if effect else set()
            if cadence.frequency != "instant":
                key = who, cadence.frequency
                said = (effect.next_before, effect.next_after) if effect else (leaves0[key], leaves0[key])
                assert (leaves0[key], leaves1[key]) == said, about
        assert month1[who] == month, about
        # What one of their mails loses, another may gain.
        assert waited1[who] == ((waited0[who] | gains) - (loses - kept - gains)) - before[who], about
    touched = {who for who, pairs in cadences.items() if any(effect for _, effect in pairs)}
    assert told.people == len(touched), draft
    assert {w for w in cadences if month0[w] != month1[w] or waited0[w] != waited1[w]} <= touched, draft


@pytest.mark.django_db
@pytest.mark.holds("E3")
def test_what_a_draft_is_said_to_mean_is_what_is_then_sent(django_capture_on_commit_callbacks):
    refused = changed = 0
    for seed in range(DRAFTS):
        with transaction.atomic():
            world = World(seed)
            draft = world.draft()
            told = shown(draft, world.now)
            if told.refused:
                refused += 1
                with pytest.raises(Refused), transaction.atomic():
                    revisions.apply(draft, "command:test", "test", now=world.now)
            elif revisions.diff(revisions.document(), draft):
                check(world, told, django_capture_on_commit_callbacks, draft)
                changed += bool(told.effects)
            transaction.set_rollback(True)
    print(f"{DRAFTS} drafts, {refused} refused, {changed} with effects")  # noqa: T201 - with -s
    assert changed
