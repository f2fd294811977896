"""Streams over HTTP, from a release written by another program to what a listener gets."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from config import metrics
from feeds.live import hub, measures, steps, streaming, streams
from tests.feeds.live.server import go, serving
from tests.feeds.live.wire import Client
from tests.feeds.stories import (
    NOW,
    edit,
    label,
    newsroom,
    office,
    run,
    topic,
    withdraw,
    write,
    write_row,
)
from tests.logged import events
from tests.waiting import soon

pytestmark = pytest.mark.django_db(transaction=True)
BORDERS = "/feeds/selection.events?topic=borders"


@pytest.fixture(autouse=True)
def _newsroom():
    newsroom()
    go()


@pytest.fixture
def borders():
    """A topic, in a newsroom that has a release already."""
    found = topic()
    write("Before")
    go()
    return found


def ask(port, path, method="GET", **headers):
    """Status, headers and body of an answer that ends."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers=named)
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def said(event):
    return event.event, event.item.get("title") or event.item["id"][:4]


@pytest.mark.holds("F5")
def test_what_happens_is_told_to_whom_it_concerns(borders):
    with (
        serving() as live,
        Client(live.port, BORDERS) as some,
        Client(live.port, "/feeds/all.events") as every,
    ):
        for client in (some.opened(), every.opened()):
            assert client.status == 200
            assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert client.headers["cache-control"] == "no-store, no-transform"
            assert client.headers["x-accel-buffering"] == "no"
            assert client.headers["access-control-allow-origin"] == "*"
        release = write("First", labels=(borders,))
        write("On something else")
        go()
        assert said(some.next()) == ("release", "First")
        assert [said(every.next()), said(every.next())] == [
            ("release", "First"),
            ("release", "On something else"),
        ]
        edit(release, title="First, corrected", editors_note="The place was wrong")
        go()
        told = some.next()
        assert said(told) == said(every.next()) == ("correction", "First, corrected")
        assert told.item["_herald"]["corrected_at"].startswith("2025-02-17T12:00")
        assert told.item["content_text"] == "Correction: The place was wrong"
        run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
        go()
        assert some.next().item == {"id": told.item["id"], "removal": True}
        assert said(every.next()) == ("change", "First, corrected")
        label(release, borders)
        go()
        assert said(some.next()) == ("release", "First, corrected")
        withdraw(release)
        go()
        gone = some.next()
        assert (gone.event, gone.item) == ("withdrawal", {"id": told.item["id"], "withdrawal": True})
        assert int(gone.id) > int(told.id)
        assert some.none()


def test_what_was_missed_is_told_when_one_comes_back(borders):
    with serving() as live:
        with Client(live.port, BORDERS) as client:
            last = client.opened().last_id
        first, second = write("First", labels=(borders,)), write("Second", labels=(borders,))
        go()
        edit(second, title="Second, mended")
        withdraw(first)
        write("On something else")
        go()
        with Client(live.port, BORDERS, Last_Event_ID=last) as client:
            assert said(client.next()) == ("release", "Second, mended"), "once, as it is last"
            assert client.none()
            assert int(client.last_id) > int(last)
            last = client.last_id
        with Client(live.port, f"{BORDERS}&last-event-id={last}") as client:
            assert client.none()
            write("Third", labels=(borders,))
            go()
            assert said(client.next()) == ("release", "Third")
        with Client(live.port, f"{BORDERS}&last-event-id=1", Last_Event_ID=last) as client:
            assert said(client.next()) == ("release", "Third"), "the header goes before the query"


@pytest.mark.parametrize("last", ["0", "999999", "no number", "-1", "", "9" * 30])
def test_an_id_that_was_never_given_out_is_answered_with_the_state(borders, last):
    write("Old", labels=(borders,))
    write("New", labels=(borders,))
    go()
    with serving() as live, Client(live.port, BORDERS, Last_Event_ID=last) as client:
        state = client.next()
        assert state.event == "reset"
        assert [item["title"] for item in state.item["items"]] == ["New", "Old"]
        write("Newer", labels=(borders,))
        go()
        assert said(client.next()) == ("release", "Newer")


def test_who_missed_too_much_is_told_the_state_and_so_is_who_was_there(borders, monkeypatch):
    monkeypatch.setattr(steps, "MOST", 3)
    with serving() as live, Client(live.port, "/feeds/all.events") as there:
        last = there.opened().last_id
        for number in range(5):
            write(f"Release {number}")
        go()
        told = there.next()
        assert (told.event, len(told.item["items"])) == ("reset", 6)
        with Client(live.port, "/feeds/topics/borders.events", Last_Event_ID=last) as back:
            assert back.next().item == {"items": []}
        write("One more")
        go()
        assert said(there.next()) == ("release", "One more")


