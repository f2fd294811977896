"""Changed releases become files: the right ones, whole, and only when their bytes differ."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from feeds import entries, notice, publisher
from feeds.folder import CURSOR, Folder
from feeds.formats import FORMATS
from feeds.models import Newsroom
from feeds.publisher import Published, publish, rebuild
from feeds.serving import _FEED
from tests.feeds.formats.judges import faults
from tests.feeds.published import go, held, ids, titles
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    kind,
    label,
    newsroom,
    office,
    run,
    settle,
    topic,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "feeds"


@pytest.mark.holds("F1")
def test_every_feed_there_is_is_written_and_valid(folder):
    newsroom(home_url="https://x.example", description="What X says")
    vienna, borders, press = office(), topic(), kind()
    office("closed", "Closed", closed=True)
    write(
        "Bishkek: <borders> & “trade”", labels=(vienna, borders), url="https://news.example/1", author="Ann",
        summary="A summary & more", body="<p>Body<script>alert(1)</script> <a href='/x'>x</a></p>", language="fr",
        image_url="https://news.example/a.png", type_id=press.pk, editors_note="The date was wrong.",
    )  # fmt: skip
    write("Nothing but a title")
    assert go(folder) == Published(feeds=9, files=27)
    files = held(folder)
    assert sorted(files) == sorted(
        f"{path}.{suffix}"
        for path in (
            "all",
            "untagged",
            "offices/vienna",
            "offices/closed",
            "topics/borders",
            "types/news",
            "offices/vienna/topics/borders",
            "languages/en",
            "languages/fr",
        )
        for suffix in FORMATS
    )
    assert [
        (name, fault) for name, held in files.items() for fault in faults(name.rpartition(".")[2], held)
    ] == []
    assert titles(folder) == ["Nothing but a title", "Bishkek: <borders> & “trade”"]
    assert titles(folder, "untagged") == ["Nothing but a title"]
    assert (
        titles(folder, "offices/vienna")
        == titles(folder, "topics/borders")
        == ["Bishkek: <borders> & “trade”"]
    )
    assert titles(folder, "offices/closed") == []
    assert all(_FEED.fullmatch(f"/feeds/{name}") for name in files), "what is written can be served"


@pytest.mark.holds("F2")
def test_unchanged_data_is_rebuilt_to_the_same_bytes_and_not_written(folder):
    borders = topic()
    for n in range(5):
        write(str(n), labels=(borders,) if n % 2 else ())
    go(folder)
    before, times = held(folder), {path: path.stat().st_mtime for path in folder.rglob("*.atom")}
    assert rebuild(folder, NOW + timedelta(days=3)) == Published(feeds=3, files=0)
    assert (held(folder), {path: path.stat().st_mtime for path in folder.rglob("*.atom")}) == (before, times)
    assert rebuild(folder.with_name("other"), NOW + timedelta(days=3)).files == 9
    assert held(folder.with_name("other")) == before


def test_only_touched_feeds_are_written(folder):
    newsroom()
    vienna, borders = office(), topic()
    write("one", labels=(vienna,))
    go(folder)
    second = write("two", labels=(borders,))
    assert go(folder, NOW + SECOND) == Published(feeds=2, files=6)
    label(second, vienna)
    assert go(folder, NOW + 2 * SECOND) == Published(feeds=4, files=12)
    assert go(folder, NOW + 3 * SECOND) == Published()
    run("DELETE FROM feeds_release_topics WHERE release_id = %s", second)
    assert go(folder, NOW + 4 * SECOND) == Published(feeds=4, files=12)
    assert ids(folder, "topics/borders") == []


def test_a_renamed_term_is_named_anew_in_every_feed_that_names_it(folder):
    vienna, borders, press = office(), topic(), kind()
    write("one", labels=(vienna, borders), type_id=press.pk)
    office("tirana", "Tirana")
    go(folder)
    run("UPDATE feeds_topic SET name = 'Frontiers' WHERE id = %s", borders.pk)
    assert go(folder, NOW + SECOND) == Published(feeds=5, files=15)
    assert b"Frontiers" in (folder / "offices/vienna.rss").read_bytes()
    run("UPDATE feeds_releasetype SET name = 'Tidings' WHERE id = %s", press.pk)
    assert go(folder, NOW + 2 * SECOND) == Published(feeds=5, files=15)
    run("UPDATE feeds_office SET closed = %s WHERE slug = 'tirana'", True)
    assert go(folder, NOW + 3 * SECOND) == Published(feeds=1, files=0)


def test_the_feed_of_a_term_that_is_gone_goes_too(folder):
    newsroom()
    borders = topic()
    go(folder)
    (folder / "readme.txt").write_text("not ours")
    run("DELETE FROM feeds_topic WHERE id = %s", borders.pk)
    go(folder, NOW + SECOND)
    assert sorted(held(folder)) == [
        *(f"all.{s}" for s in sorted(FORMATS)),
        "readme.txt",
        *(f"untagged.{s}" for s in sorted(FORMATS)),
    ]


@pytest.mark.parametrize("change", ["newsroom", "host", "code"])
def test_another_presentation_is_shown_in_every_feed(folder, settings, monkeypatch, change):
    newsroom()
    topic()
    go(folder)
    if change == "newsroom":
        Newsroom.objects.update(name="Y")
    elif change == "host":
        settings.BASE_URL = "https://other.example"
    else:
        monkeypatch.setattr(entries, "FORMAT_VERSION", -1)
    published = publish(folder, NOW + SECOND)
    assert published == Published(feeds=3, files=0 if change == "code" else 9)
    assert publish(folder, NOW + SECOND) == Published()


@pytest.mark.holds("F8")
def test_what_a_killed_writer_left_is_made_good(folder, monkeypatch):
    write("one")
    go(folder)
    good = held(folder)
    write_file, calls = Folder.write, []

    def cut_short(self, name, sheet, now):
        calls.append(name)
        if len(calls) == 3:
            (self.path / f".{name}.new").write_bytes(sheet.body[:10])
            raise KeyboardInterrupt
        return write_file(self, name, sheet, now)

    write("two")
    settle(NOW + SECOND)
    monkeypatch.setattr(Folder, "write", cut_short)
    with pytest.raises(KeyboardInterrupt):
        publish(folder, NOW + SECOND)
    monkeypatch.undo()
    assert not (folder / CURSOR).exists()
    (folder / "untagged.rss").write_bytes(b"")  # what a power cut makes of a file that was not synced
    assert publish(folder, NOW + 2 * SECOND).feeds == 2
    assert not list(folder.rglob(".*.new"))
    assert held(folder).keys() == good.keys()
    assert titles(folder) == titles(folder, "untagged") == ["two", "one"]
    assert faults("rss", (folder / "untagged.rss").read_bytes()) == []


@pytest.mark.parametrize(
    "cursor", ["", "{}", '{"seq": 999999, "mark": "", "presentation": ""}', "[1]", "elsewhere"]
)
def test_a_folder_of_another_database_is_built_anew(folder, cursor):
    newsroom()
    write("one")
    go(folder)
    if cursor == "elsewhere":
        position = json.loads((folder / CURSOR).read_text())
        cursor = json.dumps({**position, "mark": "2020-01-01T00:00:00+00:00"})
    (folder / CURSOR).write_text(cursor)
    (folder / "all.atom").write_bytes(b"of another newsroom")
    write("two")
    settle(NOW + SECOND)
    assert publish(folder, NOW + SECOND).feeds == 2
    assert titles(folder) == ["two", "one"]


def test_the_time_of_a_file_is_a_whole_second_and_grows_with_its_bytes(folder):
    release = write("0")
    seen = []
    for n in range(4):
        edit(release, title=str(n))
        go(folder, NOW + timedelta(milliseconds=100 * n))
        seen.append((folder / "all.json").stat().st_mtime_ns)
    first = int(NOW.timestamp()) * 10**9
    assert seen == [first + n * 10**9 for n in range(4)]


def test_changes_are_published_only_when_their_members_are_kept(folder):
    newsroom()
    go(folder)
    write("one")
    notice.take(NOW)
    assert publish(folder, NOW) == Published()
    assert go(folder) == Published(feeds=2, files=6)


def test_more_changes_than_are_worth_telling_apart_touch_everything(folder, monkeypatch):
    newsroom()
    topic()
    go(folder)
    monkeypatch.setattr(publisher, "MANY", 3)
    for n in range(4):
        write(str(n))
    assert go(folder, NOW + SECOND) == Published(feeds=3, files=6)


def test_a_rebuild_tells_how_far_it_is(folder):
    topic()
    told = []
    rebuild(folder, NOW, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.holds("F8")
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_reads_during_constant_rebuilds_are_all_whole(folder):
    newsroom()
    borders = topic()
    first = write("one", labels=(borders,), body="<p>" + "many words " * 2000 + "</p>")
    go(folder)
    stop, faulty = threading.Event(), []
    names = [f"{path}.{suffix}" for path in ("all", "topics/borders") for suffix in FORMATS]
    ends = {"atom": b"</feed>\n", "rss": b"</rss>\n", "json": b"]\n}\n"}

    def build():
        try:
            for n in range(10_000):
                edit(first, title=f"{n} " * (n % 50 + 1))
                settle(NOW)
                publish(folder, NOW)
                if stop.is_set():
                    return
        except Exception as error:
            faulty.append(error)
        finally:
            connection.close()

    builder = threading.Thread(target=build)
    builder.start()
    seen = set()
    for n in range(10_000):
        name = names[n % len(names)]
        content = (folder / name).read_bytes()
        if not content.endswith(ends[name.rpartition(".")[2]]):
            faulty.append(name)
        if n % 250 == 0:
            faulty += faults(name.rpartition(".")[2], content)
        seen.add(content)
    stop.set()
    builder.join()
    assert faulty == []
    assert len(seen) > len(names), "something was rebuilt in the meantime"


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_folder_take_turns(folder):
    for n in range(10):
        write(str(n))
    settle()
    faulty = []

    def build():
        try:
            rebuild(folder, NOW)
        except Exception as error:
            faulty.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=build) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faulty == []
    assert len(titles(folder)) == 10
    assert (folder / CURSOR).exists()
