"""From a release committed to the store by another program to every feed file it touches, and to the moment a relay has
taken the alert of whoever was waiting for it. Run by `herald bench store`.

A store with the newsroom's feeds and some thousand releases; `herald scheduler` and `herald worker` as processes of
their own; and this process, which is the relay as well, commits one release after another by plain SQL and watches the
files. Each release is one subscriber's, who has not been alerted before.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.accepting import Relay
from notifier.bench.storing import word
from notifier.bench.workbench import Writer, database, make_store, percentile, running, usage, writing

SUFFIXES = ("atom", "rss", "json")
PATIENCE = 30.0  # seconds until a release that does not appear is a fault
LOOK_EVERY = 0.002
WARM = 2  # releases that are not counted
Round = tuple[float, float, float]
"""Seconds of the transaction itself; and from its end until the last touched file holds the release, and until its
alert is accepted."""


def run(releases: int = 3_000, commits: int = 100, server: str = "") -> dict[str, Any]:
    """Percentiles over `commits` releases, in milliseconds. `server`: the postgres:// address of a server on which a
    database may be made and dropped; empty: SQLite. Raises Unavailable.
    """
    with (
        tempfile.TemporaryDirectory(prefix="herald-bench-") as folder,
        database(server) as address,
        Relay() as relay,
    ):
        home = Path(folder)
        more = {"database_url": address} if address else {}
        environment = for_stranger(
            herald_home=home, log_level="WARNING", canary_every="off", smtp_url=relay.url, **more
        )
        make_store(environment, releases, WARM + commits)
        with (
            writing(home, address) as writer,
            running(environment, "scheduler") as scheduler,
            running(environment, "worker") as worker,
        ):
            chance = random.Random(1)  # noqa: S311 - a choice of labels
            terms = [
                writer.ask(f"SELECT id, slug FROM feeds_{kind} ORDER BY id") for kind in ("office", "topic")
            ]
            watch = Watch(home / "feeds", relay, (scheduler, worker))
            rounds = [_one(number, writer, watch, terms, chance) for number in range(WARM + commits)]
            used = usage(scheduler.pid)
    return _summary("PostgreSQL" if address else "SQLite", releases, rounds[WARM:], used, WARM + commits)


class Watch:
    """Where a release is to show, and who must not end before it does."""

    def __init__(
        self, folder: Path, relay: Relay, processes: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]
    ) -> None:
        self.folder, self._relay, self._processes = folder, relay, processes

    def times(self, title: str, paths: list[str], committed: float) -> tuple[float, float]:
        """When the last of its files held it, and when its alert was accepted (`perf_counter`). Raises Unavailable."""
        waiting = {self.folder / f"{path}.{suffix}": 0 for path in paths for suffix in SUFFIXES}
        filed = 0.0
        while not filed or title not in self._relay.accepted:
            if any(process.poll() is not None for process in self._processes):
                raise Unavailable("the scheduler or the worker ended; see what it wrote")
            if time.perf_counter() - committed > PATIENCE:
                missing = min(waiting).name if waiting else "the relay"
                raise Unavailable(f"not in {missing} within {PATIENCE:.0f} s")
            waiting = {
                path: seen for path, seen in _looked(waiting) if not _holds(path, seen, waiting[path], title)
            }
            filed = filed or (0.0 if waiting else time.perf_counter())
            time.sleep(LOOK_EVERY)
        return filed, self._relay.accepted[title]


def _one(
    number: int, writer: Writer, watch: Watch, terms: list[list[tuple[Any, ...]]], chance: random.Random
) -> Round:
    (office, place), topics = chance.choice(terms[0]), chance.sample(terms[1], 2)
    title = f"Bench {word(number)}"
    time.sleep(chance.random() / 2)  # so that it comes at any moment of the scheduler's second
    began = time.perf_counter()
    writer.store(title, office, [topic for topic, _ in topics])
    committed = time.perf_counter()
    paths = ["all", f"offices/{place}", *(f"topics/{slug}" for _, slug in topics)]
    filed, accepted = watch.times(title, paths, committed)
    return committed - began, filed - committed, accepted - committed


def _looked(waiting: dict[Path, int]) -> Iterator[tuple[Path, int]]:
    for path in waiting:
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat().st_mtime_ns
            continue
        yield path, 0


def _holds(path: Path, seen: int, before: int, title: str) -> bool:
    """Whether the file, if it was written since the last look, holds the release."""
    return seen != before and title.encode() in path.read_bytes()


def _summary(
    kind: str, releases: int, rounds: list[Round], used: tuple[float, float], written: int
) -> dict[str, Any]:
    commits, waits, alerts = ([one[which] * 1000 for one in rounds] for which in (0, 1, 2))
    return {
        "database": kind,
        "releases": releases,
        "commits": len(rounds),
        "ours_ms_p50": round(statistics.median(waits)),
        "ours_ms_p99": round(percentile(waits, 99)),
        "ours_ms_max": round(max(waits)),
        "alert_ms_p50": round(statistics.median(alerts)),
        "alert_ms_p99": round(percentile(alerts, 99)),
        "alert_ms_max": round(max(alerts)),
        "reference_ms_p50": round(statistics.median(commits), 1),
        "reference_ms_p99": round(percentile(commits, 99), 1),
        "goal": "p50 < 500 ms, p99 < 2000 ms",
        "cpu_ms_per_release": round(used[0] / written * 1000, 1),
        "peak_memory_mb": round(used[1], 1),
        "reference": "the writer's own transaction: a release and three labels, until its commit returns",
        "rounds_ms": [round(wait) for wait in waits],
        "alert_rounds_ms": [round(wait) for wait in alerts],
    }
