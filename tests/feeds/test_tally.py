"""Requests for feeds, counted while they are answered."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.test import Client

from config import clock, metrics
from feeds import frontdesk, serving, tally
from feeds import metrics as feed_metrics
from feeds.courtesy import Courtesy
from feeds.folder import Folder
from feeds.frontdesk import feed_of
from feeds.memory import Memory
from feeds.sheet import Sheet, Span
from feeds.tally import Tally, Traffic
from tests.feeds.asking import ask
from tests.feeds.stories import NOW, newsroom, topic

BODY = b"<feed>" + b"words " * 500 + b"</feed>\n"
TODAY = NOW.date()
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; like FeedFetcher-Google)"


@pytest.fixture(autouse=True)
def counted(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    monkeypatch.setattr(serving, "_memory", Memory())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(frontdesk, "TALLY", Tally())
    monkeypatch.setattr(frontdesk, "COURTESY", Courtesy(3))
    put("all.atom", BODY, 7)
    return frontdesk.TALLY


def put(name, body, seq):
    from django.conf import settings

    spans = (Span(seq, 6, len(body) - 14),)
    Folder(settings.FEED_FOLDER).write(name, Sheet(body, seq=seq, head=6, tail=8, spans=spans), NOW)


def test_each_answer_is_counted_by_what_it_was(counted):
    tag = ask()[1]["etag"]
    packed = len(ask(accept_encoding="gzip")[2])
    ask(if_none_match=tag)
    ask(method="HEAD")
    put("all.atom", BODY.replace(b"words", b"WORDS"), 8)
    delta = ask(if_none_match=tag, a_im="feed")
    assert delta[0] == 226
    got = counted.take().traffic
    assert got == {(TODAY, "all"): Traffic(5, 1, 1, 0, len(BODY) + packed + len(delta[2]))}
    assert got[TODAY, "all"].whole == 3
    assert not counted.take()


@pytest.mark.django_db
def test_what_can_be_measured_of_it(counted, monkeypatch):
    monkeypatch.setattr(feed_metrics, "TALLY", counted)
    ask(if_none_match=ask()[1]["etag"])
    counted.give_back(counted.take())
    counted.take()
    ask()
    lines = metrics.render().decode().splitlines()
    assert {line for line in lines if line.startswith("herald_feed_")} == {
        'herald_feed_requests_total{status="200"} 2.0', 'herald_feed_requests_total{status="226"} 0.0',
        'herald_feed_requests_total{status="304"} 1.0', 'herald_feed_requests_total{status="429"} 0.0',
        f"herald_feed_bytes_total {2 * len(BODY):.1f}",
    }  # fmt: skip


def test_who_was_refused_is_counted_too(counted):
    for _ in range(3):
        ask(client="9.9.9.9")
    status, _, body = ask(client="9.9.9.9")
    assert status == 429
    assert counted.take().traffic[TODAY, "all"] == Traffic(4, 0, 0, 1, 3 * len(BODY) + len(body))


def test_archive_pages_and_formats_are_counted_as_their_feed(counted):
    for name in ("topics/a.atom", "topics/a.rss", "topics/a/archive/3.atom", "topics/a/archive/3-2.json"):
        put(name, BODY, 7)
        assert ask(f"/feeds/{name}")[0] == 200
    assert {feed: got.requests for (_, feed), got in counted.take().traffic.items()} == {"topics/a": 4}


def test_a_term_that_is_called_archive_is_no_archive_page():
    paths = [
        "offices/archive/topics/youth",
        "topics/archive",
        "offices/archive",
        "archive/3",
        "all/archive/3-2",
    ]
    assert [feed_of(path) for path in paths] == [*paths[:4], "all"]


def test_what_does_not_exist_leaves_no_trace(counted):
    for n in range(100):
        ask(f"/feeds/none-{n}.atom", user_agent=FEEDLY.format(3))
        ask("/feeds/all.atom", method="POST")
    assert not counted.take().traffic
    assert not counted._known


def test_the_most_that_was_reported_is_kept_by_document_reader_and_number(counted):
    put("all.rss", BODY, 7)
    for said in (30, 37, 35):
        ask(user_agent=FEEDLY.format(said))
    ask("/feeds/all.rss", user_agent=FEEDLY.format(4))
    for number, said in ((1, 5), (2, 6), (1, 7)):
        ask(user_agent=f"Feedbin feed-id:{number} - {said} subscribers")
    ask(user_agent="Ada's own reader (ada@example.org) 12 subscribers")
    got = {source[1:]: sorted(variants.values()) for source, variants in counted.take().reports.items()}
    assert got == {
        ("all", "atom", "Feedly"): [37],
        ("all", "rss", "Feedly"): [4],
        ("all", "atom", "Feedbin"): [6, 7],
    }


def test_what_was_written_is_reported_again_only_when_it_grew_or_the_next_day():
    counts = Tally()
    for day, said, expected in ((1, 5, {0: 5}), (1, 4, None), (1, 6, {0: 6}), (2, 3, {0: 3})):
        counts.count(date(2026, 11, day), "all", "atom", 200, 1, FEEDLY.format(said))
        reports = counts.take().reports
        assert next(iter(reports.values()), None) == expected


def test_nobody_makes_rows_without_end():
    counts = Tally()
    for number in range(1000):
        counts.count(TODAY, "all", "atom", 200, 1, f"Feedbin feed-id:{number} - 5 subscribers")
    [variants] = counts.take().reports.values()
    assert len(variants) == tally.MOST_VARIANTS


def test_what_could_not_be_written_is_not_lost_nor_doubled():
    counts = Tally()
    counts.count(TODAY, "all", "atom", 200, 10, FEEDLY.format(5))
    taken = counts.take()
    counts.count(TODAY, "all", "atom", 304, 0, FEEDLY.format(6))
    counts.give_back(taken)
    both = counts.take()
    assert both.traffic == {(TODAY, "all"): Traffic(2, 1, 0, 0, 10)}
    assert list(both.reports.values()) == [{0: 6}]


def test_threads_lose_no_count():
    counts, taken = Tally(), []

    def some(_):
        for n in range(500):
            counts.count(TODAY, "all", "atom", 304, 1, "")
            if n % 100 == 0:
                taken.append(counts.take())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(some, range(4)))
    parts = [each.traffic.get((TODAY, "all"), Traffic()) for each in (*taken, counts.take())]
    assert Traffic.of(parts) == Traffic(2000, 2000, 0, 0, 2000)


@pytest.mark.django_db
def test_selections_by_address_are_counted_together(counted):
    newsroom()
    topic("borders")
    client = Client()
    assert client.get("/feeds/selection.atom?topic=borders").status_code == 200
    assert client.get("/feeds/selection.rss?q=border", headers={"accept-encoding": "gzip"}).status_code == 200
    assert client.get("/feeds/selection.rss?topic=none").status_code == 404
    [(at, got)] = counted.take().traffic.items()
    assert (at, got.requests) == ((TODAY, "selection"), 2)


def test_a_packed_body_is_counted_as_it_was_sent(counted):
    body = ask(accept_encoding="gzip")[2]
    assert gzip.decompress(body) == BODY
    assert counted.take().traffic[TODAY, "all"].sent == len(body)
