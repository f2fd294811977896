"""Our side of `notifier.bench.plan`, a program: `fill` makes releases and subscribers in HERALD_HOME, `measure` plans.

Ours is the whole of `planner.plan`: what is due, matching, editions, deliveries, in as many transactions as it takes.
The reference copies as many deliveries from one table into the same table by one INSERT … SELECT.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from config import environment

NOW = datetime(2025, 2, 18, 9, 0, tzinfo=UTC)
RELEASES = 20
RENDERED = 200
"""So many editions are rendered, and the time of all of them is reckoned from that."""

TABLES = (
    "delivery",
    "match",
    "particular",
    "settling",
    "editionrelease",
    "editiontext",
    "rendering",
    "edition",
    "dispatch",
)
_COLUMNS = "subscriber_id, edition_id, interest_id, lane"
_COPY = (
    f"INSERT INTO notifier_delivery (dispatch_id, {_COLUMNS}) SELECT dispatch_id, {_COLUMNS} FROM bench_copy"
)


def fill(subscribers: int, spread: bool) -> None:
    from feeds import intake, notice
    from feeds.models import Release, Source
    from notifier import installation
    from notifier.bench import crowds, data

    installation.prepare(NOW)
    source = Source.objects.first()
    assert source is not None, "a newsroom that ships without a source"
    then = NOW - timedelta(hours=5)
    intake.take_in(data.releases(RELEASES, days=3), source, then, announce=False)
    notice.take(then)
    for release in Release.objects.all():
        notice.announce(release.pk, then)
    crowds.fill(subscribers, spread, NOW - timedelta(days=8))


def measure(subscribers: int, rounds: int) -> dict[str, Any]:
    from notifier import planner
    from notifier.models import Edition
    from notifier.planning import drafting, filling, gathering, recording

    stages: dict[str, float] = defaultdict(float)
    for module, name in (
        (gathering, "audiences"), (drafting, "match_all"), (drafting, "buckets"), (recording, "record"),
        (filling, "fill_range"),
    ):  # fmt: skip
        setattr(module, name, _timed(stages, name, getattr(module, name)))
    found = []
    for _ in range(rounds):
        _forget()
        stages.clear()
        began = time.perf_counter()
        dispatches = planner.plan(NOW + timedelta(days=7))
        seconds = time.perf_counter() - began
        found.append({"ours": seconds, "reference": _reference(), **stages})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _forget()
    planner.plan(NOW + timedelta(days=7))
    return _summary(subscribers, len(dispatches), found) | {
        "editions": Edition.objects.count(),
        "rendering_ms_an_edition": round(_rendering() * 1000, 2),
        "peak_memory_mb": round(peak),
    }


def _timed(stages: dict[str, float], name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        began = time.perf_counter()
        found = step(*given)
        found = tuple(found) if name == "buckets" else found
        stages[name] += time.perf_counter() - began
        return found

    return timed


def _forget() -> None:
    """As it was before anything was planned."""
    from django.db import connection

    from notifier.models import Chain

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM notifier_{table}")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE notifier_delivery")
    Chain.objects.update(served_until=NOW - timedelta(days=8))


def _reference() -> float:
    """Seconds to copy the deliveries there are now into the table emptied of them, in one transaction."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_copy AS SELECT dispatch_id, {_COLUMNS} FROM notifier_delivery"
            " ORDER BY dispatch_id, subscriber_id"
        )
        cursor.execute("DELETE FROM notifier_delivery")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE notifier_delivery")
        began = time.perf_counter()
        with transaction.atomic():
            cursor.execute(_COPY)
            rows: int = cursor.rowcount
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_copy")
    return seconds / max(rows, 1)


def _rendering() -> float:
    """Seconds to render an edition, on average over some."""
    from notifier import letters
    from notifier.models import Edition

    editions = list(Edition.objects.select_related("dispatch__chain").order_by("digest")[:RENDERED])
    began = time.perf_counter()
    letters.patterns(editions)
    return (time.perf_counter() - began) / max(len(editions), 1)


def _summary(subscribers: int, dispatches: int, found: list[dict[str, float]]) -> dict[str, Any]:
    from notifier.models import Delivery

    deliveries = Delivery.objects.count()

    def median(name: str) -> float:
        return statistics.median(each.get(name, 0.0) for each in found)

    return {
        "subscribers": subscribers,
        "dispatches": dispatches,
        "deliveries": deliveries,
        "ours_seconds": round(median("ours"), 3),
        "reference_seconds": round(median("reference") * deliveries, 3),
        "ratio": round(statistics.median(each["reference"] * deliveries / each["ours"] for each in found), 3),
        "us_a_subscriber": round(median("ours") / subscribers * 1e6, 2),
        "matching_share": round(statistics.median(each["match_all"] / each["ours"] for each in found), 4),
        "stages_seconds": {
            name: round(median(name), 3)
            for name in ("audiences", "match_all", "buckets", "record", "fill_range")
        },
        "reference": "INSERT INTO notifier_delivery … SELECT … FROM a table with the same rows in the same order",
        "rounds": [{name: round(value, 6) for name, value in each.items()} for each in found],
    }


def main(stage: str, subscribers: int, spread: bool, rounds: int) -> None:
    """`measure` prints a line of JSON."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    if stage == "fill":
        fill(subscribers, spread)
    else:
        sys.stdout.write(json.dumps(measure(subscribers, rounds)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "spread", int(sys.argv[4]))
