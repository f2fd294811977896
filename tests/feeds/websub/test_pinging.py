"""Telling the hub: once if it works, again and ever more slowly if it does not, never at the cost of others."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from config import metrics
from config.sections import section_of
from feeds import websub
from feeds.models import HubFailure, HubPing, Newsroom
from notifier import jobs
from tests.feeds.stories import NOW, SECOND, edit, newsroom, topic, write
from tests.feeds.web.server import serving
from tests.feeds.websub.telling import BASE, go, owed, ping, told, told_of, topics
from tests.logged import events

pytestmark = [pytest.mark.django_db, pytest.mark.holds("F7")]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def hub(site, tmp_path, settings):
    """The newsroom's hub, which takes everything and was told of nothing yet."""
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = BASE
    settings.FETCH_ALLOW = ["127.0.0.1"]
    newsroom(hub=f"{site.url}/")
    site.put("/", status=204)
    go()
    return site


def test_the_hub_is_told_of_each_document_once(hub):
    write("one", labels=(topic(),))
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 6
    assert told_of(hub) == topics("all", "topics/borders")
    assert [len(request) for request in told(hub)] == [1] * 6
    assert ping(NOW + SECOND) == 0
    assert owed() == []


def test_a_hub_that_takes_several_at_once_is_asked_less_often(hub):
    newsroom(hub_topics=4)
    for n in range(3):
        write(str(n), labels=(topic(f"t{n}", f"T {n}"),))
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 12
    assert sorted(map(len, told(hub))) == [4, 4, 4]
    assert told_of(hub) == topics("all", "topics/t0", "topics/t1", "topics/t2")


@pytest.mark.parametrize(("topics_at_once", "requests"), [(0, 6), (10_000, 1)])
def test_how_many_are_told_at_once_is_bounded_whatever_the_row_says(hub, topics_at_once, requests):
    newsroom(hub_topics=topics_at_once)
    write("one", labels=(topic(),))
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 6
    assert len(hub.requests) == requests


def test_hundreds_of_documents_go_in_one_call(hub):
    newsroom(hub_topics=100)
    HubPing.objects.bulk_create(
        HubPing(hub=f"{hub.url}/", topic=f"{BASE}/feeds/topics/t{n}.atom", seq=1, next_at=NOW)
        for n in range(950)
    )
    assert ping() == 950
    assert sorted(map(len, told(hub))) == [50] + [100] * 9
    assert len(set(told_of(hub))) == 950


def test_a_hub_that_is_down_is_told_when_it_is_back(hub, caplog):
    caplog.set_level(logging.WARNING)
    with serving() as down:
        newsroom(hub=f"{down.url}/hub")
    go(NOW)
    write("one")
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 0
    failure = HubFailure.objects.get()
    assert (failure.failures, failure.since) == (1, pytest.approx(NOW + SECOND, abs=SECOND))
    assert failure.error.startswith(f"{down.url}/hub: no connection")
    assert "cannot be told of changes" in caplog.text
    assert owed() == topics("all", "untagged"), "nothing is lost"
    with serving(port=down.port) as back:
        back.put("/hub", status=202)
        assert ping(NOW + SECOND) == 0, "it rests"
        assert ping(NOW + MINUTE) == 6
        assert told_of(back) == topics("all", "untagged")
    assert not HubFailure.objects.exists()
    assert "answers again" in caplog.text


@pytest.mark.parametrize("how", [{"status": 500}, {"reset": True}])
def test_a_hub_that_fails_is_asked_ever_less_often_and_with_one_request(hub, how):
    hub.put("/", **how)
    write("one")
    go(NOW + SECOND)
    at, waits = NOW + SECOND, []
    assert ping(at) == 0
    first = len(hub.requests)
    assert first <= websub.AT_ONCE
    for failures in range(1, 13):
        failure = HubFailure.objects.get()
        assert failure.failures == failures
        waits.append((failure.next_at - at).total_seconds())
        assert ping(failure.next_at - SECOND / 2) == 0
        at = failure.next_at
        ping(at)
        assert len(hub.requests) == first + failures, "one request tells whether it is back"
    assert all(2**n <= waited <= 1.2 * 2**n + 1 for n, waited in enumerate(waits[:9]))
    assert max(waits) <= 1.2 * 15 * 60 + 1
    hub.put("/", status=200)
    assert ping(at + timedelta(hours=1)) == 6


