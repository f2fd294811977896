"""The ledger's partitions on PostgreSQL: about a day of dispatches each, dropped whole when retention is through.

    notifier_delivery_<lower>   dispatches [lower, upper), always one made ahead of the dispatch that comes next
    notifier_delivery_rest      what no other takes: what came by a copy, or before there were any

Rows that lie in the rest become a partition as they are. To make and to drop one locks the ledger for some
milliseconds; where that cannot be had within a second it is left to the next run. On SQLite there are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction

from config import clock
from notifier.models import Dispatch

log = structlog.stdlib.get_logger(__name__)
LEDGER, REST = "notifier_delivery", "notifier_delivery_rest"
DAY = timedelta(days=1)
LEEWAY = DAY
"""How much longer than LEDGER_DAYS a delivery may wait for the end of its partition; then it is deleted by itself."""

VACUUM = (
    "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_cost_limit = 2000"
)
# Dispatches of a partition: without a past, and however few or many come in a day.
FIRST, LEAST, MOST = 100, 10, 1_000_000
PATIENCE = "1s"
LOOK_BACK = 1_000  # dispatches, from which it is reckoned how many come in a day
FLOOR_SECONDS = 60.0
_LOCK = 0x5061727473  # "Parts", for PostgreSQL's advisory locks
_BOUNDS = re.compile(r"FROM \('(\d+)'\) TO \('(\d+)'\)")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """The partition of dispatches [lower, upper)."""

    lower: int
    upper: int
    name: str


def parts() -> list[Part]:
    """Those with bounds, in order."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_get_expr(relpartbound, pg_class.oid) FROM pg_inherits"
            " JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %s::regclass",
            [LEDGER],
        )
        rows = cursor.fetchall()
    found = [(name, match) for name, bounds in rows if (match := _BOUNDS.search(bounds))]
    return sorted(Part(int(match[1]), int(match[2]), name) for name, match in found)


def leeway() -> timedelta:
    """How much longer than LEDGER_DAYS deliveries may be kept by this database."""
    return LEEWAY if connection.vendor == "postgresql" else timedelta()


class _Floor:
    """What was found, and until when that is good."""

    def __init__(self) -> None:
        self.found, self.until = 0, float("-inf")


_floor = _Floor()


def floor() -> int:
    """No dispatch below has anything that is to be sent, or is being sent; 0 where there are no partitions.

    A statement that names it is planned for the newest partitions alone: to plan for five weeks of them takes longer
    than a claim. It is looked up once in a minute, so what is put back below it is found within that time.
    """
    if connection.vendor != "postgresql":
        return 0
    if clock.ticks() >= _floor.until:
        _floor.found = _lowest_open()
        _floor.until = clock.ticks() + FLOOR_SECONDS
    return _floor.found


def forget() -> None:
    """For who turns to another database: what `floor` found was of the one before."""
    _floor.until = float("-inf")


def prepare(now: datetime) -> list[Part]:
    """Make what is needed for the dispatches of the next day; returns what was made. Nothing, while somebody reads the
    ledger for longer than we wait: what finds no partition lies in the rest until then.
    """
    if connection.vendor != "postgresql" or not _are_wanted(now):
        return []
    try:
        with _briefly() as granted:
            made = _prepared(now) if granted else []
    except OperationalError as error:
        log.info("no partition could be made, and will be", error=str(error))
        return []
    if made:
        _analyse()
    return made


def _prepared(now: datetime) -> list[Part]:
    with connection.cursor() as cursor:
        # From here on whoever is given a higher number finds the partition made for it.
        cursor.execute(f"LOCK TABLE {REST} IN ACCESS EXCLUSIVE MODE")
    made = _keep_the_rest()
    end, wanted = _end(), _wanted(now)
    while end < wanted.upper:
        made.append(_make(end, end + wanted.width))
        end = made[-1].upper
    return made


def drop(part: Part) -> bool:
    """Its deliveries are gone. False: somebody reads them for longer than we wait, as a backup does."""
    try:
        with _briefly() as granted:
            if granted:
                with connection.cursor() as cursor:
                    cursor.execute(f'DROP TABLE "{part.name}"')
            return granted
    except OperationalError as error:
        log.info("a partition could not be dropped, and will be", partition=part.name, error=str(error))
        return False


