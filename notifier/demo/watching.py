"""Watching a release on its way: stored, noticed, in each feed's file, in the mail. Measured, not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, Min, QuerySet

from feeds import catalogue, store
from feeds.models import Change, Standing
from feeds.selection import Facts
from notifier import interests
from notifier.demo.journal import Action, save
from notifier.models import (
    Cadence,
    Delivery,
    Dispatch,
    EditionRelease,
    Frequency,
    Settling,
    Subscriber,
)

STILL_FRESH = 5.0
WATCHED_FOR = 60.0
MAIL_WATCHED_FOR = 120.0
SETTLED = 5.0
_UNDER_WAY = {"pending", "sending", "deferred"}


@dataclass(frozen=True, slots=True)
class Mail:
    """The deliveries that hold the release: how many in each state, and the seconds to the first and last 250."""

    states: dict[str, int]
    first: float | None
    last: float | None

    @property
    def planned(self) -> int:
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        return self.states.get("sent", 0)

    @property
    def over(self) -> bool:
        """True when none of them is under way any more."""
        return not _UNDER_WAY & self.states.keys()


@dataclass(frozen=True, slots=True)
class Awaited:
    """How many readers chose alerts that the release fits; `until` when, for those who had one within the minute."""

    readers: int
    until: datetime | None


def look(action: Action) -> None:
    """Fill in what has come true since the last look, and keep it."""
    if action.noticed is None:
        action.noticed = _noticed(action)
    if action.noticed is not None:
        for path in sorted(_paths(action.release)):
            if path not in action.feeds:
                _look_at_feed(action, path)
    save(action)


def awaited(action: Action, now: datetime) -> Awaited:
    """Whom a release that was just published is to reach at once, and what they wait for."""
    release = store.load([action.release]).get(action.release) if action.kind == "published" else None
    if release is None:
        return Awaited(0, None)
    facts = store.facts(release)
    rows = Cadence.objects.filter(frequency=Frequency.INSTANT, paused_at=None).values_list("interest")
    counts = dict(rows.annotate(n=Count("*")))
    fitting = [pk for pk, selection in interests.selections(counts).items() if selection.matches(facts)]
    settling = Settling.objects.filter(pk__in=fitting, until__gt=now).aggregate(until=Max("until"))
    return Awaited(sum(counts[pk] for pk in fitting), settling["until"])


def over(action: Action, mail: Mail, expected: Awaited, now: datetime) -> bool:
    """True when nothing more is expected soon."""
    waited = (now - action.instant).total_seconds()
    if not mail.over or mail.planned < expected.readers:
        return waited > MAIL_WATCHED_FOR
    if action.release and (action.noticed is None or not action.feeds.keys() >= _paths(action.release)):
        return waited > WATCHED_FOR
    return waited > SETTLED


def mail_of(action: Action, origin: str = "") -> Mail:
    """What left because of the action: the deliveries that hold its release, or of all digests after a new day.

    `origin`: count only what goes to subscribers who came that way.
    """
    dispatches = Dispatch.objects.filter(made_at__gte=action.instant)
    deliveries = Delivery.objects.all()
    if action.release:
        dispatches = Dispatch.objects.filter(editions__editionrelease__release_id=action.release)
        editions = EditionRelease.objects.filter(release_id=action.release)
        deliveries = deliveries.filter(edition_id__in=list(editions.values_list("edition_id", flat=True)))
    if origin:
        deliveries = deliveries.filter(
            subscriber_id__in=Subscriber.objects.filter(origin=origin).values("pk")
        )
    since = dispatches.filter(made_at__gte=action.instant).values_list("id", flat=True).distinct()
    return _mail(action.instant, deliveries.filter(dispatch_id__in=list(since)))


def _mail(began: datetime, deliveries: QuerySet[Delivery]) -> Mail:
    counted = deliveries.values_list("state").annotate(n=Count("*"))
    states = {Delivery.State(state).name.lower(): n for state, n in counted}
    sent = deliveries.filter(state=Delivery.State.SENT)
    times = sent.aggregate(first=Min("finished_at"), last=Max("finished_at"))
    first, last = (
        None if at is None else (at - began).total_seconds() for at in (times["first"], times["last"])
    )
    return Mail(states, first, last)


def _noticed(action: Action) -> float | None:
    changes = Change.objects.filter(kind="release", subject_id=action.release, seq__gt=action.seq)
    at = changes.aggregate(at=Max("noticed_at"))["at"]
    return None if at is None else max(0.0, (at - action.instant).total_seconds())


def _paths(release: int) -> frozenset[str]:
    standing = Standing.objects.filter(pk=release).first()
    return catalogue.paths_for(Facts.from_json(standing.facts)) if standing else frozenset()


def _look_at_feed(action: Action, path: str) -> None:
    """Note when the feed's file took its present form, if that form shows the action."""
    file = Path(settings.FEED_FOLDER) / f"{path}.atom"
    guid = Standing.objects.values_list("guid", flat=True).get(pk=action.release)
    try:
        status, entries = file.stat(), file.read_bytes()
    except FileNotFoundError:
        return
    # A rename moves ctime and not mtime: the later of the two is when readers could see these bytes.
    after = max(status.st_mtime, status.st_ctime) - action.written
    there = b"<id>" + guid.encode() + b"</id>" in entries
    if after >= 0 and there == (action.kind != "withdrawn"):
        action.feeds[path] = after if after < STILL_FRESH else None
