"""The PostgreSQL server of `scripts/postgres`, restarted while it is in use: asked to stop, or as if it had crashed."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from django.db import connection

WAYS = ("fast", "immediate")
"""How pg_ctl stops it: sessions are ended and all is written down; or nothing is, and it recovers from its log."""


class Server:
    """To be made while it answers. What it says to have committed is on the disk from then on, as with any server that
    is for real; connections that are open already go on as they were.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('data_directory'), setting, current_database()"
                " FROM pg_config WHERE name = 'BINDIR'"
            )
            self._data, self._programs, name = cursor.fetchone()
            cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        connection.close()

    def restart(self, way: str) -> None:
        """`way` of WAYS. Returns when it takes connections again."""
        owner = pwd.getpwuid(Path(self._data).stat().st_uid).pw_name
        as_owner = ["runuser", "-u", owner, "--"] if os.getuid() == 0 else []
        command = ["-D", self._data, "-m", way, "-w", "-l", f"{self._data}/log", "restart"]
        done = subprocess.run(
            [*as_owner, f"{self._programs}/pg_ctl", *command], check=False, stdout=subprocess.DEVNULL, cwd="/"
        )
        assert done.returncode == 0, Path(self._data, "log").read_text(encoding="utf-8")[-2_000:]
