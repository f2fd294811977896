"""From a release committed to the store by another program to every feed file it touches. Run by `herald bench store`.

A store with the newsroom's feeds and some thousand releases; `herald scheduler` as a process of its own; and this
process, which commits one release after another by plain SQL and watches the files.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from config.environment import for_stranger
from notifier.bench import Unavailable

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = ("atom", "rss", "json")
PATIENCE = 30.0  # seconds until a release that does not appear is a fault
LOOK_EVERY = 0.002
WARM = 2  # releases that are not counted
INSERT = "INSERT INTO feeds_release(title, published_on, summary, body) VALUES (?, CURRENT_DATE, ?, ?) RETURNING id"
TEXT = "Officers and experts from both sides of the border met to compare what they have learnt. "


def run(releases: int = 3_000, commits: int = 100, server: str = "") -> dict[str, Any]:
    """Percentiles over `commits` releases, in milliseconds. `server`: the postgres:// address of a server on which a
    database may be made and dropped; empty: SQLite. Raises Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as folder, _database(server) as address:
        home = Path(folder)
        more = {"database_url": address} if address else {}
        environment = for_stranger(herald_home=home, log_level="WARNING", **more)
        _make(environment, releases)
        with _writer(home, address) as writer, _scheduler(environment) as scheduler:
            chance = random.Random(1)  # noqa: S311 - a choice of labels
            terms = [
                writer.ask(f"SELECT id, slug FROM feeds_{kind} ORDER BY id") for kind in ("office", "topic")
            ]
            rounds = [_one(writer, home / "feeds", terms, chance, scheduler) for _ in range(WARM + commits)]
            usage = _usage(scheduler.pid)
    return _summary("PostgreSQL" if address else "SQLite", releases, rounds[WARM:], usage, WARM + commits)


class _Writer:
    """Another program: knows the tables and nothing else of Herald."""

    def __init__(self, connection: Any, mark: str) -> None:
        self._connection, self._mark = connection, mark

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement.replace("?", self._mark), values)
        return list(cursor.fetchall()) if cursor.description else []

    def store(self, title: str, office: int, topics: Sequence[int]) -> None:
        """One transaction: the release and its labels."""
        self.ask("BEGIN")
        [(release,)] = self.ask(INSERT, title, TEXT, f"<p>{TEXT * 20}</p>")
        self.ask("INSERT INTO feeds_release_offices(release_id, office_id) VALUES (?, ?)", release, office)
        for topic in topics:
            self.ask("INSERT INTO feeds_release_topics(release_id, topic_id) VALUES (?, ?)", release, topic)
        self.ask("COMMIT")


def _one(
    writer: _Writer, folder: Path, terms: list[Any], chance: random.Random, scheduler: subprocess.Popen[bytes]
) -> tuple[float, float]:
    """Seconds of the transaction itself, and from its end until the last touched file holds the release."""
    (office, place), topics = chance.choice(terms[0]), chance.sample(terms[1], 2)
    title = f"Bench {secrets.token_hex(8)}"
    paths = ["all", f"offices/{place}", *(f"topics/{slug}" for _, slug in topics)]
    waiting = {folder / f"{path}.{suffix}": 0 for path in paths for suffix in SUFFIXES}
    time.sleep(chance.random() / 2)  # so that it comes at any moment of the scheduler's second
    began = time.perf_counter()
    writer.store(title, office, [topic for topic, _ in topics])
    committed = time.perf_counter()
    while waiting:
        if scheduler.poll() is not None:
            raise Unavailable("the scheduler ended; see what it wrote")
        if time.perf_counter() - committed > PATIENCE:
            raise Unavailable(f"not in {min(waiting).name} within {PATIENCE:.0f} s")
        waiting = {
            path: seen for path, seen in _looked(waiting) if not _holds(path, seen, waiting[path], title)
        }
        time.sleep(LOOK_EVERY)
    return committed - began, time.perf_counter() - committed


def _looked(waiting: dict[Path, int]) -> Iterator[tuple[Path, int]]:
    for path in waiting:
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat().st_mtime_ns
            continue
        yield path, 0


def _holds(path: Path, seen: int, before: int, title: str) -> bool:
    """Whether the file, if it was written since the last look, holds the release."""
    return seen != before and title.encode() in path.read_bytes()


def _make(environment: dict[str, str], releases: int) -> None:
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-m", "notifier.bench.storing", str(releases)],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"the store could not be made: {done.stderr.strip().splitlines()[-1]}")


@contextlib.contextmanager
def _scheduler(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "from notifier.cli import main; main()", "scheduler"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 - this very Python
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def _writer(home: Path, address: str) -> Iterator[_Writer]:
    if address:
        import psycopg

        with psycopg.connect(address, autocommit=True) as connection:
            yield _Writer(connection, "%s")
        return
    with contextlib.closing(
        sqlite3.connect(home / "herald.sqlite3", isolation_level=None, timeout=30)
    ) as database:
        database.execute("PRAGMA synchronous = FULL")
        yield _Writer(database, "?")


@contextlib.contextmanager
def _database(server: str) -> Iterator[str]:
    """The address of a database made for this run; empty for SQLite, which lies in the home."""
    if not server:
        yield ""
        return
    import psycopg
    from psycopg import OperationalError, sql

    name = f"herald_bench_{secrets.token_hex(4)}"
    try:
        maintenance = psycopg.connect(
            urlunsplit(urlsplit(server)._replace(path="/postgres")), autocommit=True
        )
    except OperationalError as error:
        raise Unavailable(f"PostgreSQL cannot be reached: {error}") from None
    with maintenance:
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _usage(pid: int) -> tuple[float, float]:
    """The processor seconds of a process until now, and its peak memory in MB."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak) / 1024


def _summary(
    database: str, releases: int, rounds: list[tuple[float, float]], usage: tuple[float, float], written: int
) -> dict[str, Any]:
    commits, waits = ([pair[which] * 1000 for pair in rounds] for which in (0, 1))
    return {
        "database": database,
        "releases": releases,
        "commits": len(rounds),
        "ours_ms_p50": round(statistics.median(waits)),
        "ours_ms_p99": round(_percentile(waits, 99)),
        "ours_ms_max": round(max(waits)),
        "reference_ms_p50": round(statistics.median(commits), 1),
        "reference_ms_p99": round(_percentile(commits, 99), 1),
        "goal": "p50 < 500 ms, p99 < 2000 ms",
        "cpu_ms_per_release": round(usage[0] / written * 1000, 1),
        "peak_memory_mb": round(usage[1], 1),
        "reference": "the writer's own transaction: a release and three labels, until its commit returns",
        "rounds_ms": [round(wait) for wait in waits],
    }


def _percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
