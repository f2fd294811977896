"""Which releases are in which feeds, in the order in which they entered: the consumer `membership` of `notice`.

    changed releases -> desired feeds (catalogue.paths_for) against their rows -> rows appended, rows ended

A row is never removed: a release that leaves a feed leaves a row with `left_at`, and one that comes back takes a new
position in the same row. What is to be done follows from the rows alone, so any step may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Max

from feeds import catalogue, notice
from feeds.models import Change, Cursor, Membership, Release, Standing
from feeds.selection import Facts

NAME = "membership"
RELEASES_AT_ONCE = 500  # in one transaction, some 30 ms on SQLite

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Touched:
    """A changed release: the last change of it, and when that was noticed."""

    release_id: int
    seq: int
    at: datetime


def keep(now: datetime) -> bool:
    """Bring the rows up to the last numbered change; True if there was anything to do.

    Releases that join at the same time enter in the order of (published_on, id), however many transactions it takes.
    A row's instants are those at which its change was noticed (`now`, should that be unknown).
    """
    after, upto = reached(), _last_change()
    if upto <= after:
        return False
    chunks = list(_chunks(_in_order(_touched(after, upto, now)), RELEASES_AT_ONCE)) or [[]]
    for number, chunk in enumerate(chunks, 1):
        with notice.locked():
            _settle(chunk)
            if number == len(chunks):
                notice.move(NAME, max(upto, reached()))
    return True


def reached() -> int:
    """The last change whose releases are in their feeds."""
    return Cursor.objects.filter(pk=NAME).values_list("seq", flat=True).first() or 0


def _last_change() -> int:
    return Change.objects.aggregate(last=Max("seq"))["last"] or 0


def _touched(after: int, upto: int, now: datetime) -> list[Touched]:
    rows = (
        Change.objects.filter(kind="release", seq__gt=after, seq__lte=upto)
        .values_list("subject_id")
        .annotate(last=Max("seq"), at=Max("noticed_at"))
    )
    return [Touched(release_id, seq, at or now) for release_id, seq, at in rows]


def _in_order(touched: Sequence[Touched]) -> list[Touched]:
    """By date and id; what is deleted comes first, as it can only leave."""
    dates: dict[int, date] = {}
    for chunk in _chunks([one.release_id for one in touched], 5_000):
        dates.update(Release.objects.filter(pk__in=chunk).values_list("pk", "published_on"))
    return sorted(touched, key=lambda one: (dates.get(one.release_id, date.min), one.release_id))


def _settle(touched: Sequence[Touched]) -> None:
    """Make the rows of these releases what they should be; joins get their positions in the order given."""
    ids = [one.release_id for one in touched]
    standings = Standing.objects.in_bulk(ids)
    rows = {(row.feed, row.release_id): row for row in Membership.objects.filter(release_id__in=ids)}
    present: dict[int, set[str]] = {one.release_id: set() for one in touched}
    for (feed, release_id), row in rows.items():
        if row.left_at is None:
            present[release_id].add(feed)
    joins: list[tuple[Touched, str]] = []
    ended: list[Membership] = []
    for one in touched:
        desired = _desired(standings.get(one.release_id))
        joins += [(one, feed) for feed in sorted(desired - present[one.release_id])]
        ended += [_end(rows[feed, one.release_id], one) for feed in present[one.release_id] - desired]
    Membership.objects.bulk_update(ended, ["left_at", "seq"], batch_size=100)
    _join(joins, rows, standings)


def _desired(standing: Standing | None) -> frozenset[str]:
    if standing is None or not standing.shown:
        return frozenset()
    return catalogue.paths_for(Facts.from_json(standing.facts))


def _end(row: Membership, one: Touched) -> Membership:
    row.left_at = one.at
    row.seq = one.seq
    return row


def _join(
    joins: Iterable[tuple[Touched, str]],
    rows: dict[tuple[str, int], Membership],
    standings: dict[int, Standing],
) -> None:
    positions: dict[str, int] = {}
    fresh: list[Membership] = []
    again: list[Membership] = []
    for one, feed in joins:
        position = positions[feed] = (positions.get(feed) or _last_position(feed)) + 1
        row = rows.get((feed, one.release_id))
        (again if row else fresh).append(row := row or Membership(feed=feed, release_id=one.release_id))
        row.guid = standings[one.release_id].guid
        row.position, row.seq, row.joined_at, row.left_at = position, one.seq, one.at, None
    Membership.objects.bulk_update(again, ["position", "seq", "joined_at", "left_at"], batch_size=100)
    Membership.objects.bulk_create(fresh, batch_size=500)


def _last_position(feed: str) -> int:
    return Membership.objects.filter(feed=feed).aggregate(last=Max("position"))["last"] or 0


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
