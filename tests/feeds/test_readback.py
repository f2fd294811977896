"""Published files read again and compared with the store."""

from __future__ import annotations

import pytest

from feeds.folder import Folder
from feeds.publisher import publish
from feeds.readback import Problem, check
from tests.feeds.stories import NOW, kind, newsroom, office, settle, topic, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    newsroom()
    vienna, borders, press = office(), topic(), kind()
    write("AT&amp;T <b>bold</b> &lt;script&gt; “q” </b>", labels=(vienna,), body="<p>x</p>", type_id=press.pk)
    write("Second", labels=(vienna, borders), summary="S", url="https://news.example/2?a=1&b=2")
    settle()
    publish(tmp_path / "feeds", NOW)
    return tmp_path / "feeds"


def problems(folder):
    return {problem.file: problem.what for problem in check(folder)}


@pytest.mark.holds("F1")
def test_what_was_published_is_what_the_store_holds(folder):
    assert list(check(folder)) == []


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_a_file_that_is_missing_torn_or_something_else_is_found(folder, suffix):
    good = (folder / f"all.{suffix}").read_bytes()
    for content, said in [
        (None, "is missing"), (b"", "cannot be read"), (good[: len(good) // 2], "cannot be read"),
        (b"<html><body>hello</body></html>", "cannot be read"), (b"{}", "cannot be read"), (b"[1]", "cannot be read"),
        (good.replace(b"Second", b"2nd"), "title is '2nd', expected 'Second'"),
        (good.replace(b"All releases", b"Everything"), "its title is 'Everything"),
        (good.replace(b"https://news.example/2", b"https://evil.example/2"), "link is 'https://evil"),
        (good.replace(b"12:00:00Z", b"12:00:01Z"), "updated is '2025-02-17T12:00:01Z'"),
        (good.replace(b":release/", b":liberation/"), "its entries are not the store's"),
    ]:  # fmt: skip
        (folder / f"all.{suffix}").unlink(missing_ok=True)
        if content is not None:
            (folder / f"all.{suffix}").write_bytes(content)
        found = problems(folder)
        assert list(found) == [f"all.{suffix}"], (content, found)
        assert said in found[f"all.{suffix}"]


def test_entries_in_another_order_are_found(folder):
    text = (folder / "offices/vienna.atom").read_text()
    head, one, two = text.split("  <entry")
    two = two.removesuffix("</feed>\n")
    (folder / "offices/vienna.atom").write_text(f"{head}  <entry{two}  <entry{one}</feed>\n")
    assert list(problems(folder)) == ["offices/vienna.atom"]


def test_a_stray_file_is_found_but_not_what_is_the_folders_own(folder):
    (folder / "topics" / "gone.atom").write_bytes(b"")
    assert [str(problem) for problem in check(folder)] == [
        "topics/gone.atom: no feed of the catalogue; remove it"
    ]
    assert ".cursor" not in Folder(folder).files()


def test_a_release_that_came_in_the_meantime_is_found_in_each_feed_it_belongs_to(folder):
    write("Third")
    settle()
    found = problems(folder)
    assert sorted(found) == sorted(
        f"{path}.{s}" for path in ("all", "untagged") for s in ("atom", "rss", "json")
    )
    assert all("without tag:x.example,2025:release/" in what for what in found.values())


def test_a_problem_is_one_line():
    assert str(Problem("all.atom", "is missing")) == "all.atom: is missing"