@pytest.mark.holds("E1")
def test_an_embargo_is_silent_until_it_ends(borders):
    due = NOW + timedelta(hours=1)
    with serving() as live, Client(live.port, BORDERS) as client:
        last = client.opened().last_id
        release = write("Secret", labels=(borders,), visible_at=due, state="scheduled")
        go()
        edit(release, title="Very secret")
        go()
        assert client.none(0.8)
        with Client(live.port, BORDERS, Last_Event_ID=last) as back:
            assert back.none()
            assert back.last_id == last, "not even a number moves"
        go(due)
        assert said(client.next()) == ("release", "Very secret")


def test_heartbeats_carry_the_id_on(borders, monkeypatch):
    monkeypatch.setattr(hub, "BEATS", 1)
    monkeypatch.setattr("feeds.live.station.BEATS", 1)
    with serving() as live, Client(live.port, BORDERS) as client:
        last = client.opened().last_id
        write("On something else")
        go()
        assert client.none(2.5)
        assert int(client.last_id) > int(last)
        assert client._reader.retry >= 2000


def test_a_feed_has_its_stream_and_a_saved_one_follows_what_it_selects(borders):
    office()
    chosen = json.dumps({"rules": [{"topics": ["borders"]}]})
    saved = write_row(
        "feeds_savedfeed", slug="mine", title="Mine", description="", position=1, selection=chosen
    )
    go()
    write("Old")
    go()
    with (
        serving() as live,
        Client(live.port, "/feeds/saved/mine.events") as mine,
        Client(live.port, "/feeds/offices/vienna/topics/borders.events") as crossed,
    ):
        assert (mine.opened().status, crossed.opened().status) == (200, 200)
        write("New", labels=(borders,))
        go()
        assert said(mine.next()) == ("release", "New")
        run("UPDATE feeds_savedfeed SET selection = %s WHERE id = %s", json.dumps({"rules": [{}]}), saved)
        go()
        told = mine.next()
        assert told.event == "reset"
        assert {item["title"] for item in told.item["items"]} == {"New", "Old", "Before"}
        run("DELETE FROM feeds_savedfeed")
        go()
        with pytest.raises(AssertionError, match="ended"):
            mine.next()
        assert ask(live.port, "/feeds/saved/mine.events")[0] == 404
        assert crossed.none()


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/feeds/selection.events?topic=nothing", 404, "There is no topic nothing."),
        ("/feeds/topics/nothing.events", 404, "There is no such feed."),
        ("/feeds/../all.events", 404, "There is no such feed."),
        ("/feeds/selection.events?q=" + 201 * "x", 400, "Q: at most 200 characters."),
        ("/feeds/selection.events?" + "office=x&" * 101, 400, "A selection has at most 100 terms."),
        ("/feeds/selection.events?" + 9000 * "x", 400, "A query has at most 8000 characters."),
    ],
)
def test_what_is_no_stream_is_told_what_is_wrong(borders, path, status, detail):
    with serving() as live:
        answer = ask(live.port, path)
        assert (answer[0], answer[1]["content-type"]) == (status, "application/problem+json")
        if detail != "A selection has at most 100 terms.":
            assert json.loads(answer[2])["detail"] == detail


def test_head_options_and_other_methods(borders):
    with serving() as live:
        status, headers, body = ask(live.port, BORDERS, "HEAD")
        assert (status, headers["content-type"], body) == (200, "text/event-stream; charset=utf-8", b"")
        assert ask(live.port, "/feeds/nothing.events", "HEAD")[0] == 404
        status, headers, _ = ask(live.port, BORDERS, "OPTIONS")
        assert (status, headers["access-control-allow-headers"]) == (204, "Last-Event-ID, Cache-Control")
        assert ask(live.port, BORDERS, "POST")[0] == 405


def test_a_merged_term_leads_to_the_other_one(borders):
    run("UPDATE feeds_topic SET former = %s WHERE slug = 'borders'", json.dumps(["frontiers"]))
    with serving() as live:
        status, headers, _ = ask(live.port, "/feeds/topics/frontiers.events")
        assert (status, headers["location"]) == (301, "http://localhost:8000/feeds/topics/borders.events")


