"""What stands in the published documents is used again, and only where it is still true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feeds import catalogue, documents, library, press, publisher
from feeds.formats import FORMATS
from feeds.models import Topic
from feeds.publisher import Published, rebuild
from tests.feeds.published import go, held, titles
from tests.feeds.stories import NOW, SECOND, edit, newsroom, office, run, settle, topic, withdraw, write

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


def test_nothing_is_read_or_rendered_twice_when_all_is_made_anew(folder, read, monkeypatch):
    """However many feeds carry it, and wherever they stand in the catalogue."""
    newsroom()
    vienna, borders = office(), topic()
    for number in range(30):
        write(f"release {number}", labels=(vienna, borders))
    go(folder)
    rendered: list[str] = []
    kinds = {
        suffix: replace(
            kind, entry=lambda value, by, kind=kind: rendered.append(value.title) or kind.entry(value, by)
        )
        for suffix, kind in FORMATS.items()
    }
    monkeypatch.setattr(press, "FORMATS", kinds)
    monkeypatch.setattr(documents, "AT_ONCE", 1)
    read.clear()
    rebuild(folder, NOW + SECOND)
    titles_there = [f"release {number}" for number in range(30)]
    assert sorted(read) == sorted(titles_there)
    assert sorted(rendered) == sorted(len(FORMATS) * titles_there)


def test_feeds_that_carry_the_same_releases_are_made_together():
    newsroom()
    borders = topic()
    for slug in ("vienna", "vienna-mission"):
        write("one", labels=(office(slug=slug), borders))
    settle()
    paths = [feed.path for feed in publisher.together(catalogue.all_feeds())]
    assert paths == [
        "all",
        "topics/borders",
        "untagged",
        "offices/vienna",
        "offices/vienna/topics/borders",
        "offices/vienna-mission",
        "offices/vienna-mission/topics/borders",
    ]
