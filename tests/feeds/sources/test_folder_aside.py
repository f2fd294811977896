"""A folder that is watched: what cannot be read is moved aside, with the reasons."""

import json
import os
from pathlib import Path

import pytest

from tests.feeds.sources.watched import RELEASE, Watched, only, said, titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(tmp_path: Path) -> Watched:
    """A folder whose first look is over."""
    watched = Watched(tmp_path)
    watched.look()
    return watched


def test_a_file_that_cannot_be_read_is_moved_aside_with_the_reasons(begun):
    begun.lay("news/a.md", "---\ntitle: A\ndate: soon\noffce: Vienna\n---\n")
    begun.lay("good.md", RELEASE.format("Good"))
    look = begun.look()
    assert titles(look) == ["Good"]
    assert [fault.line for fault in look.faults] == [3, 4]
    assert not (begun.root / "news/a.md").exists()
    aside = begun.aside()
    assert set(aside) == {"a.md", "a.md.reason.txt"}
    assert aside["a.md.reason.txt"].splitlines() == [
        "news/a.md, looked at on 2025-02-17 at 12:00:10 UTC. It was not taken.",
        *said(look),
        "Put it back into the folder when it is mended.",
    ]
    assert begun.look().unchanged


def test_nothing_aside_is_overwritten(begun):
    for number in (1, 2, 3):
        begun.lay("a.md", f"junk {number}")
        begun.look()
    aside = begun.aside()
    assert [aside[name] for name in ("a.md", "a-2.md", "a-3.md")] == ["junk 1", "junk 2", "junk 3"]
    assert len(aside) == 6


def test_a_reason_that_is_there_already_is_not_overwritten(begun):
    begun.lay("rejected/a.md.reason.txt", "An older reason.")
    begun.lay("a.md", "junk")
    begun.look()
    assert begun.aside()["a.md.reason.txt"] == "An older reason."
    assert begun.aside()["a-2.md"] == "junk"


def test_of_a_file_with_good_and_bad_ones_the_good_are_taken_and_a_copy_is_put_aside(begun):
    text = "title,date\nA,2025-02-17\nB,soon\n"
    begun.lay("list.csv", text)
    look = begun.look()
    assert (titles(look), [fault.line for fault in look.faults]) == (["A"], [3])
    assert (begun.root / "list.csv").read_text() == text
    assert begun.aside()["list.csv"] == text
    assert "Some of it was not taken" in begun.aside()["list.csv.reason.txt"]
    assert begun.look().unchanged


def test_a_look_whose_memory_was_not_kept_puts_nothing_aside_twice(begun):
    """As where a fetch is held: until somebody decides, every look finds the same."""
    begun.lay("list.csv", "title,date\nA,2025-02-17\nB,soon\n")
    before = begun.memory
    for _ in range(3):
        begun.memory = before
        assert titles(begun.look()) == ["A"]
    assert len(begun.aside()) == 2
    begun.lay("list.csv", "title,date\nA,2025-02-17\nB,later\n", seconds_ago=10)
    begun.look()
    assert set(begun.aside()) == {f"list{n}.csv{x}" for n in ("", "-2") for x in ("", ".reason.txt")}


def test_a_file_that_was_mended_and_put_back_is_taken(begun):
    begun.lay("a.md", "junk")
    begun.look()
    begun.lay("a.md", RELEASE.format("A"))
    assert titles(begun.look()) == ["A"]


def test_a_file_that_is_no_text_is_moved_aside(begun):
    begun.lay("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF")
    assert "NUL byte" in said(begun.look())[0]
    assert "photo.jpg" in (path.name for path in (begun.root / "rejected").iterdir())


def test_a_folder_that_cannot_be_written_to_still_gives_what_is_good(begun):
    begun.lay("good.md", RELEASE.format("Good"))
    begun.lay("bad.md", "junk")
    with only(begun.root, 0o555, os.W_OK):
        look, again = begun.look(), begun.look()
    assert titles(look) == ["Good"]
    assert [fault.file for fault in look.faults] == ["bad.md", "bad.md"]
    assert "could not be put into rejected/ (Permission denied)" in said(look)[1]
    assert (again.faults, again.unchanged) == ((), True)


def test_where_nothing_can_be_put_aside_bad_files_are_reported_once(begun):
    """As in a folder that cannot be written to, which root can always do."""
    begun.lay("rejected", "a file is in the way")
    begun.lay("good.md", RELEASE.format("Good"))
    begun.lay("bad.md", "junk")
    look = begun.look()
    assert titles(look) == ["Good"]
    assert sorted({fault.file for fault in look.faults}) == ["bad.md", "rejected"]
    assert "could not be put into rejected/" in "".join(said(look))
    assert begun.look().faults == ()
    assert (begun.root / "bad.md").read_text() == "junk"
    begun.lay("bad.md", RELEASE.format("Mended"))
    assert titles(begun.look()) == ["Mended"]


def test_two_files_that_differ_in_their_suffix_alone_do_not_undo_each_other(begun):
    begun.lay("a.md", RELEASE.format("Markdown"))
    begun.lay("a.json", json.dumps({"title": "JSON", "date": "2025-02-17"}))
    look = begun.look()
    assert titles(look) == ["JSON"]
    assert said(look) == ['a.md: the name of "a.json"; expected a name or a key of its own']
    begun.lay("a.md", "---\ntitle: Markdown\ndate: 2025-02-17\nkey: its own\n---\n")
    assert titles(begun.look()) == ["Markdown"]
