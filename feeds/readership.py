"""What was counted of requests for feeds, in the database: added up, forgotten in time, and read for the admin site."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Sum

from feeds.models import FeedDay, ReportedSubscribers
from feeds.tally import COUNTED, Counts, Traffic

KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Readership:
    """Each day of a period, the oldest first; what readers reported on each of them that has a report."""

    days: Sequence[date]
    traffic: Sequence[Traffic]
    reports: Sequence[dict[str, int]]

    @property
    def total(self) -> Traffic:
        return Traffic.of(self.traffic)

    @property
    def newest(self) -> dict[str, tuple[date, int]]:
        """What each reader reported last, the most first. The last day is not over: it counts if there is no other."""
        found: dict[str, tuple[date, int]] = {}
        for day, reports in [
            (self.days[-1], self.reports[-1]),
            *zip(self.days[:-1], self.reports[:-1], strict=True),
        ]:
            found |= {reader: (day, count) for reader, count in reports.items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[0])))


def add(counts: Counts) -> None:
    """Add what was counted to what is there; of subscribers the most reported stays. All of it, or nothing.

    In the order of the keys, so that processes that write at the same time wait for each other in one direction.
    """
    written = connection.ops.adapt_datefield_value
    requests = [
        (written(day), feed, *(getattr(one, name) for name in COUNTED))
        for (day, feed), one in sorted(counts.traffic.items())
    ]
    reports = [
        (written(source[0]), *source[1:], variant, subscribers)
        for source, variants in sorted(counts.reports.items())
        for variant, subscribers in sorted(variants.items())
    ]
    with transaction.atomic():
        _upsert(FeedDay, ("day", "feed"), COUNTED, "{0} = {1}.{0} + excluded.{0}", requests)
        most = "{0} = CASE WHEN excluded.{0} > {1}.{0} THEN excluded.{0} ELSE {1}.{0} END"
        key = ("day", "feed", "suffix", "reader", "variant")
        _upsert(ReportedSubscribers, key, ("subscribers",), most, reports)


def forget(now: datetime) -> int:
    """Delete what is older than 400 days; how many rows those were."""
    end = now.date() - KEPT
    old = [model.objects.filter(day__lt=end) for model in (FeedDay, ReportedSubscribers)]
    return sum(rows.delete()[0] for rows in old if rows.exists())


def read(today: date, days: int, feed: str = "") -> Readership:
    """The last `days` days up to `today`, of `feed` (its path) or of all feeds."""
    period = [today - timedelta(days=back) for back in reversed(range(days))]
    chosen: Any = {"day__range": (period[0], today), **({"feed": feed} if feed else {})}
    counted = FeedDay.objects.filter(**chosen).values_list("day").annotate(*map(Sum, COUNTED))
    traffic = {day: Traffic(*values) for day, *values in counted}
    told = ReportedSubscribers.objects.filter(**chosen).values_list("day", "reader")
    reports: dict[date, dict[str, int]] = {}
    for day, reader, subscribers in told.annotate(Sum("subscribers")):
        reports.setdefault(day, {})[reader] = subscribers
    return Readership(
        period,
        [traffic.get(day, Traffic()) for day in period],
        [reports.get(day, {}) for day in period],
    )


def by_feed(today: date, days: int) -> dict[str, Traffic]:
    """The same period's traffic of each feed that was asked for, the most asked for first."""
    first = today - timedelta(days=days - 1)
    rows = FeedDay.objects.filter(day__range=(first, today)).values_list("feed").annotate(*map(Sum, COUNTED))
    return {feed: Traffic(*values) for feed, *values in sorted(rows, key=lambda row: (-row[1], row[0]))}


def subscribers_by_feed(today: date, days: int, feeds: Collection[str] | None = None) -> dict[str, int]:
    """What all readers reported last of each feed in the period, as `Readership.newest` has it of each; of all feeds,
    or of these.
    """
    first = today - timedelta(days=days - 1)
    chosen: Any = {"day__range": (first, today), **({} if feeds is None else {"feed__in": feeds})}
    rows = ReportedSubscribers.objects.filter(**chosen).values_list("feed", "reader", "day")
    newest: dict[tuple[str, str], tuple[bool, date, int]] = {}
    for feed, reader, day, count in rows.annotate(Sum("subscribers")):
        newest[feed, reader] = max(newest.get((feed, reader), (False, day, 0)), (day < today, day, count))
    found: dict[str, int] = {}
    for (feed, _), (_, _, count) in newest.items():
        found[feed] = found.get(feed, 0) + count
    return found


def _upsert(
    model: type[Model], key: Sequence[str], values: Sequence[str], change: str, rows: Iterable[Sequence[Any]]
) -> None:
    """INSERT, or `change` each of `values` of the row that is there: {0} is a column, {1} the table."""
    table = model._meta.db_table
    columns = [*key, *values]
    changes = ", ".join(change.format(name, table) for name in values)
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))
