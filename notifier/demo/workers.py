"""The worker process: which it is, how to kill it, and what the ledger and the mailbox say afterwards."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from notifier.models import Lease


class NoWorker(Exception):
    """There is no worker to kill; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as its lease has it, and whether that process runs."""

    pid: int
    running: bool


def newest() -> Worker | None:
    """The worker that started last on this machine."""
    lease = Lease.objects.filter(host=socket.gethostname()).order_by("-started_at").first()
    if lease is None:
        return None
    return Worker(lease.pid, _is_ours(lease.pid))


def kill() -> int:
    """kill -9 the newest worker, without a chance to tidy up; returns its pid. Raises NoWorker.

    A pid is only killed if that process has the same parent as this one, the demo: pids are used again.
    """
    worker = newest()
    if worker is None:
        raise NoWorker("no worker has started yet")
    if not worker.running:
        raise NoWorker(f"worker {worker.pid} is dead already; the next one is starting")
    os.kill(worker.pid, signal.SIGKILL)
    return worker.pid


def _is_ours(pid: int) -> bool:
    return pid != os.getpid() and _parent(pid) == os.getppid()


def _parent(pid: int) -> int | None:
    """The parent of a process that runs (a zombie does not); None where that cannot be known."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(parent)
