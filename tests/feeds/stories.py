"""What happens to a newsroom, in the words of the tests: releases are written as any SQL writer does it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection

from feeds import membership, notice
from feeds.models import Membership, Newsroom, Office, ReleaseType, Topic

NOW = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
SECOND = timedelta(seconds=1)


def newsroom(**columns: object) -> Newsroom:
    names = {"name": "Newsroom of X", "publisher": "X", "tag_authority": "x.example,2025", **columns}
    row = Newsroom(pk=1, **names)
    Newsroom.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=list(names)
    )
    return row


def office(slug: str = "vienna", name: str = "Vienna", **columns: object) -> Office:
    return write_row("feeds_office", slug=slug, name=name, **columns) and Office.objects.get(slug=slug)


def topic(slug: str = "borders", name: str = "Border management", **columns: object) -> Topic:
    return write_row("feeds_topic", slug=slug, name=name, **columns) and Topic.objects.get(slug=slug)


def kind(slug: str = "news", name: str = "News") -> ReleaseType:
    return write_row("feeds_releasetype", slug=slug, name=name) and ReleaseType.objects.get(slug=slug)


def write(title: str = "A release", published_on: date = TODAY, labels: tuple = (), **columns: object) -> int:
    """A release with its offices and topics; its id."""
    release = write_row("feeds_release", title=title, published_on=published_on.isoformat(), **columns)
    label(release, *labels)
    return release


def label(release: int, *terms: Office | Topic) -> None:
    for term in terms:
        name = "office" if isinstance(term, Office) else "topic"
        write_row(f"feeds_release_{name}s", **{"release_id": release, f"{name}_id": term.pk})


def edit(release: int, **columns: object) -> None:
    changes = ", ".join(f"{name} = %s" for name in columns)
    run(f"UPDATE feeds_release SET {changes} WHERE id = %s", *columns.values(), release)


def withdraw(release: int) -> None:
    edit(release, state="withdrawn")


def settle(now: datetime = NOW) -> None:
    """Herald takes notice of what happened, and keeps the feeds' members."""
    notice.take(now)
    membership.keep(now)


def members(feed: str) -> list[int]:
    """Newest first."""
    rows = Membership.objects.filter(feed=feed, left_at=None).order_by("-position")
    return list(rows.values_list("release_id", flat=True))


def write_row(table: str, **columns: object) -> int:
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table}({names}) VALUES ({marks}) RETURNING id", list(columns.values()))
        return cursor.fetchone()[0]


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
