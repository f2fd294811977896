"""The folder a demo lives in: claimed by one process, made anew, or used again."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import IO

from config import demo
from config.demo import Demo
from notifier.cli.faults import Fault
from notifier.demo import journal, mail

LAYOUT = 1  # raise it when an older demo home cannot be used any more
SEED = 2025
DATABASE = "herald.sqlite3"
LEFT_BEHIND = (
    DATABASE,
    f"{DATABASE}-wal",
    f"{DATABASE}-shm",
    "feeds",
    mail.FOLDER,
    journal.FOLDER,
    "clock-offset",
)


def claim(home: Path) -> IO[str]:
    """Hold `home` as long as the file that is returned is open. Raises Fault if another demo runs there."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "demo.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Fault(
            f"a demo runs in {home} already; end it first, or set HERALD_HOME to another folder"
        ) from None
    return file


def prepare(home: Path, bare: bool, fresh: bool) -> Demo:
    """The mark of the demo in `home`; not complete if it is still to be built, and then nothing of an earlier one is
    left. Raises Fault for a home that belongs to a real installation: nothing of it is touched.
    """
    found = demo.read(home)
    if found is None and (home / DATABASE).exists():
        raise Fault(
            f"{home} holds an installation that is no demo, and is left alone: set HERALD_HOME to another folder"
        )
    if found and found.complete and not fresh and (found.bare, found.layout) == (bare, LAYOUT):
        return found
    mark = Demo(bare=bare, seed=SEED, layout=LAYOUT, smtp_port=found.smtp_port if found else 0)
    demo.write(home, mark)  # first: a home half cleared is a demo home still
    for name in LEFT_BEHIND:
        _remove(home / name)
    return mark


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
