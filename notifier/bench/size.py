"""A newsroom at size on PostgreSQL: so many subscribers, releases, and days of deliveries in the ledger. What planning,
claims and marks, pages and retention take there, for one or several numbers of subscribers. Run by `herald bench size`.

Each size is measured in a process of its own (`notifier.bench.sizing`), on a database of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.workbench import database

ROOT = Path(__file__).resolve().parents[2]


def run(sizes: Sequence[int], releases: int, days: int, server: str) -> dict[str, Any]:
    """What was measured, by number of subscribers. `server`: the postgres:// address of a server on which databases
    may be made and dropped. Raises Unavailable.
    """
    return {str(subscribers): _measured(subscribers, releases, days, server) for subscribers in sizes}


def _measured(subscribers: int, releases: int, days: int, server: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as home, database(server) as address:
        environment = for_stranger(
            herald_home=Path(home), database_url=address, log_level="WARNING", second_factor="nobody"
        )
        for stage in ("fill", "measure"):
            done = subprocess.run(  # noqa: S603 - this very Python
                [sys.executable, "-m", "notifier.bench.sizing", stage, str(subscribers), str(releases), str(days)],
                env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise Unavailable(f"the benchmark could not {stage}; see what it wrote")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures
