"""Older entries lie in archive documents (RFC 5005): closed for ever, and found by every reader who walks back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from feeds import archiving
from feeds.folder import Folder
from feeds.formats import FORMATS
from feeds.models import ArchivePage, Release
from feeds.publisher import publish, rebuild
from feeds.readback import check
from tests.feeds.formats.judges import faults
from tests.feeds.published import A, atom, go, held, ids, titles
from tests.feeds.stories import NOW, SECOND, edit, label, newsroom, run, settle, topic, withdraw, write

pytestmark = pytest.mark.django_db
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 5)
    newsroom()
    return tmp_path / "feeds"


def links(root):
    return {link.get("rel"): link.get("href") for link in root.findall("a:link", A)}


def path_of(address):
    return address.removeprefix("http://localhost:8000/feeds/").removesuffix(".atom")


def walk(folder, path="all", between=lambda: None):
    """The titles of each document, from the current one back; `between` happens after each step."""
    found = []
    while path:
        root = atom(folder, path)
        found.append([node.text for node in root.findall("a:entry/a:title", A)])
        path = path_of(links(root).get("prev-archive", ""))
        between()
    return found


def pages(folder):
    """The archive documents of `all`, by name."""
    return {name: content for name, content in held(folder).items() if name.startswith("all/archive/")}


def fill(folder, count):
    for n in range(count):
        write(str(n))
    go(folder)


@pytest.mark.holds("F6")
@pytest.mark.parametrize(
    ("count", "current", "archived"), [(0, 0, 0), (9, 9, 0), (10, 5, 1), (14, 9, 1), (15, 5, 2), (38, 8, 6)]
)
def test_the_current_document_meets_the_newest_page(folder, count, current, archived):
    fill(folder, count)
    found = walk(folder)
    assert [len(document) for document in found] == [current, *[5] * archived]
    assert [title for document in found for title in document] == [str(n) for n in range(count - 1, -1, -1)]


@pytest.mark.holds("F6", "F1")
def test_each_archive_document_is_a_feed_that_says_what_it_is(folder):
    fill(folder, 22)
    for name, content in pages(folder).items():
        assert faults(name.rpartition(".")[2], content) == [], name
    first, last = atom(folder, "all/archive/1"), atom(folder, "all/archive/3")
    assert first.find(f"{HISTORY}archive") is not None
    assert atom(folder).find(f"{HISTORY}archive") is None
    assert first.findtext("a:id", "", A) == atom(folder).findtext("a:id", "", A)
    base = "http://localhost:8000/feeds/all"
    assert links(first) == {
        "self": f"{base}/archive/1.atom", "current": f"{base}.atom",
        "next-archive": f"{base}/archive/2.atom", "alternate": base,
    }  # fmt: skip
    assert links(last)["prev-archive"] == f"{base}/archive/2.atom"
    assert "next-archive" not in links(last)
    assert (
        b'"next_url": "http://localhost:8000/feeds/all/archive/3.json"' in (folder / "all.json").read_bytes()
    )
    assert b"next_url" not in (folder / "all/archive/1.json").read_bytes()
    channel = etree.parse(folder / "all/archive/2.rss").getroot()[0]
    assert {link.get("rel") for link in channel.findall("{http://www.w3.org/2005/Atom}link")} == {
        "self", "current", "prev-archive", "next-archive",
    }  # fmt: skip
    assert list(check(folder)) == []


@pytest.mark.holds("F6")
def test_who_walks_back_while_releases_are_added_sees_each_once(folder):
    fill(folder, 23)

    def add():
        for n in range(3):
            write(f"new {n}")
        go(folder, NOW + SECOND)

    found = [title for document in walk(folder, between=add) for title in document]
    assert found == [str(n) for n in range(22, -1, -1)]
    complete = [title for document in walk(folder) for title in document]
    assert len(complete) == len(set(ids(folder))) + 5 * len(pages(folder)) // 3
    assert {str(n) for n in range(23)} <= set(complete)


@pytest.mark.holds("F6")
def test_a_late_label_and_a_release_of_long_ago_go_to_the_current_document(folder):
    borders = topic()
    unlabelled = write("once without a label")
    for n in range(15):
        write(str(n), labels=(borders,))
    go(folder)
    label(unlabelled, borders)
    write("of long ago", NOW.date() - timedelta(days=900), (borders,))
    go(folder, NOW + SECOND)
    assert titles(folder, "topics/borders")[:2] == ["once without a label", "of long ago"]
    assert sum(len(document) for document in walk(folder, "topics/borders")) == 17


@pytest.mark.holds("F6")
def test_an_edit_leaves_full_pages_as_they_are_and_a_significant_one_returns_to_the_current_document(folder):
    fill(folder, 22)
    before = pages(folder)
    old = Release.objects.get(title="2").pk
    edit(old, body="<p>  </p>")
    go(folder, NOW + SECOND)
    assert (pages(folder), titles(folder)[0]) == (before, "21")
    edit(old, title="2, corrected")
    go(folder, NOW + 2 * SECOND)
    assert titles(folder)[0] == "2, corrected"
    assert {name: content for name, content in pages(folder).items() if name in before} == before
    assert "2" in walk(folder)[-1], "the page shows it as it was"
    edit(old, title="2, corrected again")
    go(folder, NOW + 3 * SECOND)
    assert (
        titles(folder).count("2, corrected again")
        == len([t for t in titles(folder) if t.startswith("2,")])
        == 1
    )


@pytest.mark.holds("F2", "F6")
def test_pages_are_rebuilt_to_the_same_bytes_after_edits(folder):
    fill(folder, 22)
    for title in ("1", "2", "7"):
        edit(Release.objects.get(title=title).pk, title=f"{title}, corrected", summary="Other words")
        go(folder, NOW + SECOND)
    before = held(folder)
    other = folder.with_name("other")
    rebuild(other, NOW + timedelta(days=200))
    assert held(other) == before


@pytest.mark.holds("F5", "F6")
@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
def test_what_is_withdrawn_leaves_its_page_which_gets_another_address(folder, how):
    fill(folder, 27)
    before = pages(folder)
    gone = Release.objects.get(title="7").pk
    guid = ids(folder, "all/archive/2")[2]
    if how == "withdrawn":
        withdraw(gone)
    else:
        run("DELETE FROM feeds_release WHERE id = %s", gone)
    go(folder, NOW + SECOND)
    assert not (folder / "all/archive/2.atom").exists()
    assert not any(b">7<" in content for content in held(folder).values())
    assert titles(folder, "all/archive/2-2") == ["9", "8", "6", "5"]
    found = [title for document in walk(folder) for title in document]
    assert found == [str(n) for n in range(26, -1, -1) if n != 7]
    assert path_of(links(atom(folder, "all/archive/1"))["next-archive"]) == "all/archive/2-2"
    untouched = {name for name, content in pages(folder).items() if before.get(name) == content}
    linked = {f"all/archive/1.{suffix}" for suffix in ("atom", "rss")}  # JSON Feed leads back only
    assert untouched == {f"all/archive/{n}.{suffix}" for n in (1, 4) for suffix in FORMATS} - linked
    tomb = atom(folder).find(f"{TOMBSTONES}deleted-entry")
    assert (tomb.get("ref"), tomb.get("when")) == (guid, "2025-02-17T12:00:01Z")
    assert list(check(folder)) == []


@pytest.mark.holds("F5")
def test_a_tombstone_stands_for_ninety_days_of_the_feeds_own_time(folder):
    first = write("first")
    write("second")
    go(folder)
    withdraw(first)
    go(folder, NOW + SECOND)
    assert faults("atom", (folder / "all.atom").read_bytes()) == []
    for days, stands in ((89, True), (91, False)):
        write(f"after {days} days", (NOW + timedelta(days=days)).date())
        go(folder, NOW + timedelta(days=days))
        assert (atom(folder).find(f"{TOMBSTONES}deleted-entry") is not None) is stands


def test_who_only_loses_a_label_has_no_tombstone(folder):
    borders = topic()
    release = write("stays", labels=(borders,))
    go(folder)
    run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
    go(folder, NOW + SECOND)
    assert ids(folder, "topics/borders") == []
    assert atom(folder, "topics/borders").find(f"{TOMBSTONES}deleted-entry") is None


def test_what_is_shown_again_stands_in_the_current_document(folder):
    fill(folder, 22)
    release = Release.objects.get(title="3").pk
    withdraw(release)
    go(folder, NOW + SECOND)
    edit(release, state="published")
    go(folder, NOW + 2 * SECOND)
    assert titles(folder)[0] == "3"
    assert atom(folder).find(f"{TOMBSTONES}deleted-entry") is None
    assert [title for document in walk(folder) for title in document].count("3") == 1


def test_only_the_pages_that_changed_are_written(folder, monkeypatch):
    fill(folder, 30)
    written = []
    write_file = Folder.write
    monkeypatch.setattr(
        Folder, "write", lambda self, name, *more: written.append(name) or write_file(self, name, *more)
    )
    write("one more")
    settle(NOW + SECOND)
    publish(folder, NOW + SECOND)
    assert {name.rpartition(".")[0] for name in written} == {"all", "untagged"}
    assert ArchivePage.objects.filter(feed="all").count() == 5
