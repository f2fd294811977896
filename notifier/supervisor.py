"""A few processes under one parent: started by fork, restarted when they die, stopped together.

    Supervisor([Child("web", …), Child("worker", …)]).run() -> 0 after SIGTERM or SIGINT, 1 if one had to be killed

The parent does nothing but wait, so it may be forked from again at any time: it has no threads and no open database
connection. It waits for signals with them blocked (`sigtimedwait`), so none is lost between two looks.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import TypeVar

import structlog

from config import logs

log = structlog.stdlib.get_logger(__name__)

DRAIN_SECONDS = 30.0
SAME_SECONDS = 1.0  # within which a second signal is the first: make, and whoever ends a group, tell twice
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
_WAIT_FOR = _STOP | {signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1
_MADV_DONTNEED = 4
_LIBC = ctypes.CDLL(None)
# A mapping of a file (its inode is not 0) that may be read and not written, and whether none of its pages was changed:
# the linker writes to some before it takes the right away.
_CODE = re.compile(
    r"^([0-9a-f]+-[0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* .*\n(?:[A-Z].*\n)*?Anonymous: +(?:(0)|[1-9]\d*) kB$",
    re.M,
)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Child:
    """One process: `target` runs in it until `SIGTERM`, then returns. A return or an error before that restarts it."""

    name: str
    target: Callable[[], None]


@dataclass
class _Running:
    child: Child
    process: ForkProcess | None = None
    began: float = 0.0
    deaths: int = 0
    start_at: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


@dataclass
class Supervisor:
    children: Iterable[Child]
    drain_seconds: float = DRAIN_SECONDS
    _running: list[_Running] = field(default_factory=list)

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit code. A second signal does not wait for the drain."""
        settle_before_fork()
        give_back_code()
        self._running = [_Running(child) for child in self.children]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAIT_FOR)
        try:
            self._keep_alive(before)
        finally:
            clean = self._drain()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return 0 if clean else 1

    def _keep_alive(self, mask: set[signal.Signals | int]) -> None:
        while True:
            for running in self._running:
                self._look_after(running, mask)
            waiting = [r.start_at - time.monotonic() for r in self._running if not r.alive]
            found = signal.sigtimedwait(_WAIT_FOR, max(0.01, min(waiting, default=60.0)))
            if found is not None and found.si_signo in _STOP:
                return

    def _look_after(self, running: _Running, mask: set[signal.Signals | int]) -> None:
        at = time.monotonic()
        if running.process is not None and not running.process.is_alive():
            _bury(running, at)
        if running.process is None and at >= running.start_at:
            running.process = multiprocessing.get_context("fork").Process(
                target=_in_child, args=(running.child, mask, os.getpid()), name=running.child.name
            )
            running.began = at
            running.process.start()

    def _drain(self) -> bool:
        """Ask all to end, wait, kill what is left. True if nothing had to be killed."""
        began = time.monotonic()
        processes = [r.process for r in self._running if r.process is not None]
        for process in processes:
            process.terminate()
        until = began + self.drain_seconds
        while any(process.is_alive() for process in processes) and time.monotonic() < until:
            found = signal.sigtimedwait(_WAIT_FOR, max(0.01, until - time.monotonic()))
            if found is not None and found.si_signo in _STOP and time.monotonic() > began + SAME_SECONDS:
                break
        late = [process for process in processes if process.is_alive()]
        for process in late:
            log.warning("a process did not end in time and was killed", child=process.name)
            process.kill()
        for process in processes:
            process.join()
        return not late


def settle_before_fork() -> None:
    """Close what must not be shared with a child, and keep the collector from copying every page of the parent."""
    from django.db import connections  # needs Django, which only the caller knows to be set up

    connections.close_all()
    gc.collect()
    gc.freeze()


def give_back_code() -> None:
    """What has been mapped of programs while loading (some 30 MB) goes: who only waits needs little of it, and that is
    mapped again by itself. Only what is as it lies in the file, so that nothing is lost. Linux; elsewhere nothing.
    """
    with suppress(OSError):
        for place, unchanged in _CODE.findall(Path("/proc/self/smaps").read_text(encoding="utf-8")):
            if unchanged:
                begin, end = (int(part, 16) for part in place.split("-"))
                _LIBC.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_DONTNEED)


def aside(work: Callable[[], None], meanwhile: Callable[[], Result]) -> Result:
    """Have `work` done in a process of its own, so that nothing of it stays in memory, while this one does the other.
    Returns what `meanwhile` did.

    Where it fails there, it is done once more here, and raises what it raises: it must be able to begin again.
    """
    settle_before_fork()
    process = multiprocessing.get_context("fork").Process(target=_once, args=(work, os.getpid()))
    process.start()
    try:
        result = meanwhile()
    finally:
        process.join()
    if process.exitcode:
        work()
    return result


def _once(work: Callable[[], None], parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    try:
        work()
    except BaseException:  # told by the parent, which meets the same
        os._exit(1)


def _bury(running: _Running, at: float) -> None:
    assert running.process is not None
    running.process.join()
    code = running.process.exitcode
    running.deaths = 1 if at - running.began > STEADY_AFTER else running.deaths + 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (running.deaths - 1))
    running.start_at = at + pause
    running.process = None
    log.warning("a process ended and is started again", child=running.child.name, how=_how(code), after=pause)


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def _in_child(child: Child, mask: set[signal.Signals | int], parent: int) -> None:
    """Ctrl-C reaches the whole group, but it is the parent that decides: a child listens to SIGTERM alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if os.getppid() != parent:  # it died before we could ask to be told
        return
    logs.play(child.name)
    logs.take_all()
    try:
        child.target()
    except Exception as error:  # multiprocessing would print it past the log
        log.critical("a process ends with an error", exc_info=error)
        raise SystemExit(1) from None
