"""The scheduler: looks when something changed and by the clock, one look at a time, and ends when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from feeds import notice
from notifier import jobs, scheduler
from notifier.scheduler import Scheduler
from tests.waiting import soon, until


class Bell:
    """A wake that rings when a test says so."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        rang = self._rung.wait(seconds)
        self._rung.clear()
        return rang

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine comes to the other jobs within a test as well, and there is no database that they could ask."""
    for name in ("ping", "count", "archive", "reassure", "summarise", "prove", "replay", "beat", "sweep"):
        monkeypatch.setattr(jobs, name, lambda *_: None)
    monkeypatch.setattr(jobs, "_failing", {})


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    found = Bell()
    monkeypatch.setattr(scheduler, "open_wake", lambda: found)
    return found


@contextmanager
def running(found: Scheduler) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=found.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_ring_is_followed_by_a_look_at_once(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(jobs, "look", lambda now, quiet, beside: looks.append(time.monotonic()))
    with running(Scheduler(look_every=60, sweep_every=60)):
        until(lambda: len(looks) == 1)  # what was stored while nobody watched
        rang = time.monotonic()
        bell.ring()
        until(lambda: len(looks) == 2)
        assert soon(looks[1] - rang, 0.5)


def test_a_change_that_waits_for_its_quiet_is_looked_at_again_without_a_ring(bell, monkeypatch) -> None:
    answers = [True, True, False]
    looks: list[datetime] = []

    def look(now: datetime, quiet: notice.Quiet, beside: Executor) -> bool:
        looks.append(now)
        return answers.pop(0) if answers else False

    monkeypatch.setattr(jobs, "look", look)
    with running(Scheduler(look_every=60, sweep_every=60)):
        until(lambda: len(looks) == 3)
        time.sleep(0.2)
        assert len(looks) == 3


def test_it_looks_and_sweeps_by_the_clock_too(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "look", lambda now, quiet, beside: done.append("look"))
    monkeypatch.setattr(jobs, "sweep", lambda now: done.append("sweep"))
    with running(Scheduler(look_every=0.05, sweep_every=0.05)):
        until(lambda: done.count("look") > 3 and done.count("sweep") > 2)


def test_looks_do_not_overlap(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []
    inside = 0

    def look(now: datetime, quiet: notice.Quiet, beside: Executor) -> bool:
        nonlocal inside
        inside += 1
        at_once.append(inside)
        time.sleep(0.02)
        inside -= 1
        return True

    monkeypatch.setattr(jobs, "look", look)
    with running(Scheduler(look_every=0.02, sweep_every=60)):
        until(lambda: len(at_once) > 8)
    assert max(at_once) == 1


def test_a_watch_that_breaks_is_taken_up_again(monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    opened: list[Bell] = []

    def open_wake() -> Bell:
        opened.append(Bell())
        if len(opened) == 1:
            raise OSError("gone")
        return opened[-1]

    monkeypatch.setattr(scheduler, "open_wake", open_wake)
    monkeypatch.setattr(scheduler, "WATCH_SECONDS", 0.05)
    looks: list[datetime] = []
    monkeypatch.setattr(jobs, "look", lambda now, quiet, beside: looks.append(now))
    with running(Scheduler(look_every=60, sweep_every=60)):
        until(lambda: bool(looks))
    assert "watching the database failed" in caplog.text


@pytest.mark.holds("E1")
def test_a_clock_that_is_set_back_does_not_stop_the_looks_and_sweeps(bell: Bell, monkeypatch) -> None:
    """APScheduler reckons by the clock of the wall: an hour set back, it would sleep for an hour."""
    now = scheduler.clock.machine()
    done: list[str] = []
    monkeypatch.setattr(scheduler, "WATCH_SECONDS", 0.02)
    monkeypatch.setattr(jobs, "look", lambda now, quiet, beside: done.append("look"))
    monkeypatch.setattr(jobs, "sweep", lambda now: done.append("sweep"))
    found = Scheduler(look_every=0.05, sweep_every=0.05)
    with running(found):
        until(lambda: done.count("look") > 2)
        for job in found._scheduler.get_jobs():
            job.modify(next_run_time=now + timedelta(hours=1))
        time.sleep(0.1)  # what was under way
        done.clear()
        until(lambda: done.count("look") > 3 and done.count("sweep") > 3)


def test_an_embargo_that_ends_soon_is_looked_at_to_the_moment(bell: Bell, monkeypatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(jobs, "look", lambda now, quiet, beside: looks.append(time.monotonic()))
    due = scheduler.clock.now() + timedelta(seconds=0.4)
    began = time.monotonic()
    monkeypatch.setattr(notice, "next_due", lambda: due)
    with running(Scheduler(look_every=60, sweep_every=60)):
        until(lambda: len(looks) > 1)
    assert 0.35 < looks[1] - began < 0.6
