"""For `notifier.bench.size`, a program: `fill` makes a newsroom with its people and ledger, `measure` works there."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from config import environment

AT_ONCE = 500  # deliveries of a claim
CLAIMS = 100
NEW = 20  # releases of the day
READ = 1_000  # people whose address can be read


def fill(subscribers: int, releases: int, days: int) -> None:
    from config import clock
    from feeds.models import Newsroom
    from notifier import installation
    from notifier.bench import crowds, data, ledgers, storing
    from notifier.models import Schedule

    now = clock.now()
    installation.prepare(now)
    Newsroom.objects.update(feed_content="summary")
    Schedule.objects.update(too_late_hours=48)  # so that the runs of a whole day are due at one moment
    storing.fill(data.releases(releases), now)
    crowds.fill(subscribers, True, now - timedelta(days=1))
    _give_addresses(subscribers)
    ledgers.fill(now, days)


def measure(subscribers: int) -> dict[str, Any]:
    from config import clock
    from notifier.bench import visiting

    now = clock.now()
    before = _ledger()
    figures = {"subscribers": subscribers, "ledger": before, **_plan(subscribers, now)}
    figures |= _send()
    figures["pages_ms"] = visiting.pages(subscribers, now)
    figures |= _retire(now)
    figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def _give_addresses(subscribers: int) -> None:
    from notifier import addresses
    from notifier.models import Subscriber

    some = list(Subscriber.objects.filter(pk__gt=subscribers - READ))
    for one in some:
        one.address = addresses.encrypt(address_of(one.pk))
    Subscriber.objects.bulk_update(some, ["address"], batch_size=500)


def address_of(subscriber: int) -> str:
    return f"person{subscriber}@example.org"


def _ledger() -> dict[str, Any]:
    from notifier import partitions

    names = [part.name for part in partitions.parts()] or [partitions.LEDGER]
    rows, size, indexes = _one(
        "SELECT SUM(GREATEST(reltuples, 0))::bigint, SUM(pg_relation_size(oid))::bigint,"
        " SUM(pg_indexes_size(oid))::bigint FROM pg_class WHERE relname = ANY(%s)",
        [names],
    )
    return {
        "partitions": len(names), "deliveries": rows, "table_mb": size >> 20, "indexes_mb": indexes >> 20,
        "bytes_a_delivery": round((size + indexes) / max(rows, 1)),
    }  # fmt: skip


def _plan(subscribers: int, now: datetime) -> dict[str, Any]:
    """A digest to everybody whose chain is due, and an alert, of twenty releases that have just been announced."""
    from feeds import notice
    from feeds.models import Release
    from notifier import partitions, planner
    from notifier.bench import data, storing
    from notifier.models import Delivery

    storing.write(list(data.releases(NEW, days=3)))
    notice.take(now)
    for release in Release.objects.order_by("-pk").values_list("pk", flat=True)[:NEW]:
        notice.announce(release, now)
    made, _ = _timed(lambda: partitions.prepare(now))
    dispatches, seconds = _timed(lambda: planner.plan(now + timedelta(days=1)))
    planned = Delivery.objects.filter(dispatch_id__in=dispatches).count()
    return {
        "partitions_made": len(made), "plan_seconds": round(seconds, 2), "plan_dispatches": len(dispatches),
        "plan_deliveries": planned, "plan_us_a_subscriber": round(seconds / subscribers * 1e6, 2),
    }  # fmt: skip


def _send() -> dict[str, Any]:
    """What a sender asks of the ledger: claims of 500, and marks of eleven at once, as the clerk writes them."""
    from config import clock
    from notifier import ledger
    from notifier.models import Delivery

    owner, claims, marks, rows = ledger.take_lease("bench", 1), list[float](), list[float](), 0
    for _ in range(CLAIMS):
        now = clock.now() + timedelta(days=1)
        found, seconds = _timed(partial(ledger.claim, owner, AT_ONCE, now))
        if not found:
            break
        claims.append(seconds)
        rows += len(found)
        for first in range(0, len(found), 11):
            some = [
                ledger.Mark(claimed, Delivery.State.SENT, now, version=1)
                for claimed in found[first : first + 11]
            ]
            marks.append(_timed(partial(ledger.mark_many, some))[1])
    ledger.end_lease(owner)
    return {
        "claim_500_ms": _ms(claims), "mark_11_ms": _ms(marks),
        "claims_and_marks_a_second": round(rows / (sum(claims) + sum(marks))) if rows else 0,
    }  # fmt: skip


def _retire(now: datetime) -> dict[str, Any]:
    """A partition dropped, sums and all; beside it another that is emptied by DELETE, and tidied."""
    from django.db import connection

    from notifier import partitions, tallies
    from notifier.models import Delivery, Dispatch

    first, second = partitions.parts()[:2]
    for part in (first, second):
        Dispatch.objects.filter(pk__gte=part.lower, pk__lt=part.upper).update(
            made_at=now - timedelta(days=90)
        )
    rows = Delivery.objects.filter(dispatch_id__gte=second.lower, dispatch_id__lt=second.upper).count()
    deleted = 0.0
    for dispatch in Dispatch.objects.filter(pk__gte=second.lower, pk__lt=second.upper):
        deleted += _timed(partial(tallies._delete, dispatch.pk, float("inf")))[1]
    with connection.cursor() as cursor:
        tidied = _timed(lambda: cursor.execute(f'VACUUM "{second.name}"'))[1]
    kept = Delivery.objects.filter(dispatch_id__gte=first.lower, dispatch_id__lt=first.upper).count()
    dropped = _timed(lambda: partitions.drop(first))[1]
    return {
        "deleted_rows": rows, "delete_seconds": round(deleted, 2), "vacuum_seconds": round(tidied, 2),
        "dropped_rows": kept, "drop_ms": round(dropped * 1000, 1),
    }  # fmt: skip


def _one(statement: str, values: list[Any]) -> tuple[Any, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _timed(step: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = step()
    return found, time.perf_counter() - began


def _ms(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 2) if seconds else 0.0


def main(stage: str, subscribers: int, releases: int, days: int) -> None:
    """`measure` prints a line of JSON."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    if stage == "fill":
        fill(subscribers, releases, days)
    else:
        sys.stdout.write(json.dumps(measure(subscribers)))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
