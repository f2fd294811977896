"""One, two and four workers on one PostgreSQL database, each a process with a sink of its own, so that no sink holds
them up; and whether each delivery was sent once. Run by `herald bench workers`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from config.environment import for_stranger, prepare_home
from notifier.bench.children import ask, child, free_port
from notifier.bench.send import CONNECTIONS, program, sink
from notifier.bench.workbench import database

CREWS = (1, 2, 4)


def run(messages: int, server: str, crews: Sequence[int] = CREWS, rounds: int = 5) -> dict[str, Any]:
    """Medians of `rounds`, turn and turn about, by number of workers. Raises Unavailable."""
    catcher = program("smtp-sink")
    with (
        tempfile.TemporaryDirectory(prefix="herald-bench-") as name,
        database(server) as address,
        ExitStack() as all_,
    ):
        home = Path(name)
        prepare_home(home)
        workers = []
        for number in range(max(crews)):
            port = free_port()
            all_.enter_context(sink(catcher, port))
            environment = for_stranger(
                herald_home=home, smtp_url=f"smtp://127.0.0.1:{port}", smtp_connections=CONNECTIONS,
                log_level="WARNING", database_url=address,
            )  # fmt: skip
            words = str(messages if number == 0 else 0)
            workers.append(all_.enter_context(child("sending", words, environment=environment)))
            ask(workers[0], "ready")  # the newsroom is there before the others look for it
        found = [{crew: _round(workers[:crew]) for crew in crews} for _ in range(rounds)]
    return {
        "messages": messages, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
        "workers": {str(crew): _summary(messages, [each[crew] for each in found]) for crew in crews},
    }  # fmt: skip


def _round(workers: Sequence[subprocess.Popen[str]]) -> dict[str, Any]:
    ask(workers[0], "fill")
    began = time.monotonic()
    with ThreadPoolExecutor(len(workers)) as threads:
        done = list(threads.map(lambda worker: ask(worker, "drain"), workers))
    return {
        "seconds": max(each["ended"] for each in done) - began,
        "sent": [each["counts"].get("sent", 0) for each in done],
        "cpu": sum(each["cpu"] for each in done),
        **ask(workers[0], "result"),
    }


def _summary(messages: int, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """`lost`: not sent by the ledger; `doubled`: handed to a relay oftener than that."""
    return {
        "per_second": round(statistics.median(messages / each["seconds"] for each in rounds)),
        "cpu_us_per_message": round(statistics.median(each["cpu"] for each in rounds) / messages * 1e6),
        "shares": [rounds[-1]["sent"]],
        "lost": sum(messages - each["states"].get("sent", 0) for each in rounds),
        "doubled": sum(sum(each["sent"]) - each["states"].get("sent", 0) for each in rounds),
        "tried_again": sum(each["again"] for each in rounds),
    }
