"""Who follows the standards has everything, once, whatever happens meanwhile."""

from __future__ import annotations

import random

import feedparser
import pytest
import requests

from feeds import archiving
from feeds.models import Release
from tests.feeds.clients.strict import StrictReader
from tests.feeds.stories import edit, label, run, topic, withdraw, write


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 5)


def shown() -> list[str]:
    return sorted(Release.objects.filter(state="published").values_list("title", flat=True))


@pytest.mark.holds("F6", "F10")
def test_who_walks_back_over_http_while_releases_are_added_sees_each_id_once(stand):
    for n in range(33):
        write(str(n))
    stand.publish()
    reader = StrictReader(f"{stand.url}/feeds/all.atom")

    def meanwhile():
        for n in range(4):
            write(f"new {n}")
        stand.publish()

    reader.look(meanwhile)
    assert sorted(reader.titles, key=int) == [str(n) for n in range(33)]
    assert len(reader.read) == len(set(reader.read)) == 33
    assert set(reader.statuses) == {200}
    reader.look()
    assert reader.titles == shown()


@pytest.mark.holds("F4", "F5", "F6", "F10")
def test_who_looks_now_and_then_has_what_the_newsroom_shows_after_all_that_can_happen(stand):
    chance = random.Random(7)
    borders = topic()
    for n in range(12):
        write(str(n))
    stand.publish()
    reader = StrictReader(f"{stand.url}/feeds/all.atom")
    statuses = []
    for step in range(25):
        ids = list(Release.objects.filter(state="published").values_list("pk", flat=True))
        match chance.choice(["add", "add", "edit", "withdraw", "delete", "label", "nothing"]):
            case "add":
                for n in range(chance.randint(1, 4)):
                    write(f"step {step}, {n}")
            case "edit":
                edit(chance.choice(ids), title=f"edited at step {step}")
            case "withdraw":
                withdraw(chance.choice(ids))
            case "delete":
                run("DELETE FROM feeds_release WHERE id = %s", chance.choice(ids))
            case "label":
                pk = chance.choice(ids)
                run("DELETE FROM feeds_release_topics WHERE release_id = %s", pk)
                label(pk, borders)
        stand.publish()
        reader.look()
        statuses += reader.statuses[:1]
        assert reader.titles == shown(), step
    assert {200, 226, 304} == set(statuses)
    fresh = StrictReader(reader.address)
    fresh.look()
    assert fresh.titles == shown()
    assert sorted(fresh.entries) == sorted(reader.entries)


@pytest.mark.holds("F4", "F10")
@pytest.mark.parametrize("suffix", ["atom", "rss"])
def test_feedparser_gets_only_what_is_new(stand, suffix):
    """It says `A-IM: feed` with every request."""
    for n in range(4):
        write(str(n))
    stand.publish()
    address = f"{stand.url}/feeds/all.{suffix}"
    first = feedparser.parse(address)
    assert (first.status, len(first.entries)) == (200, 4)
    write("later")
    stand.publish()
    second = feedparser.parse(address, etag=first.etag)
    assert (second.status, [entry.title for entry in second.entries]) == (226, ["later"])
    assert not second.bozo
    third = feedparser.parse(address, etag=second.etag)
    assert (third.status, third.entries) == (304, [])
    by_date = feedparser.parse(address, modified=second.modified)
    assert by_date.status == 304


@pytest.mark.holds("F5")
def test_a_page_that_lost_a_release_is_found_by_its_old_address(stand):
    releases = [write(str(n)) for n in range(20)]
    stand.publish()
    address = f"{stand.url}/feeds/all/archive/2.atom"
    assert b">7<" in requests.get(address, timeout=10).content
    withdraw(releases[7])
    stand.publish()
    answer = requests.get(address, timeout=10)
    assert [step.status_code for step in (*answer.history, answer)] == [301, 200]
    assert answer.url.endswith("/feeds/all/archive/2-2.atom")
    assert b">7<" not in answer.content
