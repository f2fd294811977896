"""A source on a real web server, fetched as the scheduler does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from feeds import harvest
from feeds.models import HeldFetch, Release, Source, SourceState
from feeds.models import Newsroom as NewsroomRow
from feeds.web.client import Client
from tests.feeds.sources.newsroom import NOW, PATH, Newsroom
from tests.feeds.web.server import Site, site, web

__all__ = ["site", "web"]


@dataclass
class Harvest:
    """`go` lets time pass until the source is due, and fetches what is due."""

    web: Client
    now: datetime = NOW
    sources: list[Source] = field(default_factory=list)

    def source(self, slug: str, address: str, kind: str = "listing", **columns: Any) -> Source:
        options = {"check_pages_days": 0, **columns.pop("options", {})}
        row = Source(slug=slug, name=slug, kind=kind, address=address, options=options, **columns)
        self.sources += Source.objects.bulk_create([row])
        return self.sources[-1]

    def go(self, seconds: float = 660) -> int:
        """How many sources were fetched."""
        self.now += timedelta(seconds=seconds)
        count = 0
        while harvest.fetch_due(self.now, self.web):
            count += 1
            assert count < 50
        return count

    def state(self, slug: str = "news") -> SourceState:
        return SourceState.objects.get(source__slug=slug)


@pytest.fixture
def fetching(db: None, web: Client) -> Harvest:
    NewsroomRow.objects.bulk_create([NewsroomRow(pk=1)], ignore_conflicts=True)
    return Harvest(web)


@pytest.fixture
def newsroom(site: Site, fetching: Harvest) -> Iterator[Newsroom]:
    """A newsroom with ten releases, whose list is the source `news`; the first fetch was made."""
    room = Newsroom(site, list(range(10, 0, -1)), size=20)
    room.publish()
    fetching.source("news", site.url + PATH)
    assert fetching.go() == 1
    assert Release.objects.count() == 10
    yield room
    assert HeldFetch.objects.filter(decision="").count() <= 1
