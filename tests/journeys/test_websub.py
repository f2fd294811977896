"""WebSub, all the way round: what another program writes by plain SQL is handed to who subscribed at the hub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feeds.folder import Folder
from tests.feeds.web import server
from tests.journeys.home import Home, home
from tests.journeys.websub import parties
from tests.notifier.relay import running
from tests.waiting import until

pytestmark = [pytest.mark.holds("F7"), pytest.mark.own_database]
PATH = "/feeds/topics/border-management"
INSERT = "INSERT INTO feeds_release(title, published_on) VALUES (?, CURRENT_DATE) RETURNING id"
LABEL = "INSERT INTO feeds_release_topics(release_id, topic_id) SELECT ?, id FROM feeds_topic WHERE slug = ?"


@pytest.fixture(scope="module")
def herald(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    with running() as mail, home(folder, SMTP_URL=mail.url, FETCH_ALLOW="127.0.0.1") as here:
        with here.running("run") as process:
            here.ready(process)
            yield here
            assert process.poll() is None, here.log()
        assert here.faults() == []


def give(herald: Home, hub: str) -> None:
    """Make `hub` the newsroom's, and wait until that is known everywhere."""
    herald.sql("UPDATE feeds_newsroom SET hub = ?", hub)
    until(lambda: hub in herald.get(f"{PATH}.json")[1], 5.0, "in the feeds")
    folder = Folder(herald.folder / "feeds")
    until(lambda: folder.told() is not None and folder.told() == folder.position(), 5.0, "begun")


def write(herald: Home, title: str) -> int:
    [(release,)] = herald.sql(INSERT, title)
    herald.sql(LABEL, release, "border-management")
    return release


@pytest.mark.holds("F5")
def test_additions_edits_and_removals_reach_who_subscribed_within_two_seconds(herald: Home) -> None:
    with parties() as (hub, reader):
        give(herald, f"{hub.url}/")
        base = herald.url.replace("127.0.0.1", "localhost")  # BASE_URL, as it is by itself
        topics = [f"{base}{PATH}.{suffix}" for suffix in ("atom", "rss", "json")]
        for topic in topics:
            heard, read = reader.discover(topic)
            assert heard == read == {("hub", f"{hub.url}/"), ("self", topic)}
            reader.subscribe(f"{hub.url}/", topic)
        until(lambda: len(hub.subscriptions) == 3, 5.0, "subscribed")

        def everywhere(words: str) -> bool:
            return all(words in reader.last(topic) for topic in topics)

        release = write(herald, "Border officers meet")
        until(lambda: everywhere("Border officers meet"), 2.0, "added")
        herald.sql("UPDATE feeds_release SET title = 'Border guards meet' WHERE id = ?", release)
        until(lambda: everywhere("Border guards meet"), 2.0, "edited")
        herald.sql("UPDATE feeds_release SET state = 'withdrawn' WHERE id = ?", release)
        until(lambda: "deleted-entry" in reader.last(topics[0]), 2.0, "withdrawn")
        until(lambda: not any("guards meet" in reader.last(topic) for topic in topics), 2.0, "gone")

        assert reader.refused == 0
        assert set(topics) < set(hub.pings), "what is told is what the feeds call themselves"
        until(lambda: not herald.sql("SELECT 1 FROM feeds_hubping"), 2.0, "told of everything")


def test_a_hub_that_does_not_answer_holds_nothing_up(herald: Home) -> None:
    with server.serving() as slow:
        slow.put("/", hang=True)
        give(herald, f"{slow.url}/")
        write(herald, "One")
        until(lambda: slow.requests, 2.0, "told")
        for title in ("Two", "Three"):
            write(herald, title)
            until(lambda title=title: title in herald.get(f"{PATH}.atom")[1], 2.0, "published")
        assert herald.sql("SELECT 1 FROM feeds_hubping"), "it is still being waited for"
        assert not herald.sql("SELECT 1 FROM feeds_hubfailure")


def test_a_hub_that_was_down_hands_on_what_came_in_the_meantime(herald: Home) -> None:
    with parties() as (hub, reader):
        give(herald, f"{hub.url}/")
        topic = f"{herald.url.replace('127.0.0.1', 'localhost')}{PATH}.atom"
        reader.subscribe(f"{hub.url}/", topic)
        until(lambda: hub.subscriptions, 5.0, "subscribed")
        hub.down = True
        write(herald, "While it was down")
        until(lambda: herald.sql("SELECT 1 FROM feeds_hubfailure"), 2.0, "failed")
        hub.down = False
        until(lambda: "While it was down" in reader.last(topic), 5.0, "delivered")
        until(lambda: not herald.sql("SELECT 1 FROM feeds_hubfailure"), 2.0, "it works again")
