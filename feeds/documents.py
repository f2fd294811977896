"""Releases and memberships as the documents to be published: reads the store, writes nothing.

Feed -> newest Membership rows -> store.load -> entries.entry -> FeedValue
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from django.conf import settings

from feeds import store
from feeds.catalogue import Feed
from feeds.entries import Presentation, entry
from feeds.formats.values import EntryValue, FeedValue
from feeds.models import Membership, Release

log = logging.getLogger(__name__)
ENTRIES = 50
EMPTY_SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # the instant of a feed in which nothing ever was
FEEDS_AT_ONCE = 20  # bounds what is in memory; what feeds share is then still read and cleaned once


def presentation() -> Presentation:
    """How this newsroom and this installation show themselves now."""
    return Presentation.of(store.newsroom(), settings.BASE_URL)


def documents(feeds: Sequence[Feed], show: Presentation) -> Iterator[tuple[Feed, FeedValue]]:
    """The current document of each feed, in the order given."""
    for start in range(0, len(feeds), FEEDS_AT_ONCE):
        some = feeds[start : start + FEEDS_AT_ONCE]
        rows = {feed.path: _newest(feed.path) for feed in some}
        entries = _entries({row.release_id for feed in rows.values() for row in feed}, show)
        for feed in some:
            yield feed, _document(feed, rows[feed.path], entries, show)


def _newest(path: str) -> list[Membership]:
    return list(Membership.objects.filter(feed=path, left_at=None).order_by("-position")[:ENTRIES])


def _document(
    feed: Feed, rows: Sequence[Membership], entries: dict[int, EntryValue], show: Presentation
) -> FeedValue:
    held = [entries[row.release_id] for row in rows if row.release_id in entries]
    return FeedValue(
        id=f"tag:{show.authority}:feed/{feed.path}",
        title=f"{feed.title} – {show.name}",
        subtitle=feed.subtitle,
        address=f"{show.base}/feeds/{feed.path}",
        page=f"{show.base}{feed.page}",
        updated=_updated(feed.path, rows, held),
        language=show.language,
        author=show.publisher,
        home=show.home,
        entries=tuple(held),
    )


def _updated(path: str, rows: Sequence[Membership], held: Sequence[EntryValue]) -> datetime:
    """When this document last changed in a way a reader should see; it never goes back.

    An entry was updated, one came (with labels given late, it may be an old one), or one left. Of those that left, the
    ones below a full document do not count: they were not in it, or have been pushed out by what came later.
    """
    lowest = rows[-1].position if len(rows) == ENTRIES else 0
    left = Membership.objects.filter(feed=path, position__gte=lowest, left_at__isnull=False)
    instants = [
        *left.values_list("left_at", flat=True),
        *(row.joined_at for row in rows),
        *(e.updated for e in held),
    ]
    return max((instant for instant in instants if instant is not None), default=EMPTY_SINCE)


def _entries(ids: Collection[int], show: Presentation) -> dict[int, EntryValue]:
    """By release id. One that cannot be read or shown is left out and told of; the others are not held up by it."""
    entries = {}
    for pk, release in _load(sorted(ids)).items():
        try:
            entries[pk] = entry(release, show)
        except Exception:
            log.exception("release %s cannot be shown and is left out of the feeds; mend its row", pk)
    return entries


def _load(ids: Sequence[int]) -> dict[int, Release]:
    try:
        return store.load(ids)
    except (
        ValueError,
        TypeError,
        AttributeError,
    ):  # SQLite holds whatever other programs write, dates that are none
        return {pk: release for one in ids for pk, release in _load_alone(one).items()}


def _load_alone(pk: int) -> dict[int, Release]:
    try:
        return store.load([pk])
    except (ValueError, TypeError, AttributeError) as error:
        log.error("release %s cannot be read and is left out of the feeds: %s; mend its row", pk, error)
        return {}
