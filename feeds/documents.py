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
from django.db.models import Q

from feeds import archiving, store
from feeds.catalogue import Feed
from feeds.entries import Presentation
from feeds.formats.values import EntryValue, FeedValue, Gone, Paging
from feeds.library import Key, Library
from feeds.models import ArchivePage, Membership, Standing

EMPTY_SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # the instant of a feed in which nothing ever was
SELECTION = "selection"
TOMBSTONES = timedelta(days=90)
MOST_TOMBSTONES = 1_000
NO_PAGING = Paging()
AT_ONCE = 20  # documents that are read together

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """One file to be, whatever its format. `path` lies below /feeds/, without a suffix.

    `keys` and `seqs` belong to the entries, in their order. `seq` is the last change in it, `gone` the last withdrawal,
    `floor` the last change of which it shows nothing any more.
    """

    path: str
    value: FeedValue
    keys: tuple[Key, ...]
    seqs: tuple[int, ...]
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


def current(feeds: Iterable[Feed], show: Presentation, library: Library) -> Iterator[Document]:
    """The current document of each feed, in the order given: its live rows, the newest first."""
    for some in _batches(feeds):
        paths = [feed.path for feed in some]
        rows = _by_feed(Membership.objects.filter(feed__in=paths, page=None, left_at=None))
        entries = library.entries([row for held in rows.values() for row in held])
        pages = archiving.newest(paths)
        departed = left({path: last_touch(rows[path], entries) for path in paths})
        for feed in some:
            yield _current(feed, show, rows[feed.path], entries, departed[feed.path], pages.get(feed.path))


def pages(wanted: Iterable[ArchivePage], show: Presentation, library: Library) -> Iterator[Document]:
    """Archive documents. Pages of feeds that the catalogue does not know are passed over."""
    for some in _batches(wanted):
        chosen = Q()
        for page in some:
            chosen |= Q(feed=page.feed, position__range=archiving.positions(page.number))
        rows = _by_feed(Membership.objects.filter(chosen))
        entries = library.entries([row for held in rows.values() for row in held if row.left_at is None])
        beside = archiving.neighbours(some)
        for page in some:
            feed = library.catalogue.find(page.feed)
            if feed:
                own = [row for row in rows[page.feed] if row.page == page.number]
                yield _page(feed, page, show, own, entries, beside[page.feed, page.number])


def _current(
    feed: Feed,
    show: Presentation,
    rows: Sequence[Membership],
    entries: Mapping[Key, EntryValue],
    departed: Left,
    page: ArchivePage | None,
) -> Document:
    lowest = rows[-1].position if rows else 0
    moved = [row for row in departed.moved if row.position >= lowest]
    held = [(row, entries[Key.of(row)]) for row in rows if Key.of(row) in entries]
    instants = [row.left_at for row in (*departed.gone, *moved) if row.left_at]
    updated = max([last_touch(rows, entries), *instants])
    made = value(
        feed,
        show,
        feed.path,
        updated,
        [entry for _, entry in held],
        gone=tombstones(departed.gone, updated),
        paging=Paging(older=_address(show, page)),
    )
    gone = max((row.seq for row in departed.gone), default=0)
    return Document(
        feed.path,
        made,
        tuple(Key.of(row) for row, _ in held),
        tuple(row.seq for row, _ in held),
        seq=max([gone, *(row.seq for row in (*rows, *moved))]),
        gone=gone,
        floor=max([page.floor if page else 0, *(row.seq for row in moved)]),
    )


def _page(
    feed: Feed,
    page: ArchivePage,
    show: Presentation,
    rows: Sequence[Membership],
    entries: Mapping[Key, EntryValue],
    beside: archiving.Neighbours,
) -> Document:
    held = [(row, entries[Key.of(row)]) for row in rows if row.left_at is None and Key.of(row) in entries]
    instants = [row.left_at for row in rows if row.left_at]
    made = value(
        feed,
        show,
        page.path,
        max([last_touch([row for row, _ in held], entries), *instants]),
        [entry for _, entry in held],
        paging=Paging(
            f"{show.base}/feeds/{feed.path}", _address(show, beside.older), _address(show, beside.newer)
        ),
    )
    keys, seqs = tuple(Key.of(row) for row, _ in held), tuple(row.seq for row, _ in held)
    return Document(page.path, made, keys, seqs, seq=page.seq, floor=page.seq, archive=True)


def value(
    feed: Feed,
    show: Presentation,
    path: str,
    updated: datetime,
    entries: Iterable[EntryValue],
    *,
    paging: Paging = NO_PAGING,
    gone: tuple[Gone, ...] = (),
    query: str = "",
) -> FeedValue:
    """A document of `feed` at `path`. No hub is told of a selection, which is made when it is asked for, nor of an
    archive page."""
    return FeedValue(
        id=f"tag:{show.authority}:feed/{feed.path}",
        title=f"{feed.title} – {show.name}",
        subtitle=feed.subtitle,
        address=f"{show.base}/feeds/{path}",
        page=f"{show.base}{feed.page}",
        updated=updated,
        language=show.language,
        author=show.publisher,
        home=show.home,
        entries=tuple(entries),
        gone=gone,
        paging=paging,
        hubs=() if path == SELECTION or paging.current else show.hubs,
        query=query,
    )


def last_touch(rows: Iterable[Membership], entries: Mapping[Key, EntryValue]) -> datetime:
    """When one of these was updated or came; with labels given late, what came may be an old one."""
    rows = list(rows)
    updates = (entries[Key.of(row)].updated for row in rows if Key.of(row) in entries)
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
