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


# Who runs the tests in the background has them ignore SIGINT, and all that they start.
ONE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from notifier.cli import main; main(sys.argv[1:])"
)
SEVERAL = """
import sys
from notifier.cli import main

for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as ended:
        if ended.code:
            raise
"""


def process(
    home: Path, *words: str, code: str = ONE, stderr: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    passed = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG"}}
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env={**passed, "HERALD_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        cwd=home, stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip


def finished(home: Path, *words: str, code: str = ONE, **environment: str) -> Told:
    running = process(home, *words, code=code, **environment)
    out, err = running.communicate(timeout=240)
    return Told(running.returncode, out, err)


def finished_all(home: Path, *commands: str, **environment: str) -> Told:
    """Commands one after the other in one process, which takes a second to start; up to the first that fails."""
    return finished(home, *commands, code=SEVERAL, **environment)
