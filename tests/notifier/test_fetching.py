"""Sources fetched beside all else: by threads that do not wait for each other."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from config import clock
from feeds.models import Newsroom as NewsroomRow
from feeds.models import Release, Source, SourceState
from feeds.web.client import Client
from notifier.fetching import Fetching
from tests.feeds.sources.newsroom import PATH, Newsroom
from tests.feeds.web.server import Site, site, web

__all__ = ["site", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


def source(slug: str, address: str) -> Source:
    NewsroomRow.objects.bulk_create([NewsroomRow(pk=1)], ignore_conflicts=True)
    return Source.objects.bulk_create([Source(slug=slug, name=slug, kind="listing", address=address)])[0]


def until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_a_slow_source_does_not_hold_up_the_others(
    site: Site, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/slow", b"", latency=1.0)
    source("slow", site.url + "/slow")
    fetching = Fetching(lambda: web)
    fetching.poke(clock.now())
    assert until(lambda: any(asked.path == "/slow" for asked in site.requests))
    Newsroom(site, [3, 2, 1]).publish()
    source("quick", site.url + PATH)
    fetching.poke(clock.now())
    assert until(
        lambda: SourceState.objects.filter(source__slug="quick", succeeded_at__isnull=False).exists()
    )
    assert Release.objects.count() == 3
    assert fetching._running, "the slow one is under way"
    monkeypatch.setattr("notifier.fetching.LAST_WAIT", 0.05)
    fetching.stop()
    assert fetching._running, "who ends does not wait for it"
    assert until(lambda: not fetching._running)


def test_it_ends_quietly_and_begins_nothing_afterwards(site: Site, web: Client) -> None:
    fetching = Fetching(lambda: web)
    fetching.stop()
    source("news", site.url + PATH)
    fetching.poke(clock.now())
    fetching.check_pages()
    assert site.requests == []


def test_nothing_is_loaded_or_started_where_nothing_is_due() -> None:
    fetching = Fetching(lambda: pytest.fail("no client is wanted"))
    source("hand", "")
    fetching.poke(clock.now())
    fetching.check_pages()
    assert not fetching._running