def test_what_changes_while_the_hub_is_down_waits_with_the_rest(hub):
    hub.put("/", status=503)
    write("one")
    go(NOW + SECOND)
    ping(NOW + SECOND)
    asked = len(hub.requests)
    write("two", labels=(topic(),))
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 0
    assert len(hub.requests) == asked
    hub.put("/", status=204)
    assert ping(NOW + MINUTE) == 9


def test_a_hub_that_asks_for_patience_gets_it(hub):
    hub.put("/", status=429, retry_after=600)
    write("one")
    go(NOW + SECOND)
    ping(NOW + SECOND)
    hub.put("/", status=204)
    assert ping(NOW + 9 * MINUTE) == 0
    assert ping(NOW + 11 * MINUTE) == 6


def test_a_hub_that_fails_now_and_then_is_not_taken_for_dead(hub):
    for _ in range(6):
        hub.put("/", status=500, times=1)
        write("one")
        go(NOW + SECOND)
        HubFailure.objects.update(next_at=NOW)
        HubPing.objects.update(next_at=NOW)
        ping(NOW + SECOND)
        ping(NOW + SECOND + MINUTE)
        assert not HubFailure.objects.filter(failures__gt=2).exists()


def test_of_several_that_are_refused_each_goes_alone_and_only_the_bad_one_stays(hub):
    newsroom(hub_topics=50)
    write("one", labels=(topic(),))
    go(NOW + SECOND)
    bad = topics("topics/borders")[0]
    hub.page = lambda asked, page=hub.page: _refusing(hub, page, asked, bad)
    assert ping(NOW + SECOND) == 5
    assert [len(request) for request in told(hub)] == [6, 1, 1, 1, 1, 1, 1]
    row = HubPing.objects.get()
    assert (row.topic, row.failures) == (bad, 2)
    assert row.error == f"{hub.url}/: answered 400: hub.url invalid"
    assert row.next_at > NOW + SECOND
    assert not HubFailure.objects.exists(), "the hub works"
    write("two")
    go(NOW + 2 * SECOND)
    HubPing.objects.filter(pk=row.pk).update(next_at=NOW + MINUTE)
    assert ping(NOW + 2 * SECOND) == 6, "others do not wait for it"
    assert owed() == [bad]


def _refusing(hub, page, asked, bad):
    refused = quote(bad, safe="").encode() in asked.body
    hub.put("/", "hub.url invalid" if refused else "", status=400 if refused else 204)
    return page(asked)


def test_what_was_refused_is_told_again_when_it_changes_again(hub):
    release = write("one")
    go(NOW + SECOND)
    hub.put("/", status=422)
    assert ping(NOW + SECOND) == 0
    assert {row.failures for row in HubPing.objects.all()} == {1}
    hub.put("/", status=204)
    edit(release, title="one, corrected")
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 6
    assert owed() == []


def test_a_hub_at_a_private_address_is_told_only_if_the_operator_allows_it(hub, settings):
    settings.FETCH_ALLOW = []
    write("one")
    go(NOW + SECOND)
    assert websub.ping_due(NOW + SECOND) == 0
    assert HubFailure.objects.get().error.endswith("to allow it, name 127.0.0.1 in FETCH_ALLOW")
    settings.FETCH_ALLOW = ["127.0.0.0/8"]
    assert websub.ping_due(NOW + MINUTE) == 6


def test_an_endless_answer_of_a_hub_that_took_it_is_not_read(hub):
    hub.put("/", b"x" * 200_000, headers={"Content-Length": "9" * 10})
    write("one")
    go(NOW + SECOND)
    assert ping(NOW + SECOND) == 6


