"""Serving a feed of some 60 kB, to clients that have it (304) and to clients that do not (200, gzip), and to clients of
which no two ask in the same words, from `herald web` as it runs; beside nginx with the same files, turn and turn about,
under the same load. Run by `herald bench serve`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench import Unavailable
from notifier.bench.children import ROOT, free_port

CONNECTIONS = 32
RELEASES = 48
PATH = "/feeds/all.atom"
_NGINX = """\
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; etag on; gzip_static on; gzip_vary on;
  types {{ application/atom+xml atom; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; add_header Cache-Control "public, max-age=60"; }}
}}
"""
# Whatever two readers say of themselves, it is not the same.
_WORDS = """\
local n = 0
request = function()
  n = n + 1
  wrk.headers["User-Agent"] = "Reader/" .. n .. " (+http://reader.example/" .. n .. ")"
  return wrk.format("GET")
end
"""
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def run(seconds: int = 5, repeat: int = 5) -> dict[str, Any]:
    """Medians of `repeat` rounds of `seconds` for each server and answer, as plain numbers and lists. Raises
    Unavailable.
    """
    load, nginx = _program("wrk", "wrk"), _program("nginx", "nginx")
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # for nginx's worker, which is nobody
        environment = for_stranger(herald_home=folder / "home", herald_port=free_port(), log_level="WARNING")
        _make(environment)
        feed = folder / "home" / "feeds" / "all.atom"
        with _herald(environment) as herald, _nginx(nginx, folder, feed) as reference:
            figures: dict[str, Any] = {"feed_bytes": feed.stat().st_size, "connections": CONNECTIONS}
            words = folder / "words.lua"
            words.write_text(_WORDS, encoding="ascii")
            for answer, script in (("304", None), ("200", None), ("304 in other words", words)):
                figures[answer] = _compared(load, answer[:3], script, (herald, reference), seconds, repeat)
            figures["peak_memory_mb"] = round(_peak(herald[1]), 1)
    return figures | {
        "goal": "ratio >= 0.6, p99 < 10 ms",
        "reference": "nginx, one worker",
        "load": round(os.getloadavg()[0], 1),
    }


Server = tuple[int, int]
"""Port and process id."""


def _compared(
    load: str, answer: str, script: Path | None, servers: tuple[Server, Server], seconds: int, repeat: int
) -> dict[str, Any]:
    headers = [_headers(port, answer) for port, _ in servers]
    for (port, _), given in zip(servers, headers, strict=True):
        _load(load, script, port, given, 1)  # once, not counted, so that all is warm
    rounds = []
    for _ in range(repeat):
        rounds.append(
            [
                _timed(load, script, server, given, seconds)
                for server, given in zip(servers, headers, strict=True)
            ]
        )

    def median(side: int, name: str) -> float:
        return statistics.median(each[side][name] for each in rounds)

    return {
        "ours_per_second": round(median(0, "rate")),
        "reference_per_second": round(median(1, "rate")),
        "ratio": round(statistics.median(ours["rate"] / other["rate"] for ours, other in rounds), 2),
        "ours_p99_ms": round(median(0, "p99"), 2),
        "reference_p99_ms": round(median(1, "p99"), 2),
        "cpu_us_per_answer": round(median(0, "cpu_us"), 1),
        "reference_cpu_us_per_answer": round(median(1, "cpu_us"), 1),
        "ratio_cpu": round(statistics.median(other["cpu_us"] / ours["cpu_us"] for ours, other in rounds), 2),
        "rounds_per_second": [[round(ours["rate"]), round(other["rate"])] for ours, other in rounds],
    }


def _timed(
    program: str, script: Path | None, server: Server, headers: Mapping[str, str], seconds: int
) -> dict[str, float]:
    """`_load`, with the server's own processor time for each answer."""
    port, pid = server
    before = _cpu(pid)
    found = _load(program, script, port, headers, seconds)
    return found | {"cpu_us": (_cpu(pid) - before) / (found["rate"] * seconds) * 1e6}


def _headers(port: int, answer: str) -> dict[str, str]:
    """What a client sends to get this answer; asked for once to see that it does."""
    packed = {"Accept-Encoding": "gzip"}
    _, tag, coding = _get(port, packed)
    if answer == "200":
        if coding != "gzip":
            raise Unavailable(f"port {port} does not answer in gzip")
        return packed
    headers = packed | {"If-None-Match": tag}
    status, _, _ = _get(port, headers)
    if status != 304:
        raise Unavailable(f"port {port} answers {status} to the ETag it gave")
    return headers


def _get(port: int, headers: Mapping[str, str]) -> tuple[int, str, str]:
    """Status, ETag and encoding."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", PATH, headers=dict(headers))
        response = connection.getresponse()
        response.read()
        return response.status, response.headers["ETag"] or "", response.headers["Content-Encoding"] or ""


def _load(
    program: str, script: Path | None, port: int, headers: Mapping[str, str], seconds: int
) -> dict[str, float]:
    """Answers a second, and the 99th percentile of their latency in ms."""
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = [
        program,
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        *(("-s", str(script)) if script else ()),
        *words,
        f"http://127.0.0.1:{port}{PATH}",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - by its fixed name
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if rate is None or p99 is None or "Non-2xx" in said or "Socket errors" in said:
        raise Unavailable(f"wrk was not answered as it should be: {said.strip()}")
    return {"rate": float(rate[1]), "p99": float(p99[1]) * _UNITS[p99[2]]}


def _program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Unavailable(f"{name} is not installed (Debian: apt-get install {package})")
    return found


def _make(environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-m", "notifier.bench.storing", str(RELEASES), "0", "summary"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"the feeds could not be made: {done.stderr.strip().splitlines()[-1]}")


@contextlib.contextmanager
def _herald(environment: Mapping[str, str]) -> Iterator[Server]:
    command = [sys.executable, "-c", "from notifier.cli import main; main()", "web"]
    with _running(command, int(environment["HERALD_PORT"]), environment) as server:
        yield server


@contextlib.contextmanager
def _nginx(program: str, folder: Path, feed: Path) -> Iterator[Server]:
    """The same bytes at the same path, packed beforehand."""
    root = folder / "root" / "feeds"
    root.mkdir(parents=True)
    for suffix in ("", ".gz"):
        shutil.copy(f"{feed}{suffix}", root)
    port = free_port()
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port), encoding="utf-8")
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with _running(command, port, for_stranger()) as server:
        yield server


@contextlib.contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, env=dict(environment), cwd=ROOT)  # noqa: S603 - as given above
    try:
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        else:
            raise Unavailable(f"{Path(command[0]).name} does not listen; see what it wrote")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _cpu(pid: int) -> float:
    """Processor seconds of a process until now."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    """Peak memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024
