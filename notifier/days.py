"""Figures by day (UTC) that cannot be counted later: what happened on it, and how many follow what at its end.

    keep   once in an hour: the day that runs, and those before it that may still change
    read   for the dashboard and the weekly letter
    forget after 400 days

Flows (releases, messages, …) are counted again for a few days, as messages are sent on; the first time, as far back as
the tables go. Levels (people, by topic, by office) are those of the last time that was counted on the day: nobody can
count yesterday's today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from feeds.models import Announcement
from notifier.interests import selections
from notifier.models import NOBODY, Cadence, DayCount, Delivery, Dispatch, Reply, Subscriber, Tally

KEPT = timedelta(days=400)
AGAIN, FIRST = 3, 35  # days whose flows are counted: usually, and the first time
FRESH = timedelta(hours=1)
_DAY = timedelta(days=1)
_KEY = ("day", "what", "slug")


class What(StrEnum):
    RELEASES = "releases"  # announced
    MESSAGES = "messages"  # sent, by the day their dispatch was made
    JOINED = "joined"
    LEFT = "left"
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    PEOPLE = "people"  # who get mail, at the day's end
    TOPIC = "topic"
    OFFICE = "office"


FLOWS = (What.RELEASES, What.MESSAGES, What.JOINED, What.LEFT, What.BOUNCES, What.COMPLAINTS)
Counts = Mapping[tuple[str, str], Mapping[date, int]]
"""{(what, slug): {day: count}}"""


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, the oldest first, and what was counted on them."""

    days: Sequence[date]
    counts: Counts = field(default_factory=dict)

    def flow(self, what: What) -> list[int]:
        there = self.counts.get((what, ""), {})
        return [there.get(day, 0) for day in self.days]

    def level(self, what: What, slug: str = "") -> list[int | None]:
        """None on days that were not counted; nobody followed what has no row on one that was."""
        there, counted = self.counts.get((what, slug), {}), self.counts.get((What.PEOPLE, ""), {})
        return [there.get(day, 0) if day in counted else None for day in self.days]

    def slugs(self, what: What) -> list[str]:
        return sorted(slug for kind, slug in self.counts if kind == what)


def keep(now: datetime) -> bool:
    """Count, unless it was done within the hour. True if it was; two at once write the same."""
    today = now.astimezone(UTC).date()
    counted = _counted_at(today)
    if counted is not None and now - counted < FRESH:
        return False
    last = DayCount.objects.filter(what=What.PEOPLE).order_by("-day").values_list("day", flat=True).first()
    earliest = today - FIRST * _DAY
    first = max(earliest, min(last, today - AGAIN * _DAY)) if last else earliest
    _write([*_flows(first, today), *_levels(today), (today, _COUNTED, "", int(now.timestamp()))], today)
    return True


def read(today: date, days: int) -> Days:
    """The last `days` days up to `today`."""
    period = [today - back * _DAY for back in reversed(range(days))]
    rows = DayCount.objects.filter(day__range=(period[0], today)).exclude(what=_COUNTED)
    counts: dict[tuple[str, str], dict[date, int]] = {}
    for day, what, slug, count in rows.values_list("day", "what", "slug", "count"):
        counts.setdefault((what, slug), {})[day] = count
    return Days(period, counts)


def forget(now: datetime) -> int:
    old = DayCount.objects.filter(day__lt=now.date() - KEPT)
    return old.delete()[0] if old.exists() else 0


_COUNTED = "counted"  # beside the figures of a day: when they were counted, in seconds
_Row = tuple[date, str, str, int]


def _counted_at(today: date) -> datetime | None:
    row = DayCount.objects.filter(day=today, what=_COUNTED).first()
    return datetime.fromtimestamp(row.count, UTC) if row else None


def _flows(first: date, today: date) -> Iterable[_Row]:
    """A row for each day and flow, 0 included: what was there before is put right."""
    since = datetime.combine(first, time(), UTC)
    bad = (Reply.Kind.HARD, Reply.Kind.SOFT)
    replies = Reply.objects.filter(at__gte=since)
    found: dict[What, Mapping[date, int]] = {
        What.RELEASES: _by_day(Announcement.objects.filter(at__gte=since, before__isnull=True), "at"),
        What.MESSAGES: _messages(since),
        What.JOINED: _by_day(Subscriber.objects.filter(confirmed_at__gte=since), "confirmed_at"),
        What.LEFT: _by_day(Subscriber.objects.filter(left_at__gte=since), "left_at"),
        What.BOUNCES: _by_day(replies.filter(kind__in=bad), "at"),
        What.COMPLAINTS: _by_day(replies.filter(kind=Reply.Kind.COMPLAINT), "at"),
    }
    days = [first + n * _DAY for n in range((today - first).days + 1)]
    return [(day, what, "", counts.get(day, 0)) for what, counts in found.items() for day in days]


def _by_day(rows: QuerySet[Any], column: str) -> dict[date, int]:
    days = rows.annotate(_on=TruncDate(column, tzinfo=UTC)).values_list("_on").order_by("_on")
    return dict(days.annotate(n=Count("pk")))


def _messages(since: datetime) -> Counter[date]:
    """Of counted dispatches by their sums; of the others by their deliveries, through the primary key."""
    found: Counter[date] = Counter()
    sums = Tally.objects.filter(dispatch__made_at__gte=since, state=Delivery.State.SENT)
    on = TruncDate("dispatch__made_at", tzinfo=UTC)
    found.update(dict(sums.annotate(_on=on).values_list("_on").order_by("_on").annotate(n=Sum("count"))))
    uncounted = Dispatch.objects.filter(made_at__gte=since, counted_at=None)
    made = dict(uncounted.values_list("pk", "made_at"))
    deliveries = Delivery.objects.filter(
        dispatch_id__in=list(made), subscriber_id__gt=NOBODY, state=Delivery.State.SENT
    )
    for pk, many in (
        deliveries.values_list("dispatch_id").order_by("dispatch_id").annotate(n=Count("subscriber_id"))
    ):
        found[made[pk].astimezone(UTC).date()] += many
    return found


def _levels(today: date) -> Iterable[_Row]:
    """People who get mail; and by topic and office, each person once for each frequency."""
    yield today, What.PEOPLE, "", Subscriber.objects.filter(state=Subscriber.State.ACTIVE).count()
    people = dict(
        Cadence.objects.filter(paused_at=None)
        .values_list("interest")
        .order_by("interest")
        .annotate(n=Count("pk"))
    )
    found: Counter[tuple[What, str]] = Counter()
    for interest, selection in selections(people).items():
        named = {(What.TOPIC, slug) for rule in selection.rules for slug in rule.topics}
        named |= {(What.OFFICE, slug) for rule in selection.rules for slug in rule.offices}
        for key in named:
            found[key] += people[interest]
    yield from ((today, what, slug, many) for (what, slug), many in sorted(found.items()))


def _write(rows: Iterable[_Row], today: date) -> None:
    """In the order of the keys, so that two who write at once wait for each other in one direction. What nobody follows
    any more since the last time has no row today.
    """
    made = [DayCount(day=day, what=what, slug=slug, count=count) for day, what, slug, count in sorted(rows)]
    with transaction.atomic():
        DayCount.objects.filter(day=today, what__in=(What.TOPIC, What.OFFICE)).delete()
        DayCount.objects.bulk_create(
            made, batch_size=1_000, update_conflicts=True, unique_fields=_KEY, update_fields=["count"]
        )
