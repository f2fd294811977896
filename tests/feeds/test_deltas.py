"""Only what is new, for readers who ask for it (RFC 3229)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds import archiving, deltas, serving
from feeds.memory import Memory
from tests.feeds.asking import ask
from tests.feeds.formats.judges import faults
from tests.feeds.published import A, go
from tests.feeds.stories import NOW, SECOND, edit, label, newsroom, run, topic, withdraw, write

pytestmark = [pytest.mark.django_db, pytest.mark.holds("F4")]
FEED = {"a_im": "feed"}


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    monkeypatch.setattr(serving, "_memory", Memory())
    newsroom()
    for n in range(5):
        write(str(n))
    go(settings.FEED_FOLDER)
    return settings.FEED_FOLDER


def tag(path="/feeds/all.atom", **headers):
    return ask(path, **headers)[1]["etag"]


def titles(body):
    return [node.text for node in etree.fromstring(body).findall("a:entry/a:title", A)]


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_who_has_an_earlier_state_gets_only_what_came_since(folder, suffix):
    path = f"/feeds/all.{suffix}"
    before = tag(path)
    write("5")
    edit(write("6"), summary="at once")
    go(folder, NOW + SECOND)
    status, headers, body = ask(path, if_none_match=before, **FEED)
    assert (status, headers["im"]) == (226, "feed")
    assert headers["etag"] == tag(path), "what the client has now is the whole feed as it is now"
    assert headers["cache-control"] == "no-store, im"
    assert faults(suffix, body) == []
    found = {
        "atom": titles,
        "rss": lambda b: [node.text for node in etree.fromstring(b).iterfind("channel/item/title")],
        "json": lambda b: [item["title"] for item in json.loads(b)["items"]],
    }[suffix](body)
    assert found == ["6", "5"]
    assert ask(path, if_none_match=headers["etag"], **FEED)[0] == 304


def test_an_edit_is_new_too(folder):
    before = tag()
    release = write("5")
    go(folder, NOW + SECOND)
    between = tag()
    edit(release, title="5, corrected")
    go(folder, NOW + 2 * SECOND)
    for held in (before, between):
        status, _, body = ask(if_none_match=held, **FEED)
        assert (status, titles(body)) == (226, ["5, corrected"])


def test_a_withdrawal_comes_as_a_tombstone_where_the_format_has_them(folder):
    release = write("5")
    go(folder, NOW + SECOND)
    atom, rss = tag(), tag("/feeds/all.rss")
    withdraw(release)
    go(folder, NOW + 2 * SECOND)
    status, _, body = ask(if_none_match=atom, **FEED)
    assert (status, titles(body)) == (226, [])
    assert b"deleted-entry" in body
    assert ask("/feeds/all.rss", if_none_match=rss, **FEED)[0] == 200, "RSS has none: the whole tells it"


def test_what_only_left_this_feed_is_told_by_the_whole(folder):
    borders = topic()
    release = write("5", labels=(borders,))
    go(folder, NOW + SECOND)
    before = tag("/feeds/topics/borders.atom")
    run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
    go(folder, NOW + 2 * SECOND)
    assert ask("/feeds/topics/borders.atom", if_none_match=before, **FEED)[0] == 200
    label(release, borders)


def test_nothing_new_in_its_entries_is_nothing_new(folder):
    before = tag()
    newsroom(name="Newsroom of Y")
    go(folder, NOW + SECOND)
    assert tag() != before
    assert ask(if_none_match=before, **FEED)[0] == 304
    assert ask(if_none_match=before)[0] == 200


def test_whoever_was_away_until_entries_went_to_the_archive_gets_the_whole(folder, monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 5)
    write("5")
    go(folder, NOW + SECOND)
    before = tag()
    for n in range(6, 16):
        write(str(n))
    go(folder, NOW + 2 * SECOND)
    assert ask(if_none_match=before, **FEED)[0] == 200
    before = tag()
    for n in range(16, 20):
        write(str(n))
    go(folder, NOW + 3 * SECOND)
    status, _, body = ask(if_none_match=before, **FEED)
    assert (status, titles(body)) == (226, ["19", "18", "17", "16"])


@pytest.mark.parametrize("held", ['"made-up"', '"3-0123456789abcdef01234567"', '"99999-x"', "*x", '""', None])
def test_an_unknown_state_gets_the_whole(folder, held):
    headers = {"if_none_match": held} if held else {}
    status, answered, _ = ask(**headers, **FEED)
    assert status == 200
    assert "im" not in answered


def test_of_several_states_the_newest_counts_in_whatever_encoding(folder):
    first = tag()
    write("5")
    go(folder, NOW + SECOND)
    second = tag(accept_encoding="gzip")
    write("6")
    go(folder, NOW + 2 * SECOND)
    status, headers, body = ask(if_none_match=f"{first}, W/{second}", accept_encoding="br", **FEED)
    assert (status, titles(body)) == (226, ["6"])
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("feed", True), ("vcdiff, feed;q=0.5", True), ("FEED", True), ("feed;q=0", False), ("feed; q=0.0", False),
        ("vcdiff", False), ("", False), (None, False), ("feeder", False),
    ],
)  # fmt: skip
def test_only_who_asks_for_it_gets_it(header, wanted):
    assert deltas.asked(header) is wanted


@given(st.text())
def test_no_header_is_too_odd(header):
    deltas.asked(header)
