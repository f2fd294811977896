"""The canary's feed is read by HTTP, as a reader does, from a web process that answers."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from feeds.web.answer import Unreachable
from feeds.workshop import Workshop
from notifier import jobs, ledger
from notifier.canary import keeping, watching
from notifier.models import Canary
from tests.feeds.stories import newsroom
from tests.feeds.web.server import serving
from tests.notifier.canary.kit import served, ways

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installation(settings, tmp_path, monkeypatch):
    ways(settings, tmp_path / "feeds", replies=False)
    monkeypatch.setattr(jobs, "_workshop", Workshop())
    newsroom()


def test_it_is_looked_for_until_it_is_there() -> None:
    asked = []

    def read(url: str) -> bytes:
        asked.append(url)
        if len(asked) == 3:  # as another thread of the scheduler does meanwhile
            jobs.look(ledger.instant())
        return served(url)

    watching.prove(lambda _seconds: False, read)
    row = keeping.newest()
    assert row.served_at >= row.begun_at
    assert len(set(asked)) == 2, "at the machine's own address and the public one"
    assert all(url.endswith(f"/feeds/canary.atom?{row.name}") for url in asked)
    before = len(asked)
    watching.prove(lambda _seconds: False, read)
    assert len(asked) == before, "what has come through is not asked for again"


def test_a_process_that_is_to_end_does_not_wait_for_it() -> None:
    stop = threading.Event()
    stop.set()
    watching.prove(stop.wait, nobody_answers)
    assert keeping.newest().served_at is None


def test_an_old_one_is_looked_for_once_in_each_call() -> None:
    asked = []
    watching.prove(lambda _seconds: True, nobody_answers)
    Canary.objects.update(begun_at=ledger.instant() - timedelta(minutes=1))
    watching.prove(lambda _seconds: False, lambda url: asked.append(url) or b"")
    assert len(asked) == 1


def test_switched_off_nothing_is_written(settings) -> None:
    settings.CANARY_EVERY = None
    watching.prove(lambda _seconds: True, nobody_answers)
    assert not Canary.objects.exists()


def test_where_it_is_asked_for(settings) -> None:
    settings.HERALD_BIND, settings.HERALD_PORT, settings.BASE_URL = (
        "0.0.0.0",
        8080,
        "https://news.example.org",
    )
    assert watching.places() == ["http://127.0.0.1:8080", "https://news.example.org"]
    settings.HERALD_BIND = "::"
    assert watching.places()[0] == "http://[::1]:8080"
    settings.CANARY_URL = "http://web:8000"
    assert watching.places() == ["http://web:8000"]


def test_by_real_http(settings) -> None:
    with serving() as site:
        settings.CANARY_URL = site.url
        site.put("/feeds/canary.atom?abc", "<title>Canary abc</title>")
        assert watching.is_served("abc", watching._read)
        assert not watching.is_served("other", watching._read)


def nobody_answers(url: str) -> bytes:
    raise Unreachable(url)
