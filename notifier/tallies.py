"""How dispatches came out, in sums: written when the last delivery has ended, and what is left of it years later.

    deliveries, all ended --count--> Tally (dispatch, edition, version, state: how many, first, last)
    older than LEDGER_DAYS --archive--> the deliveries are deleted: on PostgreSQL with their partition, once all in it
        is old; what has none, or must wait for it too long, and all on SQLite, some five thousand a transaction

Both may be run at any time, by anybody, any number of times; killed anywhere, the next run goes on. Whoever reads the
ledger takes the sums where `Dispatch.counted_at` is set, and must not ask for persons where `archived_at` is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Sum

from config import clock
from notifier import partitions, progress
from notifier.models import Delivery, Dispatch, Rendering, Tally

RANGE = 5_000
LETTERS = 500  # of one transaction
SECONDS = 60.0  # of one run, so that it keeps nothing waiting
_LETTER = Dispatch.Lane.LETTER
_OPEN = (Delivery.State.PENDING, Delivery.State.SENDING, Delivery.State.DEFERRED)


def count(now: datetime) -> int:
    """Write down how those dispatches came out that have ended; how many that were. Letters only when they go."""
    ended = [
        dispatch
        for dispatch in Dispatch.objects.filter(counted_at=None, lane__gt=_LETTER).order_by("pk")
        if not progress.is_open(dispatch)
    ]
    for dispatch in ended:
        _write([dispatch.pk], sums([dispatch.pk]), now)
    return len(ended)


def archive(now: datetime) -> int:
    """Delete the deliveries of dispatches that were made more than LEDGER_DAYS ago and have ended; how many. Bounded in
    time: the next run goes on.
    """
    before, until = now - timedelta(days=settings.LEDGER_DAYS), clock.ticks() + SECONDS
    partitions.prepare(now)
    gone, letters, at = _drop_parts(before, now, until), list[int](), -1
    parts = partitions.parts()
    while clock.ticks() < until and (found := _next(at)) is not None:
        at = found
        dispatch = Dispatch.objects.filter(pk=at).first()
        if dispatch is not None and dispatch.made_at >= before - _leeway(parts, at):
            break
        if dispatch is None or dispatch.archived_at:
            gone += _delete(at, until)
        elif progress.is_open(dispatch):
            continue
        elif dispatch.lane == _LETTER:
            letters.append(at)
            gone += _archive_letters(letters, now) if len(letters) == LETTERS else 0
        else:
            _close(dispatch, now)
            gone += _delete(at, until)
    return gone + _archive_letters(letters, now)


def _leeway(parts: Sequence[partitions.Part], dispatch: int) -> timedelta:
    """What is in a partition goes with it, a day later at most."""
    with_others = any(part.lower <= dispatch < part.upper for part in parts)
    return partitions.LEEWAY if with_others else timedelta()


def _drop_parts(before: datetime, now: datetime, until: float) -> int:
    """Close all dispatches of the oldest partitions and drop these, as long as all in them is old and has ended."""
    gone = 0
    for part in partitions.parts():
        if not _is_over(part, before):
            continue
        within = Dispatch.objects.filter(pk__gte=part.lower, pk__lt=part.upper, archived_at=None).order_by(
            "pk"
        )
        for dispatch in within.exclude(lane=_LETTER):
            if clock.ticks() >= until:
                return gone
            gone += _close(dispatch, now)
        letters = list(within.filter(lane=_LETTER).values_list("pk", flat=True))
        for first in range(0, len(letters), LETTERS):
            gone += _archive_letters(letters[first : first + LETTERS], now)
        if not partitions.drop(part):
            break
    return gone


def _is_over(part: partitions.Part, before: datetime) -> bool:
    """No dispatch is added to it, all are older than `before`, and nothing of them is to be sent."""
    after = Dispatch.objects.filter(pk__gte=part.upper)
    mine = Dispatch.objects.filter(pk__gte=part.lower, pk__lt=part.upper)
    if not after.exists() or mine.filter(made_at__gte=before).exists():
        return False
    rows = Delivery.objects.filter(dispatch_id__gte=part.lower, dispatch_id__lt=part.upper)
    return not any(rows.filter(state=state).exists() for state in _OPEN)


def of(ids: Collection[int]) -> dict[int, dict[str, int]]:
    """{dispatch: {state in lower case: how many}} of those that were counted."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Tally.objects.filter(dispatch__in=ids).values_list("dispatch_id", "state").annotate(n=Sum("count"))
    for dispatch, state, many in rows.order_by("dispatch_id", "state"):
        found[dispatch][Delivery.State(state).name.lower()] = many
    return found


def _next(after: int) -> int | None:
    """The next dispatch with deliveries: one look into the primary key, however many rows each has."""
    rest = Delivery.objects.filter(dispatch_id__gt=after).order_by("dispatch_id")
    return rest.values_list("dispatch_id", flat=True).first()


def sums(ids: Collection[int]) -> list[Tally]:
    """How the deliveries of these dispatches stand now, as rows that are not stored. Reads all deliveries of each."""
    rows = Delivery.objects.filter(dispatch_id__in=ids).values(
        "dispatch_id", "edition_id", "version", "state"
    )
    summed = rows.annotate(
        count=Count("subscriber_id"), first_at=Min("finished_at"), last_at=Max("finished_at")
    )
    return [Tally(**row) for row in summed.order_by("dispatch_id", "edition_id", "version", "state")]


def _write(ids: Collection[int], sums: Iterable[Tally], now: datetime, **more: datetime) -> None:
    with transaction.atomic():
        Tally.objects.filter(dispatch__in=ids).delete()
        Tally.objects.bulk_create(sums)
        Dispatch.objects.filter(pk__in=ids).update(counted_at=now, **more)


def _close(dispatch: Dispatch, now: datetime) -> int:
    """Count once more, as a late report may have changed a delivery; from here on the sums are all that counts. Returns
    how many deliveries that are.
    """
    counted = sums([dispatch.pk])
    _write([dispatch.pk], counted, now, archived_at=now)
    return sum(tally.count for tally in counted)


def _delete(dispatch: int, until: float) -> int:
    """Range by range, for as long as there is time."""
    gone, mine = 0, Delivery.objects.filter(dispatch_id=dispatch)
    while clock.ticks() < until:
        numbers = mine.order_by("subscriber_id").values_list("subscriber_id", flat=True)
        upto = numbers[RANGE - 1 : RANGE].first()
        some = mine if upto is None else mine.filter(subscriber_id__lte=upto)
        gone += some._raw_delete("default")
        if upto is None:
            break
    return gone


def _archive_letters(ids: list[int], now: datetime) -> int:
    """A letter is one delivery. What it said was one person's own, and goes with it."""
    if not ids:
        return 0
    counted = sums(ids)
    with transaction.atomic():
        _write(ids, counted, now, archived_at=now)
        Rendering.objects.filter(edition__dispatch__in=ids).delete()
        gone = Delivery.objects.filter(dispatch_id__in=ids)._raw_delete("default")
    ids.clear()
    return gone
