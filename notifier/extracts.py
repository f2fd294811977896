"""Lists to take out: subscribers, suppressed addresses, the deliveries of a dispatch. By number; addresses only where
they are asked for, which whoever takes them out records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from config import exports
from config.exports import Row
from notifier import addresses
from notifier.models import Cadence, Delivery, Subscriber, Suppression

SUBSCRIBERS = (
    "number", "state", "language", "zone", "origin", "created_at", "confirmed_at", "left_at", "frequencies",
)  # fmt: skip
SUPPRESSIONS = ("number", "kind", "reason", "at", "expires_at")
DELIVERIES = (
    "dispatch", "subscriber", "edition", "state", "reason", "tries", "next_try_at", "finished_at", "may_have_arrived",
)  # fmt: skip
ADDRESS = "address"
_AT_ONCE = 500


def subscribers(*, with_address: bool = False) -> tuple[tuple[str, ...], Iterator[Row]]:
    """(columns, rows), in the order of their numbers. `frequencies`: "daily weekly"."""
    rows = exports.by_number(Subscriber.objects.all(), *SUBSCRIBERS[1:-1], "address")
    return _with(SUBSCRIBERS, with_address), _with_frequencies(rows, with_address)


def suppressions(*, with_address: bool = False) -> tuple[tuple[str, ...], Iterator[Row]]:
    rows = exports.by_number(Suppression.objects.all(), *SUPPRESSIONS[1:], "address")
    return _with(SUPPRESSIONS, with_address), (_numbered(row, with_address) for row in rows)


def deliveries(dispatch: int) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Of one dispatch, in the order of persons, who are numbers."""
    return DELIVERIES, _deliveries(dispatch)


def _deliveries(dispatch: int) -> Iterator[Row]:
    found, last = Delivery.objects.filter(dispatch_id=dispatch).order_by("subscriber_id"), 0
    while some := list(found.filter(subscriber_id__gt=last)[:_AT_ONCE]):
        for row in some:
            yield {
                "dispatch": row.dispatch_id, "subscriber": row.subscriber_id, "edition": row.edition_id,
                "state": Delivery.State(row.state).name.lower(), "reason": row.reason, "tries": row.attempt,
                "next_try_at": row.next_try_at, "finished_at": row.finished_at, "may_have_arrived": row.after_dot,
            }  # fmt: skip
        last = some[-1].subscriber_id


def _with_frequencies(rows: Iterable[Row], with_address: bool) -> Iterator[Row]:
    for some in _some(rows):
        chosen: dict[int, list[str]] = {}
        pairs = Cadence.objects.filter(subscriber_id__in=[row["pk"] for row in some])
        for person, frequency in pairs.order_by("pk").values_list("subscriber_id", "frequency"):
            chosen.setdefault(person, []).append(frequency)
        for row in some:
            yield {**_numbered(row, with_address), "frequencies": " ".join(chosen.get(row["pk"], []))}


def _some(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _numbered(row: Row, with_address: bool) -> dict[str, Any]:
    found = {**row, "number": row["pk"]}
    found[ADDRESS] = _address(bytes(row["address"])) if with_address else ""
    return found


def _address(sealed: bytes) -> str:
    try:
        return addresses.decrypt(sealed)
    except addresses.BadAddress as error:
        return f"({error})"


def _with(columns: tuple[str, ...], with_address: bool) -> tuple[str, ...]:
    return (columns[0], ADDRESS, *columns[1:]) if with_address else columns
