"""The store that benchmarks work on: made-up releases written by plain SQL, as another program would, then noticed.

Run as a program it makes the newsroom, its releases and its feeds in HERALD_HOME.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from config import environment
from feeds.sources.item import RawItem

AT_ONCE = 10_000  # releases in one transaction


def main(releases: int, alerts: int, feed_content: str) -> None:
    """Fills the store and carries all of it on to the feeds, whose entries hold full texts or the "summary"; and enters
    so many subscribers, each of whom is alerted at a `word` of their own.
    """
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    from django.conf import settings

    from feeds import publisher
    from feeds.models import Newsroom
    from notifier import installation
    from notifier.bench import data

    at = now()
    installation.prepare(at)
    Newsroom.objects.update(feed_content=feed_content)
    fill(data.releases(releases), at)
    publisher.publish(Path(settings.FEED_FOLDER), at)
    enter(alerts, at)


def word(number: int) -> str:
    """What a release must say for subscriber `number` to be alerted, and nobody else."""
    return f"quiet{number:05}"


def enter(alerts: int, at: datetime) -> None:
    from feeds.selection import Rule, Selection
    from notifier import subscriptions
    from notifier.wishes import Wish

    for number in range(alerts):
        wish = Wish(Selection((Rule(words=(word(number),)),)), "instant")
        address = f"{word(number)}@example.org"
        asked = subscriptions.ask(address, [wish], language="en", zone="UTC", origin="demo", now=at)
        subscriptions.confirm(asked.pk, at)


def now() -> datetime:
    from config import clock

    return clock.now()


def fill(items: Iterable[RawItem], at: datetime) -> int:
    """Write these releases, silent, and take notice of them as far as their feeds' rows; returns how many."""
    from feeds import membership, notice

    found, total = iter(items), 0
    while some := list(islice(found, AT_ONCE)):
        write(some)
        total += len(some)
        notice.take(at)
        membership.keep(at)
    return total


def write(items: list[RawItem]) -> None:
    """One transaction. Ids follow upon the highest there is: nobody else writes."""
    from django.db import transaction

    with transaction.atomic():
        _write(items)
        _follow_on()


def _write(items: list[RawItem]) -> None:
    from django.db.models import Max

    from feeds import rows
    from feeds.models import Office, Release, ReleaseType, Topic

    first = (Release.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    types = dict(ReleaseType.objects.values_list("name", "pk"))
    columns = (
        "id",
        "title",
        "published_on",
        "url",
        "summary",
        "body",
        "language",
        "author",
        "type_id",
        "silent",
    )
    rows.write(
        Release,
        columns,
        (
            (pk, item.title, item.published_on.isoformat(), item.url, item.summary, item.body, item.language,
             item.author, types.get(item.type), True)
            for pk, item in enumerate(items, first)
        ),
    )  # fmt: skip
    for model, kind in ((Office, "office"), (Topic, "topic")):
        ids = dict(model._default_manager.values_list("name", "pk"))
        through = getattr(Release, f"{kind}s").through
        rows.write(through, ("release_id", f"{kind}_id"), _links(items, first, f"{kind}s", ids))


def _follow_on() -> None:
    """Whoever inserts without an id after us gets the next one: PostgreSQL's sequence does not know of ours."""
    from django.core.management.color import no_style
    from django.db import connection

    from feeds.models import Release

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Release]):
            cursor.execute(statement)


def _links(items: list[RawItem], first: int, labels: str, ids: dict[str, int]) -> Iterator[tuple[int, int]]:
    for pk, item in enumerate(items, first):
        yield from ((pk, ids[label]) for label in getattr(item, labels))


if __name__ == "__main__":
    _, releases, alerts, feed_content = sys.argv
    main(int(releases), int(alerts), feed_content)
