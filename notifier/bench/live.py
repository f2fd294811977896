"""Thousands of listeners on one web process: from the commit of a release to each of them. Run by `herald bench live`.

A store, `herald scheduler` and `herald web` as processes of their own; two programs that hold the listeners, on many
selections that all match; and this process, which commits releases by plain SQL.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.workbench import (
    ROOT,
    Writer,
    database,
    make_store,
    percentile,
    resident,
    running,
    usage,
    writing,
)

PROGRAMS = 2  # that hold the listeners
WARM = 1  # releases that are not counted
PAUSE = 1.5  # seconds between two releases
IDLE = 5.0  # seconds of heartbeats alone
PATIENCE = 60.0


def run(
    listeners: int = 5_000, selections: int = 200, commits: int = 10, releases: int = 300, server: str = ""
) -> dict[str, Any]:
    """Delays in milliseconds, over all listeners and releases. `server` as for `notifier.bench.store`. Raises
    Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as folder, database(server) as address:
        port = _free_port()
        more: dict[str, str | int] = {"database_url": address} if address else {}
        environment = for_stranger(
            herald_home=Path(folder),
            herald_port=port,
            log_level="WARNING",
            canary_every="off",
            live_listeners=listeners + PROGRAMS,
            live_listeners_per_address=listeners + PROGRAMS,
            **more,
        )
        make_store(environment, releases)
        with (
            writing(Path(folder), address) as writer,
            running(environment, "scheduler"),
            running(environment, "web") as web,
        ):
            _until_there(port, web)
            _warm(port)
            before = resident(web.pid)
            began = time.perf_counter()
            with _listening(port, listeners, selections, WARM + commits) as programs:
                opened = time.perf_counter() - began
                held = resident(web.pid)
                idle = _work(web.pid, lambda: time.sleep(IDLE))
                committed: dict[str, float] = {}
                busy = _work(web.pid, lambda: _publish(writer, WARM + commits, committed))
                came, ended = _ended(programs)
            peak = usage(web.pid)[1]
    delays = [sorted(at - committed[title] for at in came.get(title, ())) for title in list(committed)[WARM:]]
    return {
        "database": "PostgreSQL" if address else "SQLite",
        "listeners": listeners,
        "selections": selections,
        "commits": commits,
        "received": sum(map(len, delays)),
        "expected": listeners * commits,
        "streams_ended": ended,
        **_milliseconds("delay", [delay for some in delays for delay in some]),
        **_milliseconds("first_listener", [some[0] for some in delays if some]),
        **_milliseconds("first_to_last", [some[-1] - some[0] for some in delays if some]),
        "goal": "shown within 1000 ms",
        "opened_a_second": round(listeners / opened),
        "memory_kb_per_listener": round((held - before) * 1024 / listeners, 1),
        "memory_mb": round(held, 1),
        "peak_memory_mb": round(peak, 1),
        "idle_cpu_percent": round(100 * idle / IDLE, 1),
        "cpu_us_per_event": round(busy / (WARM + commits) / listeners * 1e6, 1),
    }


def _publish(writer: Writer, count: int, committed: dict[str, float]) -> None:
    """Commit releases; `committed` gets each title and the instant its transaction was over."""
    office = writer.ask("SELECT id FROM feeds_office ORDER BY id LIMIT 1")[0][0]
    topics = [row[0] for row in writer.ask("SELECT id FROM feeds_topic ORDER BY id LIMIT 2")]
    for _ in range(count):
        title = f"Bench {secrets.token_hex(8)}"
        writer.store(title, office, topics)
        committed[title] = time.monotonic()
        time.sleep(PAUSE)


def _work(pid: int, action: Any) -> float:
    """The processor seconds that a process spends while `action()` runs."""
    before = usage(pid)[0]
    action()
    return usage(pid)[0] - before


@contextlib.contextmanager
def _listening(
    port: int, listeners: int, selections: int, events: int
) -> Iterator[list[subprocess.Popen[str]]]:
    """The programs that hold the listeners, all of them open."""
    share = -(-listeners // PROGRAMS)
    programs = []
    for first in range(0, listeners, share):
        numbers = (port, min(share, listeners - first), first, selections, events)
        command = [sys.executable, "-m", "notifier.bench.listening", *map(str, numbers)]
        programs.append(
            subprocess.Popen(  # noqa: S603 - this very Python
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
    try:
        for program in programs:
            assert program.stdout is not None
            if program.stdout.readline() != "open\n":
                raise Unavailable(
                    "not all listeners could be opened; raise the limit of open files (`ulimit -n`)"
                )
        yield programs
    finally:
        for program in programs:
            program.kill()
            program.communicate()


def _ended(programs: list[subprocess.Popen[str]]) -> tuple[dict[str, list[float]], int]:
    """When each event came, by title, and how many streams had ended before."""
    came: dict[str, list[float]] = {}
    ended = 0
    for program in programs:
        facts = json.loads(program.communicate("", PATIENCE)[0])
        ended += facts["ended"]
        for title, instants in facts["came"].items():
            came.setdefault(title, []).extend(instants)
    return came, ended


def _milliseconds(name: str, seconds: list[float]) -> dict[str, int]:
    if len(seconds) < 2:
        raise Unavailable("no release came to any listener; see what the scheduler and the server wrote")
    return {
        f"{name}_ms_p50": round(statistics.median(seconds) * 1000),
        f"{name}_ms_p99": round(percentile(seconds, 99) * 1000),
        f"{name}_ms_max": round(max(seconds) * 1000),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _until_there(port: int, web: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while web.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Unavailable("the web process did not begin; see what it wrote")


def _warm(port: int) -> None:
    """One stream, so that what all of them share is in memory already."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(b"GET /feeds/all.events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        line.recv(4096)
        time.sleep(0.5)