def test_what_a_process_that_died_has_taken_up_is_told_by_another(hub):
    write("one")
    go(NOW + SECOND)
    newsroom_hub = Newsroom.objects.get().hub
    assert len(websub._claim(newsroom_hub, NOW + SECOND, topics=10)) == 6
    assert ping(NOW + 2 * SECOND) == 0
    assert ping(NOW + 2 * MINUTE) == 6


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_the_hub_is_being_told_is_told_again(hub):
    write("one")
    go(NOW + SECOND)
    hub.put("/", status=204, latency=0.3)
    telling = _thread(lambda: ping(NOW + SECOND))
    while len(hub.requests) < 4:
        time.sleep(0.005)
    write("two")
    go(NOW + SECOND)
    telling()
    assert len(told_of(hub)) >= 4 + 6
    assert owed() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_at_once_share_the_work(hub):
    newsroom(hub_topics=2)
    for n in range(4):
        write(str(n), labels=(topic(f"t{n}", f"T {n}"),))
    go(NOW + SECOND)
    hub.put("/", status=204, latency=0.02)
    for done in [_thread(lambda: ping(NOW + SECOND)) for _ in range(3)]:
        done()
    assert told_of(hub) == topics("all", "topics/t0", "topics/t1", "topics/t2", "topics/t3")
    assert owed() == []


def _thread(work):
    faults = []

    def body():
        try:
            work()
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    def done():
        thread.join()
        assert faults == []

    thread = threading.Thread(target=body)
    thread.start()
    return done


def test_the_job_tells_of_what_was_published_and_a_fault_of_it_is_told(hub, monkeypatch, caplog):
    write("one")
    jobs.look(NOW + SECOND)
    jobs.ping(NOW + SECOND)
    assert told_of(hub) == topics("all", "untagged")
    monkeypatch.setattr(websub.hub, "tell", lambda *_: 1 / 0)
    write("two")
    jobs.look(NOW + 2 * SECOND)
    jobs.ping(NOW + 2 * SECOND)
    assert events(caplog.records, "notifier.jobs") == [
        {"event": "a step failed and will be tried again", "step": "pinging the hub"}
    ]
    monkeypatch.undo()
    jobs.ping(NOW + 2 * MINUTE)
    assert owed() == []
    assert events(caplog.records, "notifier.jobs")[1:] == [
        {"event": "a step works again", "step": "pinging the hub"}
    ]


def test_what_waits_and_what_failed_can_be_measured_and_seen(hub):
    hub.put("/", "out of order", status=503)
    write("one")
    go(NOW + SECOND)
    ping(NOW + SECOND)
    HubPing.objects.filter(topic=topics("all")[0]).update(failures=1, error="refused")
    told_by = metrics.render().decode().splitlines()
    assert {"herald_hub_pings_waiting 6.0", "herald_hub_failures 1.0", "herald_hub_pings_refused 1.0"} <= set(
        told_by
    )
    ada = Client()
    ada.force_login(User.objects.create_superuser("ada"))
    page = ada.get(reverse("admin:feeds_hubping_changelist")).content.decode()
    assert f"{BASE}/feeds/all.atom" in page
    assert "answered 503: out of order" in page
    row = HubPing.objects.get(topic=topics("all")[0])
    assert "answered 503" in ada.get(reverse("admin:feeds_hubping_change", args=[row.pk])).content.decode()
    HubFailure.objects.all().delete()
    assert "refused" in ada.get(reverse("admin:feeds_hubping_changelist")).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("hub", "https://user@hub.example/", "must be a plain address of at most 500 characters, without a user name"),
        ("hub", "https://hub.example/" + "x" * 500, "must be a plain address"),
        ("hub", "hub.example", "must be an address that begins with https://"),
        ("hub_topics", 0, "must be a whole number from 1 to 100"),
    ],
)  # fmt: skip
def test_a_hub_that_cannot_be_one_is_not_taken_into_the_configuration(field, value, fault):
    section = section_of(Newsroom)
    row = section.row_of(Newsroom.objects.get())
    assert [f.text for f in section.faults([{**row, "hub": "", field: value}]) if fault in f.text]
    assert not [f for f in section.faults([{**row, "hub": "https://hub.example/?key=1"}]) if "hub" in f.text]
