"""newsboat, a reader for the terminal, subscribes and takes over the list of feeds. It reads no JSON Feed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from feeds import catalogue
from tests.feeds.stories import edit, kind, office, topic, withdraw, write

NEWSBOAT = shutil.which("newsboat")
pytestmark = pytest.mark.skipif(
    NEWSBOAT is None, reason="newsboat is not installed (Debian: apt-get install newsboat)"
)


class Newsboat:
    """One installation, its files in `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        for name in ("urls", "config"):
            (home / name).touch()

    def run(self, *words: str) -> str:
        files = ("-u", self.home / "urls", "-c", self.home / "cache", "-C", self.home / "config")
        done = subprocess.run(
            [str(NEWSBOAT), *map(str, files), *words],
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
        return done.stdout

    def items(self) -> list[tuple[str, str, str]]:
        """(guid, title, address); it ends well whatever happened, so only this tells."""
        with closing(sqlite3.connect(self.home / "cache")) as cache:
            return cache.execute("SELECT guid, title, url FROM rss_item ORDER BY id").fetchall()

    def feed(self) -> tuple[str, str]:
        with closing(sqlite3.connect(self.home / "cache")) as cache:
            return cache.execute("SELECT title, url FROM rss_feed").fetchone()


@pytest.fixture
def newsboat(tmp_path):
    return Newsboat(tmp_path / "newsboat")


@pytest.mark.holds("F10")
@pytest.mark.parametrize("suffix", ["atom", "rss"])
def test_it_sees_what_is_added_edited_and_withdrawn_and_304_in_between(stand, newsboat, suffix):
    english = write("English", url="https://news.example/en?a=1&b=2", language="en", body="<p>Body</p>")
    write("По-русски", url="https://news.example/ru", language="ru", translation_of_id=english)
    second = write("second")
    stand.publish()
    (newsboat.home / "urls").write_text(f"{stand.url}/feeds/all.{suffix}\n")
    for _ in range(3):  # its first question whether anything is new is the third
        newsboat.run("-x", "reload")
    assert stand.statuses() == [200, 200, 304]
    assert newsboat.feed() == ("All releases – Newsroom of X", f"{stand.url}/feeds/all")
    found = {title: address for _, title, address in newsboat.items()}
    assert found["English"] == "https://news.example/en?a=1&b=2"
    assert found["По-русски"] == "https://news.example/ru"
    edit(english, title="English, corrected")
    write("third")
    withdraw(second)
    stand.publish()
    newsboat.run("-x", "reload")
    # It takes differences, which tell of the withdrawal only in Atom.
    assert stand.statuses() == [{"atom": 226, "rss": 200}[suffix]]
    after = newsboat.items()
    assert len(after) == len({guid for guid, *_ in after}) == 4, "an edit makes no second item"
    assert {title for _, title, _ in after} == {"English, corrected", "По-русски", "second", "third"}
    later = Newsboat(newsboat.home.with_name("later"))
    (later.home / "urls").write_text(f"{stand.url}/feeds/all.{suffix}\n")
    later.run("-x", "reload")
    assert {title for _, title, _ in later.items()} == {"English, corrected", "По-русски", "third"}


@pytest.mark.holds("F11")
def test_it_takes_over_the_list_of_all_feeds(stand, newsboat):
    labels = office(), topic("borders", "Border <management> & “trade”")
    write("one", labels=labels, language="en", type_id=kind().pk)
    write("zwei", labels=labels, language="de")
    stand.publish()
    expected = {f"{stand.url}/feeds/{feed.path}.atom" for feed in catalogue.all_feeds()}
    newsboat.run("-i", f"{stand.url}/feeds.opml")
    taken = [line.split()[0] for line in (newsboat.home / "urls").read_text().splitlines() if line]
    assert len(taken) == len(expected)
    assert set(taken) == expected
    stand.statuses()
    newsboat.run("-x", "reload")
    assert stand.statuses() == [200] * len(expected), "every feed in the list is there"
