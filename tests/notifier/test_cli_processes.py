"""What only a real process of `herald` shows: start-up, exit codes, pipes, signals."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.notifier.commands import ROOT, finished, process
from tests.waiting import until


def test_help_lists_the_commands_and_makes_nothing(tmp_path: Path) -> None:
    told = finished(tmp_path, "--help")
    assert told.code == 0
    assert {"run", "import", "digest", "config", "check"} <= set(told.out.split())
    assert list(tmp_path.iterdir()) == []


def test_help_loads_neither_django_nor_the_settings(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom notifier.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "print({'django', 'pydantic', 'lxml', 'asyncio'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"


@pytest.mark.holds("S10")
def test_every_wrong_setting_is_said_at_once_by_name_and_no_secret_is_shown(tmp_path: Path) -> None:
    wrong = {
        "HERALD_PORT": "0",
        "SMTP_URL": "mail:canary-7f3a",
        "BASE_URL": "news",
        "SECRET_KEY": "canary-7f3a",
    }
    told = finished(tmp_path, "check", **wrong)
    assert told.code == 1
    assert told.out == ""
    assert {line.partition(":")[0] for line in told.err.splitlines()} == set(wrong)
    assert "canary" not in told.err


def test_a_reader_who_leaves_early_is_no_fault(tmp_path: Path) -> None:
    running = process(tmp_path, "--help")
    running.stdout.close()
    assert running.wait(30) == 0
    assert running.stderr.read() == ""
    running.stderr.close()


def test_a_fresh_home_is_set_up_and_a_worker_in_it_ends_well(tmp_path: Path) -> None:
    assert finished(tmp_path, "setup").code == 0
    assert (tmp_path / "keys.env").stat().st_mode & 0o077 == 0
    assert (tmp_path / "feeds" / "all.atom").is_file()
    running = process(tmp_path, "worker")
    until(lambda: leases(tmp_path) == 1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=40)
    assert running.returncode == 0, err
    assert "Traceback" not in err
    assert leases(tmp_path) == 0


def leases(home: Path) -> int:
    with closing(sqlite3.connect(home / "herald.sqlite3")) as database:
        return database.execute("SELECT count(*) FROM notifier_lease").fetchone()[0]
