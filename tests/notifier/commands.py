"""`herald` called by tests: what it told, and running it as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def process(
    home: Path, *words: str, stderr: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    passed = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG"}}
    # Who runs the tests in the background has them ignore SIGINT, and all that they start.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from notifier.cli import main; main(sys.argv[1:])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env={**passed, "HERALD_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        cwd=home, stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip


def finished(home: Path, *words: str, **environment: str) -> Told:
    running = process(home, *words, **environment)
    out, err = running.communicate(timeout=60)
    return Told(running.returncode, out, err)
