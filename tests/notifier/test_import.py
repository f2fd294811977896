"""`herald import`: what it reads, what it says, and being interrupted."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
from datetime import date, timedelta
from pathlib import Path

import pytest

from feeds.models import Release, Source
from tests.notifier.commands import ROOT, finished, process

MANY = 9_000  # releases: more than are stored before a signal arrives
DATA = ROOT / "tests" / "feeds" / "data"


@pytest.fixture
def source(db: None) -> Source:
    Source.objects.bulk_create([Source(slug="newsroom", name="Newsroom", kind="folder")])
    return Source.objects.get()


def many(path: Path, count: int) -> Path:
    """Releases of as many days, the newest first."""
    with path.open("w") as file:
        for number in range(count):
            day = date(2025, 1, 1) - timedelta(days=number)
            file.write(
                json.dumps({"title": f"Release {number}", "date": str(day), "body": "<p>Text.</p>" * 20})
                + "\n"
            )
    return path


@pytest.mark.parametrize(
    ("name", "new", "code"),
    [
        ("release.md", 1, 0),
        ("one.json", 1, 0),
        ("list.json", 2, 1),
        ("lines.ndjson", 2, 1),
        ("semicolons.csv", 2, 1),
    ],
)
def test_every_format_is_taken_and_faults_are_said(source, herald, name, new, code):
    told = herald("import", str(DATA / name), "--json")
    assert (told.json["new"], told.code) == (new, code)
    assert told.json["faults"] == told.err.splitlines()
    assert Release.objects.count() == new


def test_a_folder_is_taken(source, herald, tmp_path: Path):
    (tmp_path / "a.md").write_text("---\ntitle: A\ndate: 2025-02-17\n---\nText.\n")
    (tmp_path / "b.csv").write_text("title,date\nB,2025-02-18\n")
    assert herald("import", str(tmp_path), "--json").json["new"] == 2
    assert herald("import", str(tmp_path)).out == "0 new, 0 changed, 2 same\n"


def test_standard_input_is_taken(source, herald, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((DATA / "semicolons.csv").read_bytes())))
    told = herald("import", "-", "--json")
    assert told.json["new"] == 2
    assert told.json["faults"][0].startswith("standard input:6: ")


def test_a_file_that_is_not_there_is_said_in_one_line(source, herald):
    told = herald("import", "nowhere")
    assert told.code == 1
    assert "nowhere" in told.err
    assert len(told.err.splitlines()) == 1


# a source


@pytest.fixture
def watched(source, tmp_path: Path) -> Path:
    """The folder of the source, which is called newsroom."""
    (tmp_path / "in").mkdir()
    Source.objects.update(address=str(tmp_path / "in"))
    return tmp_path / "in"


def lay(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    os.utime(folder / name, (1_600_000_000, 1_600_000_000))


def test_a_source_is_fetched_now(watched, herald):
    lay(watched, "a.md", "---\ntitle: A\ndate: 2025-02-17\n---\nText.\n")
    told = herald("import", "newsroom", "--json")
    assert told.json == {"new": 1, "changed": 0, "same": 0, "faults": [], "held": []}
    assert herald("import", "newsroom").out == "0 new, 0 changed, 0 same\n"


def test_edited_files_are_no_reason_to_hold_a_fetch(watched, herald):
    for title in ("A", "B"):
        for number in range(3):
            lay(watched, f"{number}.md", f"---\ntitle: {title} {number}\ndate: 2025-02-17\n---\n{title}\n")
            os.utime(watched / f"{number}.md", (1_600_000_000 + ord(title), 1_600_000_000 + ord(title)))
        told = herald("import", "newsroom", "--json")
    assert (told.code, told.json["changed"], told.json["held"]) == (0, 3, [])


def test_a_fetch_that_is_held_says_why(watched, herald):
    herald("import", "newsroom")
    lay(watched, "many.csv", "title,date\n" + "".join(f"R{number},2025-02-17\n" for number in range(30)))
    told = herald("import", "newsroom", "--json")
    assert (told.code, told.json["new"], len(told.json["held"])) == (1, 0, 1)
    assert told.err.startswith("held until an admin decides: 30 releases would be new")
    assert not Release.objects.exists()


def test_a_source_that_cannot_be_fetched_says_why(source, herald, tmp_path: Path):
    Source.objects.update(address=str(tmp_path / "nowhere"))
    told = herald("import", "newsroom")
    assert told.code == 1
    assert "newsroom: " in told.err
    assert "does not exist" in told.err


def test_a_fetch_that_was_interrupted_can_be_begun_again_at_once(watched, herald, monkeypatch):
    lay(watched, "a.md", "---\ntitle: A\ndate: 2025-02-17\n---\nText.\n")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("feeds.intake.take_in", interrupted)
        told = herald("import", "newsroom")
    assert (told.code, "interrupted: 0 releases are stored" in told.err) == (130, True)
    assert herald("import", "newsroom", "--json").json["new"] == 1


def test_a_file_that_is_called_as_a_source_is_meant_by_its_path(watched, herald, monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, "newsroom", "title,date\nA,2025-02-17\n")
    assert herald("import", "./newsroom", "--json").json["new"] == 1
    assert herald("import", "newsroom", "--source", "newsroom").code == 2


@pytest.mark.holds("P5")
def test_an_import_shows_how_far_it_is_can_be_interrupted_and_goes_on(tmp_path: Path):
    finished(tmp_path, "setup")
    file = many(tmp_path / "many.ndjson", MANY)
    ours, theirs = pty.openpty()
    running = process(tmp_path, "import", str(file), stderr=theirs, TERM="xterm", COLUMNS="120")
    os.close(theirs)
    try:
        until(ours, rb"Releases.*[1-9][0-9]*/%d.*/s" % MANY)
        running.send_signal(signal.SIGINT)
        said = until(
            ours, rb"interrupted: ([0-9,]+) releases are stored; the same command goes on where it stopped"
        )
        assert running.wait(60) == 130
    finally:
        os.close(ours)
        running.kill()
        running.communicate()
    stored = int(said[1].replace(b",", b""))
    assert 0 < stored < MANY
    report = finished(tmp_path, "import", str(file), "--json").json
    assert (report["new"], report["same"]) == (MANY - stored, stored)


def until(terminal: int, pattern: bytes) -> re.Match[bytes]:
    """What the other side of a terminal writes, until the pattern is in it."""
    written = b""
    while not (found := re.search(pattern, written)):
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, written
        try:
            written += os.read(terminal, 65536)
        except OSError:  # nobody writes there any more
            raise AssertionError(f"it ended without saying {pattern!r}: {written!r}") from None
    return found
