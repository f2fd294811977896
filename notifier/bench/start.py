"""`herald run` on an empty SQLite database: how long until the first page, and what it uses while nothing happens. Run
by `herald bench start`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.children import free_port
from notifier.bench.workbench import running, usage

SETTLED = 15.0  # seconds after the first page, in which what is done once at the start is over
LONGEST = 120.0
PAGE = "/privacy"


def run(idle_seconds: int = 60, rounds: int = 5) -> dict[str, Any]:
    """Medians of `rounds`: seconds to the first page; then, once, what all processes use in `idle_seconds` of nothing.
    Raises Unavailable.
    """
    first, idle = [], dict[str, Any]()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="herald-bench-") as home:
            port = free_port()
            environment = for_stranger(
                herald_home=Path(home), herald_port=port, log_level="WARNING", smtp_url="smtp://127.0.0.1:1"
            )
            began = time.monotonic()
            with running(environment, "run") as process:
                first.append(_answered(port, began))
                if number == rounds - 1:
                    time.sleep(SETTLED)
                    idle = _idle(process.pid, idle_seconds)
    return {
        "first_page_seconds": round(statistics.median(first), 2),
        "first_page_rounds": [round(each, 2) for each in first],
        **idle,
        "load": round(os.getloadavg()[0], 1),
    }


def _answered(port: int, began: float) -> float:
    """Seconds until a page is answered in full."""
    while time.monotonic() < began + LONGEST:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{PAGE}", timeout=LONGEST) as page:
                page.read()
            return time.monotonic() - began
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise Unavailable("no page was answered; see what it wrote")


def _idle(pid: int, seconds: int) -> dict[str, Any]:
    """Of all its processes: the share of one core, and memory as proportional set size (what several share is counted
    once, in parts).
    """
    tree = sorted(_tree(pid))
    before = sum(usage(one)[0] for one in tree)
    time.sleep(seconds)
    used = sum(usage(one)[0] for one in tree) - before
    memory = {_name(one, pid): round(_pss(one), 1) for one in tree}
    return {
        "idle_cpu_percent": round(used / seconds * 100, 2),
        "idle_pss_mb": round(sum(memory.values()), 1),
        "idle_pss_mb_by_process": memory,
    }


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        yield from _tree(int(child))


def _name(pid: int, first: int) -> str:
    said = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    return f"{said} {'supervisor' if pid == first else pid}"


def _pss(pid: int) -> float:
    """In MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) / 1024
