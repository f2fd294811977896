"""What benchmarks of the whole way share: a store, a writer that knows only its tables, `herald` as processes."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from notifier.bench import Unavailable

ROOT = Path(__file__).resolve().parents[2]
INSERT = "INSERT INTO feeds_release(title, published_on, summary, body) VALUES (?, CURRENT_DATE, ?, ?) RETURNING id"
TEXT = "Officers and experts from both sides of the border met to compare what they have learnt. "


class Writer:
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


def make_store(environment: dict[str, str], releases: int, alerts: int = 0) -> None:
    """The newsroom, so many made-up releases, their feeds, and subscribers who are alerted at one word each
    (`storing.word`). Raises Unavailable.
    """
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-m", "notifier.bench.storing", str(releases), str(alerts), "full"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"the store could not be made: {done.stderr.strip().splitlines()[-1]}")


@contextlib.contextmanager
def running(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`herald …` as a process of its own, ended at the end."""
    command = [sys.executable, "-c", "from notifier.cli import main; main()", *words]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 - this very Python
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def writing(home: Path, address: str) -> Iterator[Writer]:
    """`address` as from `database`."""
    if address:
        import psycopg

        with psycopg.connect(address, autocommit=True) as connection:
            yield Writer(connection, "%s")
        return
    with contextlib.closing(
        sqlite3.connect(home / "herald.sqlite3", isolation_level=None, timeout=30)
    ) as database:
        database.execute("PRAGMA synchronous = FULL")
        yield Writer(database, "?")


@contextlib.contextmanager
def database(server: str) -> Iterator[str]:
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


def usage(pid: int) -> tuple[float, float]:
    """The processor seconds of a process until now, and its peak memory in MB."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak) / 1024


def resident(pid: int) -> float:
    """The memory a process has now, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
