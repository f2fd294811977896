"""An installation of its own for a journey: a home, a database of the kind the tests run on, `herald` as processes."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
HERALD = (sys.executable, "-c", "from notifier.cli import main; main()")


@dataclass
class Home:
    """`environment` is all that its processes see, besides PATH."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['HERALD_PORT']}"

    def herald(self, *words: str) -> str:
        """What a command prints to stdout; it must succeed."""
        done = subprocess.run(
            [*HERALD, *words],
            env=self._env(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (
            f"herald {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """`herald …` in the background, its log in the home; killed at the end if it still runs."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*HERALD, *words],
                env=self._env(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def ready(self, process: subprocess.Popen[bytes], seconds: float = 30.0) -> float:
        """Wait until the pages say that all is well; returns how long it took."""

        def well() -> bool:
            assert process.poll() is None, self.log()
            return self.get("/readyz")[0] == 200

        return until(well, seconds, "ready")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement as another program would: no Django, a connection of its own."""
        if "DATABASE_URL" in self.environment:
            import psycopg

            with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as database:
                cursor = database.execute(statement.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.folder / "herald.sqlite3", timeout=10)) as database, database:
            return database.execute(statement, values).fetchall()

    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def faults(self) -> list[str]:
        """Lines of the log that tell of an error of ours, or are none of the log."""
        return [line for line in self.log().splitlines() if '"exception"' in line or "Traceback" in line]

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.environment}


@contextmanager
def home(folder: Path, **environment: str) -> Iterator[Home]:
    """A home on the database that the tests run on; a database made for it on PostgreSQL is dropped afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    given = {"HERALD_HOME": str(folder), "HERALD_PORT": port, **environment}
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        yield Home(folder, given)
        return
    with _database() as url:
        yield Home(folder, {**given, "DATABASE_URL": url})


@contextmanager
def _database() -> Iterator[str]:
    import psycopg

    at = settings.DATABASES["default"]
    name = f"herald_journey_{secrets.token_hex(4)}"
    access = f"{at['USER']}:{at['PASSWORD']}@" if at["PASSWORD"] else f"{at['USER']}@"
    server = f"postgres://{access}{at['HOST']}:{at['PORT'] or 5432}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{server}/{name}"
        finally:
            maintenance.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
