"""Archive pages: fixed runs of 50 positions of a feed (RFC 5005, 4).

The current document holds the newest 50 to 99 positions, so that it meets the newest page without gap or overlap. A
page that is full is frozen and never changes, but for what is withdrawn or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from feeds.models import CANARY, ArchivePage, Membership
from feeds.rows import write

PAGE = 50


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pages beside a document; None at either end."""

    older: ArchivePage | None
    newer: ArchivePage | None


def full_pages(positions: int) -> int:
    """How many pages are archived once so many positions were given. Pure."""
    return max(0, positions // PAGE - 1)


def positions(number: int) -> tuple[int, int]:
    """The first and the last position of a page. Pure."""
    return (number - 1) * PAGE + 1, number * PAGE


def freeze(grown: Mapping[str, int], seq: int) -> None:
    """Close the pages that became full: `grown` are feeds and the last position of each. Canaries have no archive."""
    long = {feed: full_pages(last) for feed, last in grown.items() if full_pages(last) and feed != CANARY}
    before = newest(long)
    for feed, pages in long.items():
        last = before.get(feed)
        numbers = range(last.number + 1 if last else 1, pages + 1)
        if numbers:
            _freeze(feed, numbers, last.floor if last else 0, seq)


def reopen(rows: Iterable[Membership], seq: int) -> None:
    """Pages that lost these frozen rows get another address, and their neighbours lead there."""
    for feed, number in sorted({(row.feed, row.page) for row in rows if row.page is not None}):
        beside = ArchivePage.objects.filter(feed=feed, number__in=(number - 1, number, number + 1))
        for page in beside:
            page.revision += page.number == number
            page.seq = seq
        ArchivePage.objects.bulk_update(beside, ["revision", "seq"])


def newest(feeds: Iterable[str]) -> dict[str, ArchivePage]:
    """The page that each feed's current document leads to, where there is one."""
    found: dict[str, ArchivePage] = {}
    wanted = list(feeds)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        pages = ArchivePage.objects.raw(" UNION ALL ".join([_NEWEST] * len(some)), some)
        found |= {page.feed: page for page in pages}
    return found


def neighbours(pages: Sequence[ArchivePage]) -> dict[tuple[str, int], Neighbours]:
    """By (feed, number)."""
    wanted = {(page.feed, page.number + step) for page in pages for step in (-1, 1)}
    found = ArchivePage.objects.filter(
        feed__in={feed for feed, _ in wanted}, number__in={number for _, number in wanted}
    )
    known = {(page.feed, page.number): page for page in found}
    return {
        (page.feed, page.number): Neighbours(
            known.get((page.feed, page.number - 1)), known.get((page.feed, page.number + 1))
        )
        for page in pages
    }


_NEWEST = (
    "SELECT * FROM (SELECT * FROM feeds_archivepage WHERE feed = %s ORDER BY number DESC LIMIT 1) newest"
)
AT_ONCE = 100  # SQLite takes at most 500 parts in one statement
_FREEZE = """
    UPDATE feeds_membership SET page = (position - 1) / %s + 1,
        version = (SELECT NULLIF(versions, 0) FROM feeds_standing WHERE release_id = feeds_membership.release_id),
        updated_at = (SELECT updated_at FROM feeds_standing WHERE release_id = feeds_membership.release_id)
    WHERE feed = %s AND page IS NULL AND left_at IS NULL AND position BETWEEN %s AND %s
"""


def _freeze(feed: str, numbers: range, floor: int, seq: int) -> None:
    first, last = positions(numbers.start)[0], positions(numbers.stop - 1)[1]
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, [PAGE, feed, first, last])
    rows = Membership.objects.filter(feed=feed, position__range=(first, last))
    highest = dict(rows.exclude(page=None).values_list("page").annotate(seq=Max("seq")))
    # The page before the first of these leads to a newer one from now on.
    ArchivePage.objects.filter(feed=feed, number=numbers.start - 1).update(seq=seq)
    closed = []
    for number in numbers:
        floor = max(floor, highest.get(number, 0))
        closed.append((feed, number, 1, seq, floor))
    write(ArchivePage, ("feed", "number", "revision", "seq", "floor"), closed)
