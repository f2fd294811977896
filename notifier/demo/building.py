"""Filling a demo home: the sample listing, made-up releases and people, feeds; and something to have in the mailbox.

Subscribers join and the sample is announced a good day before `now`, so that each reader's morning has come since: the
digests and alerts are due when the scheduler starts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from config import revisions
from config.demo import Demo
from feeds import membership, notice, publisher
from feeds.intake import take_in
from feeds.models import Office, Release, ReleaseType, Source, Topic
from feeds.sources import files
from notifier import planner
from notifier.demo import entering, made_up
from notifier.demo.middleware import USER
from notifier.demo.people import people

DATA = Path(__file__).parent / "data"
SAMPLE = ("newsroom-listing.txt", "newsroom-listing.html")
SOURCE = "made-up"
RELEASES = 2_000
PEOPLE = 100
ANNOUNCED = 12
AT_ONCE = 1_000  # their changes are one batch of notice, which then judges each release once
HEAD_START = timedelta(hours=26)
MINUTE = timedelta(minutes=1)

Say = Callable[[str], None]


def build(mark: Demo, now: datetime, say: Say) -> None:
    """Fill this home as `mark` says. The tables and the default configuration are there."""
    earlier = now - HEAD_START
    get_user_model().objects.get_or_create(
        username=USER, defaults={"is_staff": True, "is_superuser": True, "password": "!"}
    )
    say("The sample listing …")
    sample = import_sample(earlier)
    say(f"{PEOPLE} made-up subscribers …")
    _enter_people(mark.seed, earlier)
    for release in sample:
        notice.announce(release, earlier + MINUTE)
    if not mark.bare:
        say(f"{RELEASES:,} made-up releases …")
        _import_made_up(mark.seed, earlier + MINUTE, now)
    planner.plan(
        earlier + 2 * MINUTE
    )  # the alerts, so that nobody's interest settles when the desk is opened
    say("Their feeds …")
    membership.keep(now)
    publisher.rebuild(Path(settings.FEED_FOLDER), now)


def import_sample(now: datetime) -> list[int]:
    """The sample listing, first as text and then as HTML; returns the ids of its releases, oldest first."""
    source = Source.objects.get(slug="newsroom")
    reports = [take_in(files.read(DATA / name, source).items, source, now) for name in SAMPLE]
    notice.take(now)
    return sorted(chain.from_iterable(report.new for report in reports))


def _import_made_up(seed: int, then: datetime, now: datetime) -> None:
    """Two years of them, silent; the last few that were out by `then` and carry a label are announced after all."""
    source = _source(then)
    items = list(
        made_up.releases(
            seed, RELEASES,
            list(Office.objects.filter(closed=False).values_list("name", flat=True)),
            list(Topic.objects.values_list("name", flat=True)),
            list(ReleaseType.objects.values_list("name", flat=True)),
            until=now.date(),
        )
    )  # fmt: skip
    for start in range(0, len(items), AT_ONCE):
        take_in(items[start : start + AT_ONCE], source, then, announce=False)
        notice.take(then)
    out = Release.objects.filter(
        source=source, published_on__lte=then.date(), topics__isnull=False
    ).distinct()
    for release in out.order_by("-published_on", "-id")[:ANNOUNCED]:
        notice.announce(release.pk, then)


def _source(now: datetime) -> Source:
    with revisions.recording("command:demo", "command", "the demo's made-up releases", now=now):
        return Source.objects.get_or_create(
            slug=SOURCE, defaults={"name": "Made up for the demo", "kind": "folder"}
        )[0]


def _enter_people(seed: int, now: datetime) -> None:
    """A hundred, who choose oftenest what the sample is about."""
    offices = _by_use(Office)
    topics = _by_use(Topic)
    next_morning = (now + HEAD_START / 2).isoweekday()
    entering.enter(people(seed, PEOPLE, offices, topics, next_morning), now)


def _by_use(kind: type[Office] | type[Topic]) -> list[str]:
    """Slugs, those of releases that are in the store first."""
    used = list(kind.objects.filter(releases__isnull=False).distinct().values_list("slug", flat=True))
    return used + list(kind.objects.exclude(slug__in=used).values_list("slug", flat=True))
