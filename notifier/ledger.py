"""The ledger and queue of mail: claims, marks, leases and the sweep. Every statement is fenced by (owner, attempt).

    pending, deferred and due --claim--> sending (owner) --mark--> sent, deferred, failed, suppressed, cancelled
                                              ↘ sweep, when the owner's lease has expired: pending again, attempt + 1

A lease is judged by the database's clock, which all hosts share; the clocks of hosts differ, and a demo moves its own.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from config import clock
from notifier import partitions, pulse
from notifier.models import Channel, Delivery, Dispatch, Lease

LEASE = timedelta(seconds=30)
RENEW = timedelta(seconds=10)
_LANES = (Dispatch.Lane.LETTER, Dispatch.Lane.ALERT, Dispatch.Lane.DIGEST)
# States stand in these statements as numbers: SQLite takes a partial index only for a condition it can read.
_LOST = "state = 1 AND owner NOT IN (SELECT token FROM notifier_lease)"
_OPEN = (Delivery.State.PENDING, Delivery.State.DEFERRED)


class Claimed(NamedTuple):
    """A delivery that `owner` may send, and nobody else until its lease has expired."""

    dispatch: int
    subscriber: int
    edition: int
    interest: int | None
    lane: int
    attempt: int
    owner: str

    def for_log(self) -> dict[str, Any]:
        """What names it in a line of the log."""
        return {"dispatch": self.dispatch, "subscriber": self.subscriber, "attempt": self.attempt}


class Mark(NamedTuple):
    """What became of a claimed delivery. `counts`: the next attempt has a new number.

    `version` is the edition's, if it may have arrived in that version; else 0.
    """

    claimed: Claimed
    state: Delivery.State
    at: datetime
    reason: str = ""
    after_dot: bool = False
    next_try_at: datetime | None = None
    counts: bool = False
    version: int = 0


def take_lease(host: str, pid: int) -> str:
    """The token of a worker that starts: random, so that a process never meets the claims of an earlier one."""
    at = instant()
    token = secrets.token_hex(16)
    Lease.objects.create(token=token, host=host, pid=pid, started_at=at, renewed_at=at)
    pulse.beat(pulse.WORKER, at)
    return token


def renew(owner: str) -> bool:
    """Live for another 30 s. False: the lease is gone, and what it held may be with others by now."""
    at = instant()
    with transaction.atomic():
        pulse.beat(pulse.WORKER, at)
        return bool(Lease.objects.filter(pk=owner).update(renewed_at=at))


def workers() -> int:
    """How many workers live."""
    return Lease.objects.filter(renewed_at__gte=instant() - LEASE).count()


def end_lease(owner: str) -> int:
    """Give back all that `owner` still holds, as if it had not been claimed; returns how many."""
    with transaction.atomic():
        given_back = _write(
            f"UPDATE notifier_delivery SET state = 0, owner = '' WHERE state = 1 AND owner = %s{_from_the_floor()}",
            [owner],
        )
        Lease.objects.filter(pk=owner).delete()
    return given_back


def claim(owner: str, limit: int, now: datetime, lanes: Collection[int] = _LANES) -> list[Claimed]:
    """At most `limit` deliveries that are due, in the order of their lanes.

    None while a person has stopped the channel, none of a dispatch that is being filled or held, and none for an owner
    without a lease.
    """
    if limit <= 0 or not _anything_due(now, lanes):
        return []
    found: list[Claimed] = []
    with transaction.atomic():
        if not _may_claim(owner):
            return []
        for lane in sorted(lanes):
            found += _claim_deferred(owner, lane, limit - len(found), now)
            for dispatch in _open_dispatches(lane):
                if len(found) >= limit:
                    return found
                found += _claim_pending(owner, lane, dispatch, limit - len(found))
    return found


def held(owner: str) -> list[Claimed]:
    """All that `owner` has claimed and not marked."""
    rows = _rows(
        "SELECT dispatch_id, subscriber_id, edition_id, interest_id, lane, attempt FROM notifier_delivery"
        f" WHERE state = 1 AND owner = %s{_from_the_floor()}",
        [owner],
    )
    return [_claimed(row, owner) for row in rows]


def mark_many(marks: Sequence[Mark]) -> set[tuple[int, int]]:
    """Write what became of these, in one transaction; returns the (dispatch, subscriber) that were still ours."""
    written: set[tuple[int, int]] = set()
    alike: dict[tuple[Any, ...], list[Claimed]] = defaultdict(list)
    for mark in marks:
        outcome = (
            mark.state, mark.reason, mark.after_dot, mark.next_try_at, mark.counts, mark.claimed.owner, mark.version,
        )  # fmt: skip
        alike[outcome].append(mark.claimed)
    at = max((mark.at for mark in marks), default=None)  # one instant for all: what is alike is one statement
    if connection.vendor == "sqlite":
        with transaction.atomic():
            if all(_mark_all(outcome, claimed, at) for outcome, claimed in alike.items()):
                return {(mark.claimed.dispatch, mark.claimed.subscriber) for mark in marks}
            transaction.set_rollback(True)
    groups: dict[tuple[Any, int, int], list[Claimed]] = defaultdict(list)
    for outcome, claimed in alike.items():
        for one in claimed:
            groups[outcome, one.dispatch, one.attempt].append(one)
    # One statement is a transaction by itself, without two more journeys to the server.
    alone = len(groups) == 1
    with contextlib.nullcontext() if alone else transaction.atomic():
        for (outcome, _, _), claimed in groups.items():
            written |= _mark(outcome, claimed, at)
    return written


def sweep(now: datetime) -> int:  # noqa: ARG001 - jobs are called with the instant; leases have a clock of their own
    """Return to the queue what workers without a living lease hold; how many that was. Idempotent."""
    expired, lost = Lease.objects.filter(renewed_at__lt=instant() - LEASE), f"{_LOST}{_from_the_floor()}"
    if not expired.exists() and not _rows(f"SELECT 1 FROM notifier_delivery WHERE {lost} LIMIT 1", []):
        return 0
    with transaction.atomic():
        expired.delete()
        return _write(
            f"UPDATE notifier_delivery SET state = 0, owner = '', attempt = attempt + 1 WHERE {lost}", []
        )


def cancel(dispatch: int, edition: int | None, reason: str, now: datetime) -> int:
    """End what has not begun of an edition, or of all of the dispatch (None), some ten thousand rows a transaction;
    returns how many.
    """
    ended, after = 0, -1
    mine = Delivery.objects.filter(dispatch_id=dispatch)
    while True:
        rest = mine.filter(subscriber_id__gt=after).order_by("subscriber_id")
        upto = rest.values_list("subscriber_id", flat=True)[10_000:10_001].first()
        some = mine.filter(subscriber_id__gt=after, state__in=_OPEN)
        some = some if edition is None else some.filter(edition_id=edition)
        some = some if upto is None else some.filter(subscriber_id__lte=upto)
        ended += some.update(state=Delivery.State.CANCELLED, reason=reason, finished_at=now, next_try_at=None)
        if upto is None:
            return ended
        after = upto


def waiting(now: datetime) -> bool:
    """Whether anything is due, held or stopped though it may be."""
    return _anything_due(now, _LANES)


def _may_claim(owner: str) -> bool:
    if Channel.objects.filter(stopped_at__isnull=False).exists():
        return False
    lease = Lease.objects.filter(pk=owner)
    return (lease.select_for_update() if connection.vendor == "postgresql" else lease).exists()


def _anything_due(now: datetime, lanes: Collection[int]) -> bool:
    among = f"lane IN ({', '.join(str(int(lane)) for lane in lanes)}){_from_the_floor()}"
    return bool(
        _rows(
            f"SELECT EXISTS (SELECT 1 FROM notifier_delivery WHERE state = 0 AND {among})"
            f" OR EXISTS (SELECT 1 FROM notifier_delivery WHERE state = 2 AND next_try_at <= %s AND {among})",
            [_moment(now)],
        )[0][0]
    )


def _open_dispatches(lane: int) -> Iterator[int]:
    """Ready dispatches with pending deliveries, in order: one look in the index for each, however many rows it has."""
    at = partitions.floor() - 1
    while True:
        found = _rows(
            "SELECT dispatch_id FROM notifier_delivery WHERE state = 0 AND lane = %s AND dispatch_id > %s"
            " ORDER BY lane, dispatch_id LIMIT 1",
            [lane, at],
        )
        if not found:
            return
        at = found[0][0]
        if Dispatch.objects.filter(pk=at, state=Dispatch.State.READY, held=False).exists():
            yield at


def _claim_pending(owner: str, lane: int, dispatch: int, limit: int) -> list[Claimed]:
    rows = _rows(
        f"WITH picked AS (SELECT subscriber_id FROM notifier_delivery{_by_the_queue()}"
        " WHERE state = 0 AND lane = %s AND dispatch_id = %s"
        f" ORDER BY lane, dispatch_id, subscriber_id LIMIT %s {_locking()})"
        " UPDATE notifier_delivery SET state = 1, owner = %s"
        " WHERE dispatch_id = %s AND subscriber_id IN (SELECT subscriber_id FROM picked)"
        " RETURNING dispatch_id, subscriber_id, edition_id, interest_id, lane, attempt",
        [lane, dispatch, limit, owner, dispatch],
    )
    return [_claimed(row, owner) for row in sorted(rows)]


def _claim_deferred(owner: str, lane: int, limit: int, now: datetime) -> list[Claimed]:
    """Looked for first and claimed then: mostly there are none, and the dispatches that stand in the second statement
    tell PostgreSQL which partitions it need not look into.
    """
    picked = _rows(
        "SELECT d.dispatch_id, d.subscriber_id FROM notifier_delivery d"
        " JOIN notifier_dispatch r ON r.id = d.dispatch_id AND r.state = 'ready' AND NOT r.held"
        f" WHERE d.state = 2 AND d.next_try_at <= %s AND d.lane = %s{_from_the_floor('d.')}"
        " ORDER BY d.next_try_at LIMIT %s"
        f" {_locking('d')}",
        [_moment(now), lane, limit],
    )
    if not picked:
        return []
    rows = _rows(
        "UPDATE notifier_delivery SET state = 1, owner = %s"
        f" WHERE {_among(key[0] for key in picked)}"
        f" AND (dispatch_id, subscriber_id) IN (VALUES {', '.join(['(%s, %s)'] * len(picked))})"
        " RETURNING dispatch_id, subscriber_id, edition_id, interest_id, lane, attempt",
        [owner, *(part for key in picked for part in key)],
    )
    return [_claimed(row, owner) for row in sorted(rows)]


def _from_the_floor(table: str = "") -> str:
    """A condition that leaves out the partitions in which all has ended; none where there are no partitions."""
    floor = partitions.floor()
    return f" AND {table}dispatch_id >= {floor}" if floor else ""


def _among(dispatches: Iterable[int]) -> str:
    """A condition that names these, so that PostgreSQL plans for their partitions alone."""
    return f"dispatch_id IN ({', '.join(str(int(one)) for one in sorted(set(dispatches)))})"


def _claimed(row: tuple[Any, ...], owner: str) -> Claimed:
    dispatch, subscriber, edition, interest, lane, attempt = row
    return Claimed(dispatch, subscriber, edition, interest, lane, attempt, owner)


_MARK = (
    "UPDATE notifier_delivery SET state = {0}, reason = {0}, after_dot = {0}, next_try_at = {0}, finished_at = {0},"
    " attempt = attempt + {0}, owner = {0}, version = CASE version WHEN 0 THEN {0} ELSE version END"
)


def _mark_all(outcome: tuple[Any, ...], claimed: list[Claimed], at: datetime | None) -> bool:
    """On SQLite by one statement that returns nothing; whether they are all still ours, as nearly always.

    For each statement and each row it returns the interpreter's lock is given up, and the event loop gives it back when
    it pleases. Nor does it go through Django, which takes longer than SQLite.
    """
    places = ", ".join(["(?, ?, ?)"] * len(claimed))
    statement = (
        f"{_MARK.format('?')} WHERE state = 1 AND owner = ?"
        f" AND (dispatch_id, subscriber_id, attempt) IN (VALUES {places})"
    )
    parameters = (*_marked(outcome, at), *_keys(claimed))
    return bool(connection.connection.execute(statement, parameters).rowcount == len(claimed))


def _mark(outcome: tuple[Any, ...], claimed: list[Claimed], at: datetime | None) -> set[tuple[int, int]]:
    """Of one dispatch and attempt. PostgreSQL is led to the key, whatever it believes to know of a table that was
    filled a moment ago: the sum hides the index of what is in hand, which still holds all that was in hand since the
    last vacuum, and the range bounds what it looks through if it takes a dispatch of a million for one of four.
    """
    dispatch, attempt = claimed[0].dispatch, claimed[0].attempt
    ids = [c.subscriber for c in claimed]
    rows = _rows(
        f"{_MARK.format('%s')} WHERE dispatch_id = %s AND subscriber_id BETWEEN %s AND %s"
        f" AND subscriber_id IN ({', '.join(map(str, ids))}) AND attempt = %s AND state + 0 = 1 AND owner = %s"
        " RETURNING subscriber_id",
        [*_marked(outcome, at)[:-1], dispatch, min(ids), max(ids), attempt, claimed[0].owner],
    )
    return {(dispatch, subscriber) for (subscriber,) in rows}


def _marked(outcome: tuple[Any, ...], at: datetime | None) -> tuple[Any, ...]:
    state, reason, after_dot, next_try_at, counts, owner, version = outcome
    final = state not in (*_OPEN, Delivery.State.SENDING)
    return (
        int(state), reason[:500], after_dot, _moment(next_try_at), _moment(at if final else None), int(counts),
        owner if final else "", version, owner,
    )  # fmt: skip


def _keys(claimed: list[Claimed]) -> list[int]:
    return [part for c in claimed for part in (c.dispatch, c.subscriber, c.attempt)]


def _rows(statement: str, parameters: Iterable[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _write(statement: str, parameters: Iterable[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.rowcount)


def _by_the_queue() -> str:
    """SQLite would take the primary key, and walk through all of the dispatch that has been sent at each claim."""
    return " INDEXED BY notifier_delivery_pending" if connection.vendor == "sqlite" else ""


def _locking(table: str = "") -> str:
    if connection.vendor != "postgresql":
        return ""  # the transaction is IMMEDIATE: nobody else writes
    return f"FOR UPDATE {f'OF {table} ' if table else ''}SKIP LOCKED"


def _moment(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if value else None


def instant() -> datetime:
    """Now, by the database's clock; on SQLite that is this machine's."""
    if connection.vendor != "postgresql":
        return clock.machine()
    found: datetime = _rows("SELECT clock_timestamp()", [])[0][0]
    return found
