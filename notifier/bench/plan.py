"""Planning a digest for many, beside a bare INSERT … SELECT of as many rows. Run by `herald bench plan`.

Each number of subscribers is measured in a process of its own (`notifier.bench.planning`), on a database of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.workbench import database

ROOT = Path(__file__).resolve().parents[2]


def run(subscribers: int, server: str = "", *, spread: bool = False, rounds: int = 3) -> dict[str, Any]:
    """Medians of `rounds`, as plain numbers. `spread`: over 24 zones and three frequencies, not one digest to all.

    `server`: the postgres:// address of a server on which a database may be made and dropped; empty: SQLite. Raises
    Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as home, database(server) as address:
        more = {"database_url": address} if address else {}
        environment = for_stranger(herald_home=Path(home), log_level="WARNING", **more)
        words = [str(subscribers), "spread" if spread else "one", str(rounds)]
        for stage in ("fill", "measure"):
            done = subprocess.run(  # noqa: S603 - this very Python
                [sys.executable, "-m", "notifier.bench.planning", stage, *words],
                env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise Unavailable(f"the benchmark could not {stage}; see what it wrote")
        figures: dict[str, Any] = json.loads(done.stdout)
    return {"database": "PostgreSQL" if address else "SQLite", **figures}
