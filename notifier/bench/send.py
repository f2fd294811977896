"""Digests of some 20 kB, each personal, with the durable ledger on; beside Postfix's smtp-source, which sends constant
bytes from memory. Both to smtp-sink on the loopback, turn and turn about. Run by `herald bench send`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from config.environment import for_stranger
from notifier.bench import Unavailable

SESSIONS = 20
CONNECTIONS = 16
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/libexec/postfix"


def run(messages: int = 10_000, repeat: int = 5, connections: int = CONNECTIONS) -> dict[str, Any]:
    """Medians of `repeat` rounds of `messages` each, as plain numbers and lists. Raises Unavailable."""
    source, sink = _program("smtp-source"), _program("smtp-sink")
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as home:
        port = _free_port()
        with _sink(sink, port), _worker(Path(home), port, messages, connections) as worker:
            size = _ask(worker, "ready")["message_bytes"]
            _reference(source, port, min(messages, 500), size)  # once, not counted, so that all is warm
            rounds = []
            for _ in range(repeat):
                reference = _reference(source, port, messages, size)
                rounds.append({"reference": reference, **_ask(worker, "go")})
    return _summary(messages, size, connections, rounds)


def _summary(messages: int, size: int, connections: int, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    def median(name: str) -> float:
        return statistics.median(float(each[name]) for each in rounds)

    return {
        "messages": messages,
        "message_bytes": size,
        "connections": connections,
        "ours_per_second": round(median("ours")),
        "reference_per_second": round(median("reference")),
        "ratio": round(statistics.median(each["ours"] / each["reference"] for each in rounds), 3),
        "cpu_us_per_message": round(median("cpu_us")),
        "peak_memory_mb": round(max(each["peak_mb"] for each in rounds), 1),
        "reference": f"smtp-source -s {SESSIONS} -d",
        "rounds": [{name: round(value, 1) for name, value in each.items()} for each in rounds],
    }


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    if found is None:
        raise Unavailable(f"{name} is not installed; it comes with Postfix (Debian: apt-get install postfix)")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _sink(program: str, port: int) -> Iterator[None]:
    """smtp-sink, which will not run as root."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, *user, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603 - found by its fixed name
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.communicate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 5
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    process.kill()
    said = process.communicate()[1].decode(errors="replace").strip()
    raise Unavailable(f"smtp-sink does not start: {said or 'it does not listen'}")


@contextlib.contextmanager
def _worker(home: Path, port: int, messages: int, connections: int) -> Iterator[subprocess.Popen[str]]:
    """Our side: a process with a home, a database and keys of its own (`notifier.bench.sending`)."""
    environment = for_stranger(
        herald_home=home,
        smtp_url=f"smtp://127.0.0.1:{port}",
        smtp_connections=connections,
        herald_environment="production",  # whatever a .env here says: it is sent to a sink of our own
        mail_only_to="",
        log_level="WARNING",
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-m", "notifier.bench.sending", str(messages)],
        env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        cast(IO[str], process.stdin).close()
        process.wait(30)
        cast(IO[str], process.stdout).close()


def _ask(worker: subprocess.Popen[str], command: str) -> dict[str, Any]:
    stdin, stdout = cast(IO[str], worker.stdin), cast(IO[str], worker.stdout)
    stdin.write(command + "\n")
    stdin.flush()
    answer: dict[str, Any] = json.loads(stdout.readline() or '{"error": "our side ended; see what it wrote"}')
    if "error" in answer:
        raise Unavailable(answer["error"])
    return answer


def _reference(program: str, port: int, messages: int, size: int) -> float:
    """Messages a second."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - found by its fixed name
        [program, "-s", str(SESSIONS), "-d", "-m", str(messages), "-l", str(size),
         "-f", "news@example.org", "-t", "person@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return messages / (time.perf_counter() - began)
