"""Memberships as the documents to be published: reads the store, writes nothing.

Feed -> live rows -> entries -> Document (the current one)
ArchivePage -> frozen rows -> entries -> Document
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.conf import settings
from django.db.models import Count, Q

from feeds import archiving, store
from feeds.catalogue import Feed
from feeds.entries import Presentation
from feeds.formats.values import EntryValue, FeedValue, Gone, Paging
from feeds.library import Key, Library
from feeds.models import CANARY, ArchivePage, Membership, Standing
from feeds.prints import Printed, Prints, nowhere

EMPTY_SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # the instant of a feed in which nothing ever was
SELECTION = "selection"
TOMBSTONES = timedelta(days=90)
MOST_TOMBSTONES = 1_000
NO_PAGING = Paging()
NONE: Mapping[Key, Printed] = {}
AT_ONCE = 20  # documents that are read together

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Carried:
    """An entry as a document carries it, last touched there by change `seq`. `value` is None where it is not needed:
    then `printed` holds it as it is to be."""

    key: Key
    seq: int
    value: EntryValue | None
    printed: Printed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One file to be, whatever its format. `path` lies below /feeds/, without a suffix.

    `value` is all but its entries. `seq` is the last change in it, `gone` the last withdrawal, `floor` the last change
    of which it shows nothing any more.
    """

    path: str
    value: FeedValue
    entries: tuple[Carried, ...]
    seq: int
    gone: int = 0
    floor: int = 0
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What left a feed of late: tombstones of what nobody may see any more, and rows that only left this feed."""

    gone: list[Membership] = field(default_factory=list)
    moved: list[Membership] = field(default_factory=list)


def presentation() -> Presentation:
    """How this newsroom and this installation show themselves now."""
    return Presentation.of(store.newsroom(), settings.BASE_URL)


def current(
    feeds: Iterable[Feed], show: Presentation, library: Library, prints: Prints = nowhere
) -> Iterator[Document]:
    """The current document of each feed, in the order given: its live rows, the newest first."""
    for some in _batches(feeds):
        paths = [feed.path for feed in some]
        rows = _by_feed(Membership.objects.filter(feed__in=paths, page=None, left_at=None))
        held, touches = _held({path: rows[path] for path in paths}, library, prints)
        pages = archiving.newest(paths)
        departed = left({path: last_touch(rows[path], touches) for path in paths})
        for feed in some:
            path = feed.path
            yield _current(feed, show, rows[path], held[path], touches, departed[path], pages.get(path))


def uses() -> dict[Key, int]:
    """In how many current documents each entry stands."""
    live = Membership.objects.filter(page=None, left_at=None).values_list("release_id", "seq")
    return {Key(pk, 0, seq): many for pk, seq, many in live.annotate(many=Count("pk"))}


def pages(
    wanted: Iterable[ArchivePage], show: Presentation, library: Library, prints: Prints = nowhere
) -> Iterator[Document]:
    """Archive documents. Pages of feeds that the catalogue does not know are passed over."""
    for some in _batches(wanted):
        chosen = Q()
        for page in some:
            chosen |= Q(feed=page.feed, position__range=archiving.positions(page.number))
        rows = _by_feed(Membership.objects.filter(chosen))
        own = {page.path: [row for row in rows[page.feed] if row.page == page.number] for page in some}
        shown = {path: [row for row in held if row.left_at is None] for path, held in own.items()}
        held, touches = _held(shown, library, prints)
        beside = archiving.neighbours(some)
        for page in some:
            feed = library.catalogue.find(page.feed)
            if feed:
                neighbours = beside[page.feed, page.number]
                yield _page(feed, page, show, own[page.path], held[page.path], touches, neighbours)


def carried(
    rows: Iterable[Membership], entries: Mapping[Key, EntryValue], printed: Mapping[Key, Printed] = NONE
) -> tuple[Carried, ...]:
    """The rows as entries, those left out that cannot be shown."""
    found = ((Key.of(row), row.seq) for row in rows)
    return tuple(
        Carried(key, seq, entries.get(key), printed.get(key, {}))
        for key, seq in found
        if key in entries or key in printed
    )


def _held(
    rows: Mapping[str, Sequence[Membership]], library: Library, prints: Prints
) -> tuple[dict[str, tuple[Carried, ...]], dict[Key, datetime]]:
    """What each document carries, by its path, and when each entry was updated."""
    printed: dict[Key, Printed] = {}
    for path, held in rows.items():
        printed |= prints(path, [Key.of(row) for row in held])
    wanted = {Key.of(row): row for held in rows.values() for row in held}
    entries = library.entries([row for key, row in wanted.items() if key not in printed])
    updates = _updates({key: row for key, row in wanted.items() if key in printed})
    updates |= {key: entry.updated for key, entry in entries.items()}
    return {path: carried(held, entries, printed) for path, held in rows.items()}, updates


def _updates(known: Mapping[Key, Membership]) -> dict[Key, datetime]:
    """As the entries say that were not read."""
    ids = {key.release for key in known}
    now = dict(Standing.every.filter(pk__in=ids).values_list("pk", "updated_at")) if ids else {}
    return {key: row.updated_at or now[key.release] for key, row in known.items() if key.release in now}


def _current(
    feed: Feed,
    show: Presentation,
    rows: Sequence[Membership],
    held: tuple[Carried, ...],
    touches: Mapping[Key, datetime],
    departed: Left,
    page: ArchivePage | None,
) -> Document:
    lowest = rows[-1].position if rows else 0
    moved = [row for row in departed.moved if row.position >= lowest]
    instants = [row.left_at for row in (*departed.gone, *moved) if row.left_at]
    updated = max([last_touch(rows, touches), *instants])
    made = value(
        feed,
        show,
        feed.path,
        updated,
        gone=tombstones(departed.gone, updated),
        paging=Paging(older=_address(show, page)),
    )
    gone = max((row.seq for row in departed.gone), default=0)
    return Document(
        feed.path,
        made,
        held,
        seq=max([gone, *(row.seq for row in (*rows, *moved))]),
        gone=gone,
        floor=max([page.floor if page else 0, *(row.seq for row in moved)]),
    )


def _page(
    feed: Feed,
    page: ArchivePage,
    show: Presentation,
    rows: Sequence[Membership],
    held: tuple[Carried, ...],
    touches: Mapping[Key, datetime],
    beside: archiving.Neighbours,
) -> Document:
    carried_keys = {one.key for one in held}
    instants = [row.left_at for row in rows if row.left_at]
    made = value(
        feed,
        show,
        page.path,
        max([last_touch([row for row in rows if Key.of(row) in carried_keys], touches), *instants]),
        paging=Paging(
            f"{show.base}/feeds/{feed.path}", _address(show, beside.older), _address(show, beside.newer)
        ),
    )
    return Document(page.path, made, held, seq=page.seq, floor=page.seq, archive=True)


def value(
    feed: Feed,
    show: Presentation,
    path: str,
    updated: datetime,
    *,
    paging: Paging = NO_PAGING,
    gone: tuple[Gone, ...] = (),
    query: str = "",
) -> FeedValue:
    """A document of `feed` at `path`. No hub is told of a selection, which is made when it is asked for, nor of an
    archive page, nor of canaries."""
    return FeedValue(
        id=f"tag:{show.authority}:feed/{feed.path}",
        title=f"{feed.title} – {show.name}",
        subtitle=feed.subtitle,
        address=f"{show.base}/feeds/{path}",
        page=f"{show.base}/feeds/{SELECTION}{query}" if path == SELECTION else f"{show.base}{feed.page}",
        updated=updated,
        language=show.language,
        author=show.publisher,
        home=show.home,
        gone=gone,
        paging=paging,
        hubs=() if path == SELECTION or paging.current or feed.kind == CANARY else show.hubs,
        query=query,
    )


def last_touch(rows: Sequence[Membership], touches: Mapping[Key, datetime]) -> datetime:
    """When one of these was updated (`touches`) or came; with labels given late, what came may be an old one."""
    updates = (touches[Key.of(row)] for row in rows if Key.of(row) in touches)
    return max([EMPTY_SINCE, *(row.joined_at for row in rows), *updates])


def left(since: Mapping[str, datetime]) -> dict[str, Left]:
    """What left each feed within 90 days before it was last touched: measured by the feed and not by the clock, so
    that the same data make the same document at any time."""
    horizon = min(since.values(), default=EMPTY_SINCE) - TOMBSTONES
    rows = list(Membership.objects.filter(feed__in=list(since), left_at__gt=horizon).order_by("-left_at"))
    shown = set(
        Standing.objects.filter(pk__in={row.release_id for row in rows}, shown=True).values_list(
            "pk", flat=True
        )
    )
    found = {path: Left() for path in since}
    for row in rows:
        (found[row.feed].moved if row.release_id in shown else found[row.feed].gone).append(row)
    return found


def tombstones(rows: Iterable[Membership], updated: datetime) -> tuple[Gone, ...]:
    """Each id once, the last to leave first (RFC 6721)."""
    gone: dict[str, Gone] = {}
    for row in rows:
        if row.left_at and row.left_at > updated - TOMBSTONES:
            gone.setdefault(row.guid, Gone(row.guid, row.left_at))
    return tuple(islice(gone.values(), MOST_TOMBSTONES))


def _by_feed(rows: Iterable[Membership]) -> dict[str, list[Membership]]:
    """Newest first."""
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.position):
        found[row.feed].append(row)
    return found


def _address(show: Presentation, page: ArchivePage | None) -> str:
    return f"{show.base}/feeds/{page.path}" if page else ""


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    found = iter(items)
    while some := list(islice(found, AT_ONCE)):
        yield some
