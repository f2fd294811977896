"""What tests of planning share: people, releases and what came of them, in few words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count

from feeds import notice
from feeds.models import Office, Release, Standing, Topic
from feeds.selection import EVERYTHING, Selection, of
from notifier import subscriptions
from notifier.models import Delivery, Edition, Subscriber
from notifier.subscriptions import Wish

NOW = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
_numbers = count(1)


def topic(slug: str) -> Selection:
    return of(topics=[slug])


def instant(selection: Selection = EVERYTHING) -> Wish:
    return Wish(selection, "instant")


def daily(selection: Selection = EVERYTHING, minute: int = 420) -> Wish:
    return Wish(selection, "daily", minute)


def weekly(selection: Selection = EVERYTHING, weekday: str = "1", minute: int = 420) -> Wish:
    return Wish(selection, "weekly", minute, weekday)


def several(selection: Selection = EVERYTHING) -> Wish:
    return Wish(selection, "several")


def monthly(selection: Selection = EVERYTHING, monthday: int = 1, minute: int = 420) -> Wish:
    return Wish(selection, "monthly", minute, None, monthday)


def person(
    *wishes: Wish,
    now: datetime = NOW,
    zone: str = "UTC",
    language: str = "en",
    repeat_alerts: bool = False,
) -> Subscriber:
    """One who asked and confirmed at `now`."""
    asked = subscriptions.ask(
        f"person-{next(_numbers)}@example.org",
        wishes,
        language=language,
        zone=zone,
        origin="page",
        now=now,
        repeat_alerts=repeat_alerts,
    )
    return subscriptions.confirm(asked, now)


def release(
    *labels: str,
    at: datetime | None = NOW,
    published_on: date | None = None,
    language: str = "en",
    **columns: object,
) -> int:
    """A release with these topics ("office:…" for offices), noticed at `at` (None: not yet)."""
    row = Release.objects.create(
        title=str(columns.pop("title", "A release")),
        published_on=published_on or (at or NOW).date(),
        language=language,
        **columns,
    )
    label(row.pk, *labels)
    if at is not None:
        notice.take(at)
    return row.pk


def label(release_id: int, *labels: str, at: datetime | None = None) -> None:
    row = Release.objects.get(pk=release_id)
    for name in labels:
        kind, _, slug = name.rpartition(":")
        model, relation = (Office, row.offices) if kind == "office" else (Topic, row.topics)
        term = model.objects.filter(slug=slug).first()
        relation.add(term or model.objects.bulk_create([model(slug=slug, name=slug.title())])[0])
    if at is not None:
        notice.take(at)


def got(subscriber: Subscriber, *lanes: int) -> list[list[int]]:
    """What the person was given: the releases of each message, in order of dispatch. Letters do not count."""
    rows = Delivery.objects.filter(subscriber_id=subscriber.pk, lane__in=lanes or (1, 2))
    rows = rows.exclude(state=Delivery.State.CANCELLED).order_by("dispatch_id")
    editions = rows.values_list("edition_id", flat=True)
    return [[item["release"] for item in Edition.objects.get(pk=pk).content] for pk in editions]


def counted(subscriber: Subscriber, *lanes: int) -> Counter[int]:
    """How many times the person was given each language group."""
    groups = dict(Standing.objects.values_list("pk", "group"))
    return Counter(groups[release] for message in got(subscriber, *lanes) for release in message)


def reasons(subscriber: Subscriber) -> dict[int, list[list[str]]]:
    """Why the person got what was in their last message."""
    last = Delivery.objects.filter(subscriber_id=subscriber.pk).order_by("-dispatch_id").first()
    assert last is not None
    return {item["release"]: item["because"] for item in Edition.objects.get(pk=last.edition_id).content}
