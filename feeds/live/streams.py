"""Which streams there are, and the state of one: reads the store, writes nothing.

/feeds/selection.events?office=…&topic=…    any selection
/feeds/<path>.events                        every feed of the catalogue
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from feeds import catalogue, documents, selected, selecting
from feeds.catalogue import Catalogue, Feed
from feeds.formats.values import EntryValue
from feeds.library import Key
from feeds.live import events, steps
from feeds.models import Membership, Standing
from feeds.selection import BadSelection, Selection
from feeds.workshop import Workshop

NEWEST = 50
MOST_FIELDS = 500
SELECTION = "selection"


class NoStream(Exception):
    """There is no such stream: `status` is 400 or 404, or 301 to the `location` of a merged term's."""

    def __init__(self, status: int, detail: str, location: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.location = status, detail, location


@dataclass(frozen=True, slots=True)
class Stream:
    """A feed of the catalogue by its path, or, with an empty path, any selection."""

    path: str
    selection: Selection


@dataclass(frozen=True, slots=True)
class Shown:
    """A release in the state of a stream. `corrected_at`: it carries a correction."""

    entry: EntryValue
    corrected_at: datetime | None

    @property
    def item(self) -> dict[str, Any]:
        return events.item(self.entry, self.corrected_at)


@dataclass(frozen=True, slots=True)
class State:
    """The newest releases of a stream, and the number of the last change that is surely in it; `told` is the last of
    those that may be given out.
    """

    upto: int
    told: int
    releases: tuple[Shown, ...]


def find(path: str, query: str) -> Stream:
    """The stream at `/feeds/<path>.events?<query>`. Raises NoStream."""
    if path == SELECTION:
        try:
            fields = parse_qs(query, max_num_fields=MOST_FIELDS, errors="replace")
        except ValueError:
            raise NoStream(400, f"a query has at most {MOST_FIELDS} fields") from None
        return chosen(fields)
    feed = Catalogue().find(path)
    if feed is None:
        raise _elsewhere(path)
    return of_feed(feed)


def chosen(fields: dict[str, list[str]]) -> Stream:
    """The stream of the selection that a query means. Raises NoStream."""
    try:
        selection = selecting.read(fields)
    except BadSelection as error:
        raise NoStream(400, str(error)) from None
    unknown = selecting.unknown(selection, Catalogue().names)
    if unknown:
        raise NoStream(404, f"there is no {', no '.join(unknown)}")
    return Stream("", selection)


def of_feed(feed: Feed) -> Stream:
    return Stream(feed.path, feed.selection)


def state(stream: Stream, workshop: Workshop, count: int = NEWEST) -> State:
    """Its newest releases, in the order in which they were taken in, newest first."""
    upto, told = steps.start()  # first: what comes while we read is told again
    library, _ = workshop.tools(documents.presentation())
    rows = _of_feed(stream.path, count) if stream.path else selected.newest(stream.selection, count)
    entries = library.entries(rows)
    standings = Standing.objects.in_bulk([row.release_id for row in rows])
    held = ((row.release_id, entries.get(Key.of(row))) for row in rows)
    return State(upto, told, tuple(Shown(entry, standings[pk].corrected_at) for pk, entry in held if entry))


def _of_feed(path: str, count: int) -> list[Membership]:
    live = Membership.objects.filter(feed=path, page=None, left_at=None)
    return list(live.order_by("-position")[:count])


def _elsewhere(path: str) -> NoStream:
    there = catalogue.moved().get(path)
    if there:
        return NoStream(301, "this term was merged into another", there)
    return NoStream(404, "there is no such feed")
