"""The parent of `herald run`: starts, restarts, stops. In processes of its own, as it really runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
    import os, pathlib, signal, sys, time
    import django
    from django.conf import settings
    settings.configure()
    from logging.config import dictConfig
    from config import logs
    dictConfig(logs.configured("INFO", "json", []))
    from notifier.supervisor import Child, Supervisor
    folder = pathlib.Path(sys.argv[1])

    def note(name):
        with open(folder / name, "a") as file:
            file.write(f"{os.getpid()}\\n")

    def told(name):
        # A handler that sets an event may run within that event's own lock, which is then never let go.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        note(name)
        signal.sigwait([signal.SIGTERM])

    def steady():
        told("steady")
        note("drained")

    def slow():
        told("slow")
        time.sleep(0.3)
        note("drained")

    def stubborn():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note("stubborn")
        time.sleep(60)

    def short():
        note("short")

    def broken():
        note("broken")
        raise RuntimeError("no room for ada@example.net")
"""


def events(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """All that stands on stderr: lines of JSON, and nothing else."""
    return [json.loads(line) for line in process.stderr.read().splitlines()]


@contextmanager
def supervisor(folder: Path, line: str) -> Iterator[subprocess.Popen[bytes]]:
    code = textwrap.dedent(PRELUDE) + line
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def pids(folder: Path, name: str) -> list[int]:
    path = folder / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


STEADY = "sys.exit(Supervisor([Child('steady', steady)]).run())"


@pytest.mark.holds("R4")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_the_children_and_ends_with_0(tmp_path: Path, number: int) -> None:
    with supervisor(tmp_path, STEADY) as process:
        until(lambda: pids(tmp_path, "steady"))
        process.send_signal(number)
        assert process.wait(60) == 0
    assert pids(tmp_path, "drained") == pids(tmp_path, "steady")


def test_ctrl_c_reaches_the_whole_group_and_still_drains(tmp_path: Path) -> None:
    with supervisor(tmp_path, STEADY) as process:
        until(lambda: pids(tmp_path, "steady"))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 0
    assert len(pids(tmp_path, "drained")) == 1


def test_a_child_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with supervisor(tmp_path, STEADY) as process:
        until(lambda: pids(tmp_path, "steady"))
        os.kill(pids(tmp_path, "steady")[0], signal.SIGKILL)
        until(lambda: len(pids(tmp_path, "steady")) == 2)
        first, second = pids(tmp_path, "steady")
        assert first != second
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        [told] = events(process)
        assert (told["child"], told["how"]) == ("steady", "by SIGKILL")


def test_a_child_that_keeps_ending_is_started_ever_more_slowly(tmp_path: Path) -> None:
    with supervisor(tmp_path, "sys.exit(Supervisor([Child('short', short)]).run())") as process:
        until(lambda: len(pids(tmp_path, "short")) == 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert [told["after"] for told in events(process)][:2] == [0.2, 0.4]


def test_an_error_that_ends_a_child_is_a_line_of_the_log_like_any_other(tmp_path: Path) -> None:
    with supervisor(tmp_path, "sys.exit(Supervisor([Child('broken', broken)]).run())") as process:
        until(lambda: len(pids(tmp_path, "broken")) == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        first, again, *_ = events(process)
    assert (first["role"], first["level"]) == ("broken", "critical")
    assert first["exception"][0]["exc_value"] == "no room for …"
    assert (again["event"], again["how"]) == ("a process ended and is started again", "exit code 1")


def test_a_child_that_does_not_end_in_time_is_killed_and_said(tmp_path: Path) -> None:
    line = "sys.exit(Supervisor([Child('stubborn', stubborn)], drain_seconds=0.3).run())"
    with supervisor(tmp_path, line) as process:
        until(lambda: pids(tmp_path, "stubborn"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
        [told] = events(process)
        assert (told["child"], "did not end in time" in told["event"]) == ("stubborn", True)
    assert gone(pids(tmp_path, "stubborn")[0])


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path, STEADY) as process:
        until(lambda: pids(tmp_path, "steady"))
        process.kill()
        process.wait()
        until(lambda: pids(tmp_path, "drained"))
        until(lambda: gone(pids(tmp_path, "steady")[0]))


def test_a_signal_that_comes_twice_at_once_is_one(tmp_path: Path) -> None:
    with supervisor(tmp_path, "sys.exit(Supervisor([Child('steady', slow)]).run())") as process:
        until(lambda: pids(tmp_path, "slow"))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert pids(tmp_path, "drained") == pids(tmp_path, "slow")


@pytest.mark.skipif(sys.platform != "linux", reason="only there code can be given back")
def test_who_only_waits_holds_less_of_programs_and_goes_on(tmp_path: Path) -> None:
    line = """
def held():
    text = pathlib.Path("/proc/self/smaps").read_text()
    code = re.findall(r"^\\S+ r-xp \\S+ \\S+ [1-9].*\\n(?:.*\\n)*?Rss: +(\\d+) kB", text, re.M)
    return sum(map(int, code))

import json, re, sqlite3, ssl
from notifier.supervisor import give_back_code
before = held()
give_back_code()
after = held()
sqlite3.connect(":memory:").execute("SELECT 1")
sys.exit(json.loads("7") if 0 < after < before / 2 else f"{before} kB, then {after} kB")
"""
    with supervisor(tmp_path, line) as process:
        assert process.wait(60) == 7, process.stderr.read()


def test_what_is_done_aside_leaves_nothing_in_the_parent(tmp_path: Path) -> None:
    line = "from notifier.supervisor import aside; note('parent'); sys.exit(aside(short, lambda: 7))"
    with supervisor(tmp_path, line) as process:
        assert process.wait(60) == 7
    assert len(pids(tmp_path, "short")) == 1
    assert pids(tmp_path, "short") != pids(tmp_path, "parent")


def test_what_fails_aside_is_done_again_in_the_parent_which_tells_why(tmp_path: Path) -> None:
    line = "from notifier.supervisor import aside; aside(broken, lambda: 7)"
    with supervisor(tmp_path, line) as process:
        assert process.wait(60) == 1
        told = process.stderr.read().decode()
    assert len(pids(tmp_path, "broken")) == 2
    assert told.count("RuntimeError: no room for") == 1
