"""The budget of connections in docs/operating.md: what the database counts while each kind of process is at work."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from tests.journeys.home import ROOT, home
from tests.notifier.drills import kit
from tests.waiting import until

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(not kit.LONG, reason="takes a minute: HERALD_DRILL=1"),
]
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
SECONDS = 15.0


@pytest.mark.parametrize("role", ["web", "scheduler", "worker"])
def test_a_process_keeps_no_more_connections_than_it_may(
    role: str, tmp_path: Path, django_db_setup: None
) -> None:
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        pytest.skip("SQLite has no connections to be short of")
    with home(tmp_path, DATABASE_POOL="4", SMTP_URL="smtp://127.0.0.1:1") as place:
        place.herald("setup")
        counted: list[int] = []
        with place.running(role), ThreadPoolExecutor(12) as visitors:
            until(lambda: place.sql(COUNT)[0][0] or place.get("/privacy")[0] == 200, 60.0, "it began")
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                if role == "web":
                    assert set(visitors.map(lambda _: place.get("/privacy")[0], range(24))) == {200}
                counted.append(place.sql(COUNT)[0][0])
                time.sleep(0.1)
    kit.say(f"connections: {role} kept {max(counted)} at most, of {budget(role, pool=4)}")
    assert 0 < max(counted) <= budget(role, pool=4)


def budget(role: str, pool: int) -> int:
    """As docs/operating.md has it, by adding up the numbers in its row."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = text[text.index("**Connections**") : text.index("**A pooler**")]
    row = next(row for row in table.splitlines() if row.startswith(f"| `herald@{role}` |"))
    cells = row.replace("`DATABASE_POOL` (10)", str(pool)).split("|")[2:4]
    return sum(int(number) for cell in cells for number in re.findall(r"\d+", cell))