def _lowest_open() -> int:
    """Where the oldest partition begins that has something open; the last two that dispatches belong to always count,
    as deliveries may just be written. What is open in the rest counts, too.
    """
    upcoming = _next()
    begun = [part for part in parts() if part.lower <= upcoming]
    if not begun:
        return 0
    counted = next((part.lower for part in begun[:-2] if _is_open(part)), None)
    lowest = (begun[-2:][0].lower, counted, _lowest_in_the_rest())
    return min(number for number in lowest if number is not None)


def _lowest_in_the_rest() -> int | None:
    lowest = (f"(SELECT MIN(dispatch_id) FROM {REST} WHERE state = {state})" for state in (0, 1, 2))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT LEAST({', '.join(lowest)})")
        found: int | None = cursor.fetchone()[0]
        return found


def _is_open(part: Part) -> bool:
    bounds = f"dispatch_id >= {part.lower} AND dispatch_id < {part.upper}"
    asked = (f"EXISTS (SELECT 1 FROM {LEDGER} WHERE state = {state} AND {bounds})" for state in (0, 1, 2))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' OR '.join(asked)}")
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Wanted:
    width: int
    upper: int


def _wanted(now: datetime) -> _Wanted:
    """How many dispatches come in a day, going by the last thousand or all, and up to which number there should be
    room.
    """
    last, width = _next() - 1, FIRST
    rows = Dispatch.objects.values_list("pk", "made_at")
    past = rows.filter(pk__lte=last - LOOK_BACK).order_by("-pk").first() or rows.order_by("pk").first()
    if past is not None and now - past[1] > DAY:
        width = min(max(round((last - past[0]) * (DAY / (now - past[1]))), LEAST), MOST)
    return _Wanted(width, last + width + 1)


def _are_wanted(now: datetime) -> bool:
    found = parts()
    return not found or found[-1].upper < _wanted(now).upper


def _end() -> int:
    """Where the next partition begins."""
    found = parts()
    return max(found[-1].upper if found else 0, _next())


def _next() -> int:
    """The number that the next dispatch gets, or a lower one that is in use: asked of the sequence, as a transaction
    may not have ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence('notifier_dispatch', 'id')")
        cursor.execute(f"SELECT last_value + is_called::int FROM {cursor.fetchone()[0]}")
        return int(cursor.fetchone()[0])


def _keep_the_rest() -> list[Part]:
    """What lies in the rest becomes a partition as it is, if it is not older than those there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT dispatch_id FROM {REST} ORDER BY dispatch_id LIMIT 1),"
            f" (SELECT dispatch_id FROM {REST} ORDER BY dispatch_id DESC LIMIT 1)"
        )
        lowest, highest = cursor.fetchone()
        found = parts()
        if lowest is None or (found and lowest < found[-1].upper):
            return []
        part = _part(lowest, max(highest + 1, _next()))
        cursor.execute(f"ALTER TABLE {LEDGER} DETACH PARTITION {REST}")
        cursor.execute(f'ALTER TABLE {REST} RENAME TO "{part.name}"')
        cursor.execute(f'ALTER TABLE {LEDGER} ATTACH PARTITION "{part.name}" {_values(part)}')
        cursor.execute(f"CREATE TABLE {REST} PARTITION OF {LEDGER} DEFAULT WITH ({VACUUM})")
    return [part]


def _make(lower: int, upper: int) -> Part:
    part = _part(lower, upper)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{part.name}" PARTITION OF {LEDGER} {_values(part)} WITH ({VACUUM})')
    return part


def _part(lower: int, upper: int) -> Part:
    return Part(lower, upper, f"{LEDGER}_{lower}")


def _values(part: Part) -> str:
    return f"FOR VALUES FROM ({part.lower}) TO ({part.upper})"


def _analyse() -> None:
    """Autovacuum looks at partitions alone, and a plan over all of them goes by what is known of the whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {LEDGER}")


@contextmanager
def _briefly() -> Iterator[bool]:
    """A transaction that waits for no lock longer than a second, as all others would wait behind it; False: another
    scheduler is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        yield bool(cursor.fetchone()[0])
