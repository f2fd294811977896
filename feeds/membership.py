"""Which releases are in which feeds, in the order in which they entered: the consumer `membership` of `notice`.

    changed releases -> desired feeds (catalogue.paths_of) against their rows -> rows appended, rows ended -> full pages

A row is never removed: a release that leaves a feed leaves a row with `left_at`, and one that comes back takes a new
position in the same row, unless that is frozen in an archive page. What is to be done follows from the rows alone, so
any step may be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from feeds import archiving, canary, catalogue, notice, rows, touched, wake
from feeds.models import CANARY, Change, Membership, Standing
from feeds.selection import Facts
from feeds.touched import Touched, chunks

NAME = "membership-2"  # the number is that of the catalogue: another one settles every release anew
RELEASES_AT_ONCE = 500  # in one transaction, some 30 ms on SQLite


def keep(now: datetime) -> bool:
    """Bring the rows up to the last numbered change; True if there was anything to do.

    Releases that join at the same time enter in the order of (published_on, id), however many transactions it takes.
    A row's instants are those at which its change was noticed (`now`, should that be unknown).
    """
    after, upto = reached(), _last_change()
    if upto <= after:
        return False
    steps = list(chunks(touched.find(after, upto, now), RELEASES_AT_ONCE)) or [[]]
    for number, some in enumerate(steps, 1):
        with notice.locked():
            _settle(some)
            if number == len(steps):
                if not after:  # rows of an earlier catalogue have no pages yet
                    archiving.freeze(_last_positions(None), upto)
                notice.move(NAME, max(upto, reached()))
                wake.ring()  # whoever waits for what is in the feeds now
    return True


def reached() -> int:
    """The last change whose releases are in their feeds."""
    return notice.reached(NAME) or 0


def _last_change() -> int:
    return Change.objects.aggregate(last=Max("seq"))["last"] or 0


def _settle(some: Sequence[Touched]) -> None:
    """Make the rows of these releases what they should be; joins get their positions in the order given."""
    ids = [one.release_id for one in some]
    standings = Standing.every.in_bulk(ids)
    wanted = _desired(standings)
    held_now = _Held(Membership.objects.filter(release_id__in=ids))
    joins: list[tuple[Touched, str]] = []
    ended: list[Membership] = []
    staying: list[tuple[int, int, int]] = []
    for one in some:
        standing = standings.get(one.release_id)
        desired = wanted.get(one.release_id, frozenset[str]())
        held = {feed for feed in desired if standing and held_now.holds(feed, standing)}
        joins += [(one, feed) for feed in sorted(desired - held)]
        ended += [_end(row, one) for row in held_now.ending(one.release_id, desired, standing)]
        if standing and held:
            staying.append((one.seq, standing.version, one.release_id))
    _stay(staying)
    rows.update(Membership, ("left_at", "seq"), [(row.left_at, row.seq, row.pk) for row in ended])
    grown = _join(joins, held_now, standings)
    if some:
        last = max(one.seq for one in some)
        archiving.reopen([row for row in ended if row.page is not None], last)
        archiving.freeze(grown, last)


class _Held:
    """What the feeds hold of the releases that are settled together."""

    def __init__(self, found: Iterable[Membership]) -> None:
        self.live: dict[tuple[str, int], Membership] = {}
        self._live_of: dict[int, list[Membership]] = defaultdict(list)
        self._frozen: dict[int, list[Membership]] = defaultdict(list)
        for row in found:
            if row.page is None:
                self.live[row.feed, row.release_id] = row
                self._live_of[row.release_id].append(row)
            elif row.left_at is None:
                self._frozen[row.release_id].append(row)

    def holds(self, feed: str, standing: Standing) -> bool:
        """Whether the release is in this feed as it is now. A page shows it as it was, so it is not there any more
        once it was changed significantly.
        """
        live = self.live.get((feed, standing.pk))
        if live is not None and live.left_at is None:
            return True
        return any(row.feed == feed and row.edition == standing.version for row in self._frozen[standing.pk])

    def ending(
        self, release_id: int, desired: Collection[str], standing: Standing | None
    ) -> Iterator[Membership]:
        """Live rows in feeds it does not belong to any more. A page is closed: it loses only what nobody may see."""
        for row in self._live_of[release_id]:
            if row.left_at is None and row.feed not in desired:
                yield row
        if standing is None or not standing.shown:
            yield from self._frozen[release_id]


def _desired(standings: Mapping[int, Standing]) -> dict[int, frozenset[str]]:
    """The feeds that each release belongs to."""
    shown = {pk: Facts.from_json(standing.facts) for pk, standing in standings.items() if standing.shown}
    canaries = [pk for pk, standing in standings.items() if standing.silence == CANARY and not standing.shown]
    return {**catalogue.paths_of(shown), **dict.fromkeys(canaries, frozenset({canary.PATH}))}


def _stay(staying: Sequence[tuple[int, int, int]]) -> None:
    """(seq, edition, release id): where they are in a current document, they were touched."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE feeds_membership SET seq = %s, edition = %s "
            "WHERE release_id = %s AND page IS NULL AND left_at IS NULL",
            staying,
        )


def _end(row: Membership, one: Touched) -> Membership:
    row.left_at = one.at
    row.seq = one.seq
    return row


def _join(
    joins: Iterable[tuple[Touched, str]], held: _Held, standings: Mapping[int, Standing]
) -> dict[str, int]:
    """Append rows; returns the last position of each feed that grew."""
    joins = list(joins)
    positions = _last_positions({feed for _, feed in joins})
    fresh: list[Membership] = []
    again: list[Membership] = []
    for one, feed in joins:
        positions[feed] += 1
        row = held.live.get((feed, one.release_id))
        (again if row else fresh).append(row := row or Membership(feed=feed, release_id=one.release_id))
        standing = standings[one.release_id]
        row.guid, row.edition = standing.guid, standing.version
        row.position, row.seq, row.joined_at, row.left_at = positions[feed], one.seq, one.at, None
    rows.update(Membership, _OF_A_JOIN, [(*_values(row, _OF_A_JOIN), row.pk) for row in again])
    rows.write(Membership, (*_ONCE, *_OF_A_JOIN), [_values(row, (*_ONCE, *_OF_A_JOIN)) for row in fresh])
    return positions


_ONCE = ("feed", "release_id", "guid")
_OF_A_JOIN = ("position", "seq", "edition", "joined_at", "left_at")


def _values(row: Membership, columns: Sequence[str]) -> list[Any]:
    return [getattr(row, name) for name in columns]


def _last_positions(feeds: Collection[str] | None) -> dict[str, int]:
    """The last position given in each of these feeds, or (None) in all."""
    if feeds is None:
        return dict(Membership.objects.values_list("feed").annotate(last=Max("position")))
    found: dict[str, int] = {}
    wanted = list(feeds)
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), archiving.AT_ONCE):
            some = wanted[start : start + archiving.AT_ONCE]
            asked = [feed for feed in some for _ in range(2)]
            cursor.execute(" UNION ALL ".join([_LAST] * len(some)), asked)
            found |= {feed: last or 0 for feed, last in cursor.fetchall()}
    return found


# One by one it is the index's last entry; grouped, all that the feeds ever held is read.
_LAST = "SELECT %s AS feed, MAX(position) AS last FROM feeds_membership WHERE feed = %s"
