"""A backup that is restored sends nothing until an operator releases it, by the commands that an operator uses."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.notifier.commands import Told, finished_all
from tests.notifier.drills.kit import database_url
from tests.notifier.relay import running

pytestmark = pytest.mark.holds("R9")


def test_a_file_copied_back_holds_its_mail_until_it_is_released(tmp_path: Path) -> None:
    database, saved = tmp_path / "herald.sqlite3", tmp_path / "saved"
    with running() as relay:

        def herald(*commands: str) -> Told:
            return finished_all(tmp_path, *commands, SMTP_URL=relay.url)

        assert "1 sent" in herald("setup", "subscribers add ada@example.org", "digest send").out
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(saved)) as target:
            source.backup(target)
        assert herald("subscribers add bob@example.org", "digest send").code == 0
        for name in ("-wal", "-shm"):
            Path(f"{database}{name}").unlink(missing_ok=True)
        shutil.copyfile(saved, database)
        held = herald("subscribers add eve@example.org", "digest send")
        assert (held.code, "--after-restore" in held.err) == (1, True)
        assert sorted(message.to for message in relay.messages) == ["ada@example.org", "bob@example.org"]
        shown = herald("resume --after-restore --yes", "digest send")
        assert "a restored backup" in shown.out
        assert "1 of 1 messages would leave." in shown.out
        assert "1 sent" in shown.out
    assert relay.messages[-1].to == "eve@example.org"


@pytest.mark.django_db(transaction=True)
def test_a_backup_put_back_holds_its_mail_and_what_was_erased_stays_erased(tmp_path: Path) -> None:
    """On PostgreSQL into an empty database beside the first, on SQLite in the place of the first."""
    postgres = connection.vendor == "postgresql"
    server = database_url().rpartition("/")[0] if postgres else ""
    names = ("backup_live", "backup_new") if postgres else ()
    with _databases(server, *names) as urls, running() as relay:

        def herald(*commands: str, url: int = 0) -> Told:
            where = {"DATABASE_URL": urls[url]} if postgres else {}
            return finished_all(tmp_path, *commands, SMTP_URL=relay.url, **where)

        people = [f"subscribers add {name}@example.org" for name in ("ada", "bob")]
        given = herald("setup", *people, "digest send", "backup").out
        assert "2 sent" in given
        saved = given.split()[-1]
        herald("subscribers erase ada@example.org --yes", "subscribers add eve@example.org", "digest send")
        if postgres:
            assert "is not empty" in herald(f"restore {saved} --yes").err
        done = herald(f"restore {saved} --yes", url=-1)
        assert (done.code, "subscribers: 2" in done.out) == (0, True), done.err
        assert "was restored from a backup" in herald("resume", url=-1).err
        assert herald("resume --after-restore --yes", "subscribers show bob@example.org", url=-1).code == 0
        for name in ("ada", "eve"):
            assert "nobody" in herald(f"subscribers show {name}@example.org", url=-1).err
        assert len(relay.messages) == 3


@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_a_dump_restored_into_another_database_holds_its_mail_and_the_original_goes_on(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    server = database_url().rpartition("/")[0]
    with _databases(server, "guard_live", "guard_copy") as (live, copy), running() as relay:

        def herald(home: Path, url: str, *commands: str) -> Told:
            return finished_all(home, *commands, SMTP_URL=relay.url, DATABASE_URL=url)

        assert "1 sent" in herald(first, live, "setup", "subscribers add ada@example.org", "digest send").out
        assert herald(first, live, "subscribers add bob@example.org").code == 0
        shutil.copyfile(first / "keys.env", second / "keys.env")
        dump = subprocess.run([_program("pg_dump"), live], capture_output=True, check=True).stdout
        subprocess.run([_program("psql"), "-q", copy], input=dump, capture_output=True, check=True)
        held = herald(second, copy, "digest send")
        assert (held.code, "--after-restore" in held.err) == (1, True)
        assert [message.to for message in relay.messages] == ["ada@example.org"]
        assert "1 sent" in herald(second, live, "digest send").out  # a second host of the original
        assert "is a copy, or was restored" in herald(second, copy, "resume --after-restore --dry-run").out


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


class _databases:
    """Empty databases on the server, for the time of the block."""

    def __init__(self, server: str, *names: str) -> None:
        self._server, self._names = server, names

    def __enter__(self) -> list[str]:
        self._run("CREATE DATABASE {}")
        return [f"{self._server}/{name}" for name in self._names]

    def __exit__(self, *_: object) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        if not self._names:
            return
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as server:
            for name in self._names:
                server.execute(statement.format(name))
