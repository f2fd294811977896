"""A backup is one whole file of one moment, and is put back only where it fits. The way back is a journey."""

from __future__ import annotations

import sqlite3
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from django.db import connection

from notifier import erasures
from notifier.backups import archive, dumping, making, restoring
from notifier.backups.dumping import BackupFault
from tests.notifier.mailing import a_newsroom, a_release, subscribers

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
sqlite_alone = pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite")


@pytest.fixture
def home(tmp_path: Path, settings) -> Path:
    settings.HERALD_HOME = tmp_path
    return tmp_path


def quietly(_done: int, _all: int) -> None:
    """Progress that nobody looks at."""


def make(home: Path, now: datetime = NOW, keep: int = 0) -> Path:
    return making.make(home / "backups", now, quietly, keep)


@pytest.mark.django_db(transaction=True)
class TestABackup:
    def test_holds_the_database_the_erasures_and_the_newsrooms_files_and_no_keys(self, home: Path) -> None:
        a_newsroom()
        subscribers(3)
        (home / "config").mkdir()
        (home / "config" / "offices.toml").write_text("# ours\n")
        (home / "erasures").write_text('{"erased": "ab", "at": "2026-11-01T00:00:00+00:00"}\n')
        (home / "keys.env").write_text("SECRET_KEY=a-key-of-ours\n")
        made = make(home)
        (home / "out").mkdir()
        manifest = archive.unpack(made, home / "out")
        assert made.name == "herald-20261128T030000Z.tar.zst"
        assert made.stat().st_mode & 0o777 == 0o600
        assert sorted(manifest.files) == ["config/offices.toml", "database", "erasures"]
        assert (manifest.subscribers, manifest.kind, manifest.made_at) == (3, connection.vendor, NOW)
        assert b"a-key-of-ours" not in b"".join(
            p.read_bytes() for p in (home / "out").rglob("*") if p.is_file()
        )
        assert (making.last() or pytest.fail("not noted")).at == NOW
        assert not list((home / "backups").glob(".*")), "drafts are left behind"

    def test_leaves_the_newest_few_and_what_is_none(self, home: Path) -> None:
        (home / "backups").mkdir()
        (home / "backups" / "notes.txt").write_text("mine")
        for day in range(3):
            make(home, NOW + timedelta(days=day), keep=2)
        names = sorted(path.name for path in (home / "backups").iterdir())
        assert names == ["herald-20261129T030000Z.tar.zst", "herald-20261130T030000Z.tar.zst", "notes.txt"]

    def test_that_fails_leaves_nothing_behind_and_removes_nothing(self, home: Path, monkeypatch) -> None:
        make(home)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device", "backups")

        monkeypatch.setattr(archive.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            make(home, NOW + timedelta(days=1), keep=1)
        assert [path.name for path in (home / "backups").iterdir()] == ["herald-20261128T030000Z.tar.zst"]
        assert (making.last() or pytest.fail("forgotten")).at == NOW

    @sqlite_alone
    def test_is_of_one_moment_while_another_connection_writes(self, home: Path) -> None:
        a_newsroom()
        subscribers(2_000)
        file = connection.settings_dict["NAME"]
        ends = threading.Event()

        def write() -> None:
            """Two rows in one transaction, again and again: a backup has both of a pair, or neither."""
            with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as other:
                while not ends.is_set():
                    other.execute("BEGIN IMMEDIATE")
                    for name in ("a", "b"):
                        other.execute("UPDATE pairs SET n = n + 1 WHERE name = ?", [name])
                    other.execute("COMMIT")

        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE pairs AS SELECT 'a' AS name, 0 AS n UNION ALL SELECT 'b', 0")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            dumping.dump(home / "copy", quietly)
        finally:
            ends.set()
            writer.join()
            with connection.cursor() as cursor:
                cursor.execute("SELECT MIN(n) FROM pairs")
                written = cursor.fetchone()[0]
                cursor.execute("DROP TABLE pairs")
        with closing(sqlite3.connect(home / "copy")) as copy:
            counts = {n for (n,) in copy.execute("SELECT n FROM pairs")}
            people = copy.execute("SELECT COUNT(*) FROM notifier_subscriber").fetchone()[0]
        assert (len(counts), people) == (1, 2_000)
        assert counts.pop() <= written


@pytest.mark.django_db(transaction=True)
class TestAFileThatIsToBePutBack:
    def test_is_refused_where_a_byte_has_changed(self, home: Path) -> None:
        a_release("Border news", ["border-management"])
        made = make(home)
        manifest = archive.manifest_of(made)
        other = home / "database"
        other.write_bytes(b"something else")
        archive.write(made, manifest, {"database": other})
        with pytest.raises(BackupFault, match="database is not as it was written"):
            archive.unpack(made, home)

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
    def test_is_refused_where_it_was_cut_off(self, home: Path, part: float) -> None:
        made = make(home)
        made.write_bytes(made.read_bytes()[: int(made.stat().st_size * part)])
        (home / "out").mkdir()
        with pytest.raises(BackupFault, match="cut off"):
            archive.unpack(made, home / "out")

    @pytest.mark.parametrize("junk", [b"", b"\0" * 4_000, b"PK\x03\x04 not ours", "Привет".encode()])
    def test_is_refused_where_it_is_none(self, home: Path, junk: bytes) -> None:
        (home / "junk").write_bytes(junk)
        with pytest.raises(BackupFault, match="is no backup of Herald"):
            archive.manifest_of(home / "junk")

    def test_is_refused_where_it_would_write_elsewhere(self, home: Path) -> None:
        made = make(home)
        manifest = archive.manifest_of(made)
        with (
            made.open("wb") as raw,
            zstandard.ZstdCompressor().stream_writer(raw) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            archive._add(tar, archive.MANIFEST, manifest.to_bytes(), NOW)
            archive._add(tar, "../../etc/cron.d/mine", b"* * * * * root true\n", NOW)
        (home / "out").mkdir()
        with pytest.raises(BackupFault, match="which no backup of Herald has"):
            archive.unpack(made, home / "out")
        assert not (home.parent.parent / "etc").exists()

    def test_is_refused_under_other_keys_from_a_newer_herald_or_another_kind_of_database(
        self, home: Path, settings
    ) -> None:
        manifest = archive.manifest_of(make(home))
        assert restoring.refusals(manifest) == []
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 40, [settings.SECRET_KEY]
        assert restoring.refusals(manifest) == [], "a key that is still accepted is a key"
        settings.ADDRESS_KEY = bytes(64)
        newer = {**manifest.migrations, "notifier": "9999_from_the_future"}
        said = restoring.refusals(replace(manifest, migrations=newer, kind="oracle"))
        assert len(said) == 3
        assert "DATABASE_URL names one on" in said[0]
        assert "newer (notifier.9999_from_the_future)" in said[1]
        assert "another ADDRESS_KEY" in said[2]

    @sqlite_alone
    def test_is_refused_while_another_has_the_database_open(self, home: Path) -> None:
        manifest = archive.manifest_of(make(home))
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
            other.execute("SELECT COUNT(*) FROM notifier_subscriber").fetchone()
            assert restoring.refusals(manifest) == [
                "Herald, or another program, has the present database open: end it first"
            ]
        assert restoring.refusals(manifest) == []


@pytest.mark.holds("S9")
def test_erasures_of_a_backup_join_those_that_are_there(home: Path) -> None:
    one, two, three = (f'{{"erased": "{name}", "at": "2026-11-01T00:00:00+00:00"}}' for name in "abc")
    (home / "erasures").write_text(f"{one}\n{two}\n")
    erasures.remember_all([two, three, ""])
    assert (home / "erasures").read_text().splitlines() == [one, two, three]
