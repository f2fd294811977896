"""What stands in the published documents is used again, and only where it is still true."""

from __future__ import annotations

import pytest

from feeds import library
from feeds.models import Topic
from feeds.publisher import Published, rebuild
from tests.feeds.published import go, held, titles
from tests.feeds.stories import NOW, SECOND, edit, newsroom, office, run, topic, withdraw, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "feeds"


@pytest.fixture
def read(monkeypatch):
    """The titles that were read from the store and made entries of."""
    seen: list[str] = []
    make = library.entry
    monkeypatch.setattr(library, "entry", lambda told, *more: seen.append(told.title) or make(told, *more))
    return seen


def test_only_what_is_new_is_read_and_all_is_as_if_made_anew(folder, read):
    newsroom()
    vienna, borders = office(), topic()
    old = [write(f"old {number}", labels=(vienna, borders)) for number in range(3)]
    go(folder)
    read.clear()
    write("new", labels=(vienna,))
    edit(old[1], title="edited")
    withdraw(old[2])
    go(folder, NOW + SECOND)
    assert set(read) == {"new", "edited"}
    assert set(titles(folder)) == {"new", "edited", "old 0"}
    files = held(folder)
    assert rebuild(folder, NOW + SECOND) == Published(feeds=5, files=0)
    assert held(folder) == files


def test_with_another_name_of_a_term_all_that_carries_it_is_made_anew(folder, read):
    borders = topic()
    write("old", labels=(borders,))
    go(folder)
    read.clear()
    run("UPDATE feeds_topic SET name = 'Frontiers' WHERE id = %s", Topic.objects.get().pk)
    go(folder, NOW + SECOND)
    assert set(read) == {"old"}
    assert b"Frontiers" in held(folder)["all.atom"]


def test_a_document_that_somebody_changed_is_not_believed(folder, read):
    write("old")
    go(folder)
    read.clear()
    for file in (folder / "all.atom", folder / "untagged.atom"):
        file.write_bytes(file.read_bytes().replace(b"old", b"odd"))
    write("new")
    go(folder, NOW + SECOND)
    assert set(titles(folder)) == {"old", "new"}
    assert set(read) == {"old", "new"}
