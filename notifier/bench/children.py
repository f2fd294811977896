"""Programs that measure: processes of their own, which answer each line with a line of JSON."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from notifier.bench import Unavailable

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def child(module: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`notifier.bench.<module>` as long as it is needed."""
    process = subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-m", f"notifier.bench.{module}", *arguments],
        env=dict(environment), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(BrokenPipeError):  # it has ended by itself
            cast(IO[str], process.stdin).close()
        process.wait(30)
        cast(IO[str], process.stdout).close()


def ask(process: subprocess.Popen[str], line: str = "go") -> dict[str, Any]:
    """What it answers. Raises Unavailable with its "error", or when it has ended."""
    stdin, stdout = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
    with contextlib.suppress(BrokenPipeError):
        stdin.write(f"{line}\n")
        stdin.flush()
    answer: dict[str, Any] = json.loads(
        stdout.readline() or '{"error": "a process ended; see what it wrote"}'
    )
    if "error" in answer:
        raise Unavailable(answer["error"])
    return answer


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
