"""In which feeds one release is, was, or would be, with the subscribers that readers report for those. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from feeds import catalogue, former, readership
from feeds.catalogue import Catalogue
from feeds.models import Membership
from feeds.selection import Facts

DAYS = 30
"""How far back a reader's report still counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """A release in a feed. `joined_at` None: it is not in it yet. `left_at` None: it is in it still, or would be.

    `subscribers`: what all online readers together reported for the feed last, in 30 days; 0 where none reported.
    """

    path: str
    title: str
    subscribers: int
    joined_at: datetime | None = None
    left_at: datetime | None = None


def of(release_id: int, today: date) -> list[Place]:
    """Where it entered: by its latest row in each feed, the feeds it entered first, first."""
    latest: dict[str, Membership] = {}
    first: dict[str, datetime] = {}
    for row in Membership.objects.filter(release_id=release_id).order_by("position"):
        latest[row.feed] = row
        first.setdefault(row.feed, row.joined_at)
    counted, known = _counted(latest, today), Catalogue()
    order = sorted(latest, key=lambda path: (first[path], path != catalogue.ALL, path))
    return [
        Place(path, _title(known, path), counted.get(path, 0), first[path], latest[path].left_at)
        for path in order
    ]


def foreseen(release_id: int, facts: Facts, today: date) -> list[Place]:
    """Where it would enter with these labels, were it shown now."""
    paths = catalogue.paths_of({release_id: former.known().facts(facts)})[release_id]
    counted, known = _counted(paths, today), Catalogue()
    order = sorted(paths, key=lambda path: (path != catalogue.ALL, path))
    return [Place(path, _title(known, path), counted.get(path, 0)) for path in order]


def _counted(paths: Collection[str], today: date) -> dict[str, int]:
    return readership.subscribers_by_feed(today, DAYS, paths)


def _title(known: Catalogue, path: str) -> str:
    feed = known.find(path)
    return feed.title if feed else path