def test_there_are_so_many_listeners_and_no_more(settings):
    settings.LIVE_LISTENERS, settings.LIVE_LISTENERS_PER_ADDRESS = 3, 2
    with serving() as live, Client(live.port, "/feeds/all.events") as one:
        with Client(live.port, "/feeds/all.events") as two:
            one.opened(), two.opened()
            status, headers, body = ask(live.port, "/feeds/all.events")
            assert (status, headers["retry-after"]) == (429, "30")
            assert "from this address" in json.loads(body)["detail"]
            assert b"herald_live_listeners 2.0" in metrics.render()
            with Client(live.port, "/feeds/all.events", X_Forwarded_For="192.0.2.1") as proxied:
                assert proxied.opened().status == 200
                assert ask(live.port, "/feeds/all.events", X_Forwarded_For="192.0.2.2")[0] == 503
        for _ in range(100):
            if b"herald_live_listeners 1.0" in metrics.render():
                break
            time.sleep(0.05)
        with Client(live.port, "/feeds/all.events") as again:
            assert again.opened().status == 200, "a seat is free again when its connection is closed"


def test_all_streams_end_at_once_when_the_server_does():
    with (
        serving() as live,
        Client(live.port, "/feeds/all.events") as one,
        Client(live.port, "/feeds/selection.events") as two,
    ):
        one.opened(), two.opened()
        began = time.monotonic()
        live.stop()
        for client in (one, two):
            with pytest.raises(AssertionError, match="ended"):
                client.next()
        assert soon(time.monotonic() - began, 2)


def test_a_listener_that_takes_nothing_is_let_go_and_misses_nothing(borders, monkeypatch):
    """It asks for little room in its own machine; the server's is filled by events of 300 kB each."""
    monkeypatch.setattr(streaming.events, "item", _large(streaming.events.item))
    monkeypatch.setattr(hub, "BACKLOG", 4)
    dropped = measures.DROPPED._value.get()
    with serving() as live, Client(live.port, BORDERS) as quick:
        quick.opened()
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", live.port))
        slow.sendall(f"GET {BORDERS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        slow.recv(1000)
        release = write("Number 0", labels=(borders,))
        for number in range(1, 400):
            edit(release, title=f"Number {number}")
            go()
            assert quick.next().item["title"] == f"Number {number}"
            if measures.DROPPED._value.get() > dropped:
                break
        assert measures.DROPPED._value.get() == dropped + 1
        got = _all_of(slow)
        last = max(int(line[4:]) for line in got.split(b"\n") if line.startswith(b"id: "))
        assert last < int(quick.last_id)
        with Client(live.port, BORDERS, Last_Event_ID=str(last)) as back:
            assert back.next().item["title"] == f"Number {number}"


def _large(item):
    return lambda *given: {**item(*given), "padding": "x" * 300_000}


def _all_of(line):
    with line:
        line.settimeout(10)
        return b"".join(iter(lambda: line.recv(1 << 20), b""))


def test_many_at_once_share_one_look(borders):
    """200 come back together after a restart: the store is read once for all of them."""
    with serving() as live:
        with Client(live.port, BORDERS) as client:
            last = client.opened().last_id
        write("Missed", labels=(borders,))
        go()
        got = []

        def come_back():
            with Client(live.port, BORDERS, Last_Event_ID=last) as client:
                got.append(said(client.next()))

        threads = [threading.Thread(target=come_back) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert got == [("release", "Missed")] * 60


def test_the_database_goes_away_and_comes_back(borders, monkeypatch, caplog):
    read = steps.read
    broken = threading.Event()

    def sometimes(*given):
        if broken.is_set():
            raise OSError("the database is away")
        return read(*given)

    monkeypatch.setattr(steps, "read", sometimes)
    with serving() as live, Client(live.port, BORDERS) as client:
        client.opened()
        broken.set()
        write("Late", labels=(borders,))
        go()
        assert client.none(1.5)
        assert sum("trying again" in event["event"] for event in events(caplog.records)) == 1, "said once"
        broken.clear()
        assert said(client.next()) == ("release", "Late")
    assert connection.vendor


def test_who_comes_while_the_database_is_away_may_ask_again(monkeypatch):
    def away(*_):
        raise OperationalError("the database is away")

    monkeypatch.setattr(streams, "find", away)
    with serving() as live:
        status, headers, body = ask(live.port, BORDERS)
    assert (status, headers["Retry-After"], json.loads(body)["status"]) == (503, "30", 503)
