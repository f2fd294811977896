"""What waits, and when it will be done: the queue by dispatch, by lane and by domain. Reads only, and cheaply.

By the queue's partial indexes, so that what has ended costs nothing; what many pages ask for is asked of the database
once in some seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db import connection

from config import clock
from notifier import pace
from notifier.models import Canary, Delivery, Dispatch

T = TypeVar("T")
State = Delivery.State
FRESH = 5  # seconds that a count is good for
SLOWLY = 30
SAMPLE = 20_000
TOP = 5
OTHERS = "others"
STEP = 500

# States as numbers: SQLite takes a partial index only for a condition it can read. The signs keep it from the primary
# key, along which it would read all that has ended.
_OPEN = """
SELECT dispatch_id, 0, COUNT(*) FROM notifier_delivery WHERE state = 0 GROUP BY lane, dispatch_id
UNION ALL SELECT +dispatch_id, 1, COUNT(*) FROM notifier_delivery WHERE state = 1 GROUP BY +dispatch_id
UNION ALL SELECT +dispatch_id, 2, COUNT(*) FROM notifier_delivery WHERE state = 2 GROUP BY +dispatch_id
"""
_ANYTHING = """
SELECT 1 FROM notifier_delivery WHERE state = 0 AND lane = %(lane)s
    AND dispatch_id BETWEEN %(dispatch)s AND %(dispatch)s
UNION ALL SELECT 1 FROM notifier_delivery WHERE state = 1 AND +dispatch_id = %(dispatch)s
UNION ALL SELECT 1 FROM notifier_delivery WHERE state = 2 AND +dispatch_id = %(dispatch)s
LIMIT 1
"""
_DOMAINS = """
SELECT s.domain, COUNT(*) FROM (
    SELECT subscriber_id FROM notifier_delivery WHERE state = {state} ORDER BY {order} LIMIT {sample}
) q JOIN notifier_subscriber s ON s.id = q.subscriber_id GROUP BY s.domain ORDER BY 2 DESC, 1
"""
_PUT_OFF = """
SELECT reason, COUNT(*) FROM (
    SELECT reason FROM notifier_delivery WHERE state = 2 AND subscriber_id > 0 ORDER BY next_try_at LIMIT {sample}
) q WHERE reason <> '' GROUP BY reason ORDER BY 2 DESC, 1 LIMIT {top}
"""


@dataclass(frozen=True, slots=True)
class Open:
    """What of a dispatch has not ended. `ahead`: pending ones of others that leave before its last."""

    lane: int
    pending: int = 0
    sending: int = 0
    deferred: int = 0
    ahead: int = 0
    held: bool = False

    @property
    def messages(self) -> int:
        return self.pending + self.sending + self.deferred


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole of it, and how fast it goes (messages a second, now)."""

    dispatches: Mapping[int, Open] = field(default_factory=dict)
    rate: float = 0.0

    def lanes(self) -> dict[tuple[str, str], int]:
        """{(state, lane), in lower case: messages}, none left out."""
        found = {
            (state, lane.name.lower()): 0
            for state in ("pending", "sending", "deferred")
            for lane in Dispatch.Lane
        }
        for one in self.dispatches.values():
            lane = Dispatch.Lane(one.lane).name.lower()
            for state in ("pending", "sending", "deferred"):
                found[state, lane] += getattr(one, state)
        return found

    def leaving(self) -> int:
        """What is sent without anybody's doing, and is due."""
        return sum(one.pending + one.sending for one in self.dispatches.values() if not one.held)

    def ends(self, dispatch: int, now: datetime) -> datetime | None:
        """When the last of it leaves at the present rate, but for what was put off; None if nobody can say."""
        one = self.dispatches.get(dispatch)
        if one is None or one.held or not one.pending or self.rate <= 0:
            return None
        return now + timedelta(seconds=(one.ahead + one.pending) / self.rate)


def queue() -> Queue:
    """As it was a few seconds ago at most."""
    return kept("queue", FRESH, measure)


def measure() -> Queue:
    """As it is now."""
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for dispatch, state, many in _rows(_OPEN):
        counts[dispatch][state] = many
    facts = _facts(sorted(counts))
    found, ahead = {}, 0
    for dispatch in sorted(facts, key=lambda pk: (facts[pk][0], pk)):
        (lane, held), mine = facts[dispatch], counts[dispatch]
        found[dispatch] = Open(
            lane,
            mine.get(State.PENDING, 0),
            mine.get(State.SENDING, 0),
            mine.get(State.DEFERRED, 0),
            ahead,
            held,
        )
        ahead += 0 if held else found[dispatch].pending
    return Queue(found, pace.workers(clock.machine()).now)


def counted(dispatch: int) -> dict[str, int]:
    """Deliveries by state of one that has not been counted for good; as it was a few seconds ago at most."""
    return kept(f"dispatch-{dispatch}", FRESH, lambda: count(dispatch))


def count(dispatch: int) -> dict[str, int]:
    """The same, now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, COUNT(*) FROM notifier_delivery WHERE dispatch_id = %s GROUP BY state ORDER BY state",
            [dispatch],
        )
        return {State(state).name.lower(): many for state, many in cursor.fetchall()}


def is_open(dispatch: Dispatch) -> bool:
    """Whether anything of it is still to be sent. By the queue's indexes: a million finished rows cost nothing."""
    if dispatch.state == Dispatch.State.FILLING:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING, {"dispatch": dispatch.pk, "lane": dispatch.lane})
        return cursor.fetchone() is not None


def domains() -> list[tuple[str, int, int]]:
    """(domain, pending, put off) of the most frequent among the next twenty thousand of each, and of "others"."""
    return kept("domains", SLOWLY, _domains)


def put_off() -> list[tuple[str, int]]:
    """Why what was put off was put off, the most frequent reasons first, among the next twenty thousand."""
    return kept("put-off", SLOWLY, lambda: _rows(_PUT_OFF.format(sample=SAMPLE, top=TOP)))


def _facts(ids: list[int]) -> dict[int, tuple[int, bool]]:
    found: dict[int, tuple[int, bool]] = {}
    for first in range(0, len(ids), STEP):
        rows = Dispatch.objects.filter(pk__in=ids[first : first + STEP]).exclude(pk__in=Canary.dispatches())
        found |= {pk: (lane, held) for pk, lane, held in rows.values_list("pk", "lane", "held")}
    return found


def _domains() -> list[tuple[str, int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, (state, order) in enumerate(((0, "lane, dispatch_id, subscriber_id"), (2, "next_try_at"))):
        for domain, many in _rows(_DOMAINS.format(state=state, order=order, sample=SAMPLE)):
            found[domain][place] += many
    ranked = sorted(found.items(), key=lambda item: (-sum(item[1]), item[0]))
    shown = [(domain, pending, deferred) for domain, (pending, deferred) in ranked[:TOP]]
    if rest := ranked[TOP:]:
        shown.append((OTHERS, sum(n[0] for _, n in rest), sum(n[1] for _, n in rest)))
    return shown


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def kept(name: str, seconds: int, ask: Callable[[], T]) -> T:
    """What `ask` said at most `seconds` ago."""
    return cast(T, cache.get_or_set(f"herald-{name}", ask, seconds))
