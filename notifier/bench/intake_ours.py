"""Our side of `notifier.bench.intake`, a program: at each line of stdin takes a feed into an empty store, and again."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config import environment

NOW = datetime(2025, 2, 18, 9, 0, tzinfo=UTC)
TABLES = ("feeds_release", "feeds_releasekey", "feeds_release_offices", "feeds_release_topics", "feeds_pendinglabel",
          "feeds_pendingterm", "feeds_releasewarning", "feeds_translationlink", "feeds_change")  # fmt: skip


def main(feed: Path) -> None:
    """One line of JSON for each line of stdin: seconds and CPU seconds of the first intake and of the next."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    from feeds.models import Source
    from notifier import installation

    installation.prepare(NOW)
    Source.objects.bulk_create([Source(slug="upstream", name="Upstream", kind="syndication")])
    content = feed.read_bytes()
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(_measure(content)) + "\n")
        sys.stdout.flush()


def _measure(content: bytes) -> dict[str, Any]:
    _forget()
    first, again = _take_in(content), _take_in(content)
    if not first["new"] or first["faults"] or again["same"] != first["new"]:
        return {"error": f"first {first}, then {again}"}
    return {
        "first": first["seconds"],
        "again": again["seconds"],
        "parsing": first["parsing"],
        "cpu": first["cpu"],
        "cpu_again": again["cpu"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _take_in(content: bytes) -> dict[str, Any]:
    from feeds import intake
    from feeds.models import Source
    from feeds.sources import syndication

    source = Source.objects.get(slug="upstream")
    used, began = time.process_time(), time.perf_counter()
    reading = syndication.read(content, "feed.atom")
    read = time.perf_counter()
    report = intake.take_in(reading.items, source, NOW)
    ended = time.perf_counter()
    return {
        "seconds": ended - began,
        "parsing": read - began,
        "cpu": time.process_time() - used,
        "new": len(report.new),
        "same": report.same,
        "faults": len(reading.faults) + len(report.faults),
    }


def _forget() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
