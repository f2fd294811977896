"""What was counted, in the database."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from feeds import bookkeeper, readership
from feeds.bookkeeper import Bookkeeper
from feeds.courtesy import Courtesy
from feeds.models import FeedDay, ReportedSubscribers
from feeds.tally import Tally, Traffic
from tests.feeds.stories import NOW

TODAY = NOW.date()
DAY = timedelta(days=1)


def counted(*requests, tally=None):
    """A tally of (day, feed, suffix, status, bytes, User-Agent)."""
    tally = tally or Tally()
    for request in requests:
        tally.count(*request)
    return tally


def store(*requests):
    readership.add(counted(*requests).take())


def feedly(subscribers, number=""):
    return f"Feedly/1.0 ({subscribers} subscribers{number and f'; feed-id={number}'})"


@pytest.mark.django_db
def test_several_processes_add_up_and_the_most_reported_stays():
    store((TODAY, "all", "atom", 200, 100, feedly(37)), (TODAY, "all", "atom", 304, 0, ""))
    store((TODAY, "all", "rss", 226, 10, feedly(5)), (TODAY, "all", "atom", 429, 1, feedly(36)))
    store((TODAY, "topics/a", "json", 200, 7, feedly(2, "x")), (TODAY - DAY, "all", "atom", 200, 9, ""))
    store(
        (TODAY, "topics/a", "json", 200, 7, feedly(3, "y")),
        (TODAY, "topics/a", "json", 200, 7, feedly(1, "x")),
    )

    found = readership.read(TODAY, 2, "all")
    assert list(found.days) == [TODAY - DAY, TODAY]
    assert list(found.traffic) == [Traffic(1, 0, 0, 0, 9), Traffic(4, 1, 1, 1, 111)]
    assert list(found.reports) == [{}, {"Feedly": 42}], "formats are summed, requests are not"
    assert found.traffic[1].whole == 1
    assert readership.read(TODAY, 1, "topics/a").reports == [{"Feedly": 5}]
    assert readership.read(TODAY, 1).reports == [{"Feedly": 47}]
    assert readership.by_feed(TODAY, 2) == {
        "all": Traffic(5, 1, 1, 1, 120),
        "topics/a": Traffic(3, 0, 0, 0, 21),
    }
    assert readership.subscribers_by_feed(TODAY, 2) == {"all": 42, "topics/a": 5}


@pytest.mark.django_db
def test_today_is_not_over_and_counts_only_where_there_is_no_other_day():
    for back, count in ((3, 30), (1, 40), (0, 12)):
        store((TODAY - back * DAY, "all", "atom", 200, 1, feedly(count)))
    store((TODAY, "all", "atom", 200, 1, "Feedbin feed-id:1 - 99 subscribers"))
    store((TODAY - 5 * DAY, "all", "atom", 200, 1, "Bloglovin/1.0 (7 subscribers)"))
    found = readership.read(TODAY, 7)
    assert list(found.newest.items()) == [
        ("Feedbin", (TODAY, 99)),
        ("Feedly", (TODAY - DAY, 40)),
        ("Bloglovin", (TODAY - 5 * DAY, 7)),
    ]
    assert readership.subscribers_by_feed(TODAY, 7) == {"all": 146}


@pytest.mark.django_db
def test_nothing_of_anybody_is_kept():
    client = "Ada's Reader (ada@example.org; 192.0.2.7; 3 subscribers)"
    store((TODAY, "all", "atom", 200, 1, client), (TODAY, "all", "atom", 200, 1, feedly(3, "ada-192.0.2.7")))
    kept = [str(row) for model in (FeedDay, ReportedSubscribers) for row in model.objects.values()]
    assert len(kept) == 2
    assert not any("ada" in row.lower() or "192" in row for row in kept)


@pytest.mark.django_db
def test_what_is_too_old_is_forgotten():
    for back in (0, 400, 401, 500):
        store((TODAY - back * DAY, "all", "atom", 200, 1, feedly(3)))
    assert readership.forget(NOW) == 4
    assert [row.day for row in FeedDay.objects.order_by("day")] == [TODAY - 400 * DAY, TODAY]
    assert ReportedSubscribers.objects.count() == 2
    assert readership.forget(NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_the_same_time_lose_nothing():
    feeds = [f"topics/{n}" for n in range(30)]

    def write(order):
        for _ in range(5):
            store(*((TODAY, feed, "atom", 304, 1, feedly(4)) for feed in order))
        connection.close()

    threads = [threading.Thread(target=write, args=(order,)) for order in (feeds, feeds[::-1], feeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert readership.by_feed(TODAY, 1) == dict.fromkeys(sorted(feeds), Traffic(15, 15, 0, 0, 15))


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_is_written_later(monkeypatch, caplog):
    tally = counted((TODAY, "all", "atom", 200, 5, feedly(3)))
    keeper = Bookkeeper(tally, Courtesy(0))
    with monkeypatch.context() as broken:
        broken.setattr(readership, "add", lambda _: (_ for _ in ()).throw(DatabaseError("locked")))
        keeper.write()
        keeper.write()
    assert [record.levelname for record in caplog.records] == ["ERROR"], "told once"
    keeper.write()
    assert "written down again" in caplog.text
    assert readership.read(TODAY, 1).total == Traffic(1, 0, 0, 0, 5)


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_each_minute_and_once_more_at_the_end(monkeypatch):
    tally, courtesy = counted((TODAY, "all", "atom", 200, 5, "")), Courtesy(9)
    forgotten, written = threading.Event(), threading.Event()
    monkeypatch.setattr(courtesy, "forget", lambda at: forgotten.set())
    add = readership.add
    monkeypatch.setattr(readership, "add", lambda counts: (add(counts), written.set()))
    keeper = Bookkeeper(tally, courtesy, every=0.01)
    thread = threading.Thread(target=keeper.run)
    thread.start()
    assert written.wait(10)
    assert forgotten.wait(10)
    keeper.stop()
    counted((TODAY, "all", "atom", 304, 0, ""), tally=tally)
    thread.join(10)
    assert readership.read(TODAY, 1).total == Traffic(2, 1, 0, 0, 5)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_writes_the_rest(monkeypatch):
    tally = counted((TODAY, "all", "atom", 200, 5, ""))
    monkeypatch.setattr(bookkeeper, "Bookkeeper", lambda: Bookkeeper(tally, Courtesy(0)))

    async def live():
        async with bookkeeper.keeping():
            assert tally._counts, "nothing is written yet"

    asyncio.run(live())
    assert readership.read(TODAY, 1).total.requests == 1
