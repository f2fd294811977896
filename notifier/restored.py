"""What an operator decides about a database that was restored or copied: what it holds, and what of it may leave.

    stopped by notifier.lineage -> waiting(now): shown -> release(…): some of it cancelled or held, the rest leaves

Instants are aware, UTC; `actor` and `way` as in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from notifier import channel, erasures, holds, ledger, lineage, progress
from notifier.dispatches import Board
from notifier.models import Dispatch

CANCELLED = "cancelled after a restore"
HELD = "after a restore"
_LETTER = Dispatch.Lane.LETTER


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one dispatch that have not left; of all letters together, `dispatch` is None.

    `since`: when it was made, or its window ended; of letters, when the oldest was made.
    """

    dispatch: int | None
    what: str
    since: datetime
    messages: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """How many messages were cancelled, and how many dispatches held."""

    cancelled: int
    held: int


def waiting(now: datetime) -> list[Waiting]:
    """What would leave, the letters first, then the oldest. Reads only."""
    everything = list(_open())
    letters = [(dispatch, count) for dispatch, count in everything if dispatch.lane == _LETTER]
    others = [(dispatch, count) for dispatch, count in everything if dispatch.lane != _LETTER]
    board = Board([dispatch for dispatch, _ in others], now)
    found = [
        Waiting(dispatch.pk, board.what(dispatch), due(dispatch), count, held=dispatch.held)
        for dispatch, count in others
    ]
    found.sort(key=lambda one: (one.since, one.dispatch))
    if letters:
        oldest = min(dispatch.made_at for dispatch, _ in letters)
        found.insert(0, Waiting(None, "letters", oldest, sum(count for _, count in letters)))
    return found


def due(dispatch: Dispatch) -> datetime:
    """Since when it was to leave. A run made late is as old as its window, which may have been sent before."""
    return min(dispatch.made_at, dispatch.ends_at or dispatch.made_at)


def release(
    actor: str, way: str, now: datetime, *, before: datetime | None = None, only_letters: bool = False
) -> Released:
    """Let mail leave from this database, here, from now on: without what was due `before` an instant, which is
    cancelled, and with all but letters held if `only_letters`. Killed in between, nothing has left yet.
    """
    erasures.replay(now)
    cancelled = held = 0
    for dispatch, _ in list(_open()):
        if before is not None and due(dispatch) < before:
            cancelled += _cancel(dispatch, actor, way, now)
        elif only_letters and dispatch.lane != _LETTER and not dispatch.held:
            holds.hold(dispatch.pk, actor, way, HELD, now)
            held += 1
    with transaction.atomic():
        lineage.adopt()
        channel.resume(actor, way, now)
    return Released(cancelled, held)


def age(since: datetime, now: datetime) -> str:
    """ "3 days", "5 hours", "2 minutes" """
    passed = max(now - since, timedelta())
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if (many := passed // size) >= 1:
            return f"{many} {unit}{'s' if many > 1 else ''}"
    many = passed // timedelta(minutes=1)
    return f"{many} minute{'' if many == 1 else 's'}"


def _cancel(dispatch: Dispatch, actor: str, way: str, now: datetime) -> int:
    if dispatch.lane == _LETTER:
        return ledger.cancel(dispatch.pk, None, CANCELLED, now)
    return holds.cancel(dispatch.pk, actor, way, now)


def _open() -> Iterator[tuple[Dispatch, int]]:
    """Dispatches of which something has not ended, with how much. A cancelled one is over, whatever came back of it."""
    counts = {pk: one.messages for pk, one in progress.measure().dispatches.items()}
    ids = sorted(counts)
    for first in range(0, len(ids), 500):
        some = Dispatch.objects.filter(pk__in=ids[first : first + 500], cancelled_at=None)
        for dispatch in some.select_related("chain").order_by("pk"):
            yield dispatch, counts[dispatch.pk]
