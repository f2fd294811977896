"""The tests of Herald below a path, in a process of their own, on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_herald_below_a_path_of_another_site():
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "DATABASE", "COV"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "tests/test_below.py"],
        cwd=ROOT,
        env=kept | {"HERALD_BELOW": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert set(done.stdout.split(" ", 1)[0]) == {"."}, done.stdout
