"""Digests of some 20 kB, each personal, with the durable ledger on; beside Postfix's smtp-source, which sends constant
bytes from memory, beside bare aiosmtplib, and beside Django's `send_messages`. All to smtp-sink on the loopback, turn
and turn about. Run by `herald bench send`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.environment import for_stranger, prepare_home
from notifier.bench import Unavailable
from notifier.bench.children import ask, child, free_port
from notifier.bench.workbench import database

SESSIONS = 20
CONNECTIONS = 32
FEWER: Mapping[str, int] = {"aiosmtplib": 5, "django": 20}  # a slow one sends so many times less
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/libexec/postfix"


def run(
    messages: int = 10_000,
    repeat: int = 5,
    connections: int = CONNECTIONS,
    *,
    server: str = "",
    signed: str = "",
) -> dict[str, Any]:
    """Medians of `repeat` rounds of `messages` each, as plain numbers and lists. `signed`: "", "ed25519" or "rsa".

    `server`: the postgres:// address of a server on which a database may be made and dropped; empty: SQLite. Raises
    Unavailable.
    """
    source, catcher = program("smtp-source"), program("smtp-sink")
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as name, database(server) as address:
        home, port = Path(name), free_port()
        prepare_home(home)  # its keys are there before two children look for them
        environment = for_stranger(
            herald_home=home,
            smtp_url=f"smtp://127.0.0.1:{port}",
            smtp_connections=connections,
            log_level="WARNING",
            **({"database_url": address} if address else {}),
            **({"dkim_keys": f"bench={_key(home, signed)}"} if signed else {}),
        )
        with (
            sink(catcher, port),
            child("sending", str(messages), environment=environment) as ours,
            child("sending_reference", str(port), environment=environment) as others,
        ):
            size = ask(ours, "ready")["message_bytes"]
            _source(source, port, min(messages, 500), size)  # once, not counted, so that all is warm
            rounds = [_round(ours, others, source, port, messages, size) for _ in range(repeat)]
    facts = {
        "database": "PostgreSQL" if address else "SQLite", "signed": signed or "not", "messages": messages,
        "message_bytes": size, "connections": connections,
    }  # fmt: skip
    return facts | _summary(rounds)


def _round(
    ours: subprocess.Popen[str],
    others: subprocess.Popen[str],
    source: str,
    port: int,
    messages: int,
    size: int,
) -> dict[str, float]:
    found = {"reference": _source(source, port, messages, size), **ask(ours)}
    for name, fewer in FEWER.items():
        answer = ask(others, f"{name} {max(20, messages // fewer)} {size}")
        found |= {name: answer["rate"], f"{name}_cpu_us": answer["cpu_us"]}
    return found


def _summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    def median(name: str) -> float:
        return statistics.median(each[name] for each in rounds)

    def ratio(name: str) -> float:
        return statistics.median(each["ours"] / each[name] for each in rounds)

    figures: dict[str, Any] = {
        "ours_per_second": round(median("ours")),
        "reference_per_second": round(median("reference")),
        "ratio": round(ratio("reference"), 3),
        "cpu_us_per_message": round(median("cpu_us")),
        "peak_memory_mb": round(max(each["peak_mb"] for each in rounds), 1),
        "reference": f"smtp-source -s {SESSIONS} -d",
    }
    for name in FEWER:
        figures |= {
            f"{name}_per_second": round(median(name)),
            f"ratio_to_{name}": round(ratio(name), 1),
            f"{name}_cpu_us_per_message": round(median(f"{name}_cpu_us")),
        }
    figures["load"] = round(os.getloadavg()[0], 1)
    figures["rounds"] = [{name: round(value, 1) for name, value in each.items()} for each in rounds]
    return figures


def _key(home: Path, kind: str) -> Path:
    made = (
        ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    )
    path = home / "dkim.pem"
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    if found is None:
        raise Unavailable(f"{name} is not installed; it comes with Postfix (Debian: apt-get install postfix)")
    return found


@contextlib.contextmanager
def sink(program: str, port: int) -> Iterator[None]:
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


def _source(program: str, port: int, messages: int, size: int) -> float:
    """Messages a second."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - found by its fixed name
        [program, "-s", str(SESSIONS), "-d", "-m", str(messages), "-l", str(size),
         "-f", "news@example.org", "-t", "person@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return messages / (time.perf_counter() - began)
