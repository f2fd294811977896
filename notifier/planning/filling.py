"""Step 2 of a run: deliveries from cadences, set-based, in ranges of subscribers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max

from notifier.models import Cadence, Delivery, Dispatch, Edition, Match, Particular
from notifier.planning import bulk, lock
from notifier.planning.drafting import EVER

IN_GRACE = "its grace is not over"
_EVERYBODY = 2**63 - 1

# Each cadence of the chain that is in the window, has a number in the range and gets something, by one of three
# statements: nearly everybody is of the first, and a join that suits all three takes three times as long. Who joined
# before the window gets what all of their kind get; who joined within it what is for their `since`; who has a row of
# Particular just that. No cadence is of two: buckets of Match do not overlap, and {others} leaves out the third sort.
# In order of subscribers, as the ledger's primary key is: random order costs twice the time. Two columns of one index
# bound the scan, and CROSS JOIN keeps SQLite to the order that is written.
_INSERT = "INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, interest_id, lane)"
_RANGE = "c.chain_id = %(chain)s AND c.subscriber_id > %(after)s AND c.subscriber_id <= %(to)s"
_IN_ORDER = "ORDER BY c.subscriber_id"
_SAME_KIND = "m.interest_id = c.interest_id AND m.minus_id = c.minus_id AND m.language = c.language"
_REGULAR = f"""
{_INSERT} SELECT %(dispatch)s, c.subscriber_id, m.edition_id, c.interest_id, %(lane)s
FROM notifier_cadence c CROSS JOIN {{kinds}} m
WHERE {_RANGE} AND c.paused_at IS NULL AND {{same}} AND c.joined_at < m.joined_to {{others}}
{_IN_ORDER}
"""
_JOINED_WITHIN = f"""
{_INSERT} SELECT %(dispatch)s, c.subscriber_id, m.edition_id, c.interest_id, %(lane)s
FROM notifier_cadence c CROSS JOIN notifier_match m
WHERE {_RANGE} AND c.paused_at IS NULL AND {_SAME_KIND} AND m.dispatch_id = %(dispatch)s AND m.joined_from > %(ever)s
    AND c.joined_at >= m.joined_from AND c.joined_at < m.joined_to
    AND c.since >= m.since_from AND c.since < m.since_to {{others}}
{_IN_ORDER}
"""
_APART = f"""
{_INSERT} SELECT %(dispatch)s, c.subscriber_id, p.edition_id, c.interest_id, %(lane)s
FROM notifier_particular p CROSS JOIN notifier_cadence c
WHERE {_RANGE} AND c.paused_at IS NULL AND c.joined_at < %(ends)s
    AND p.dispatch_id = %(dispatch)s AND p.subscriber_id = c.subscriber_id AND p.edition_id IS NOT NULL
{_IN_ORDER}
"""
_OTHERS = (
    "AND NOT EXISTS (SELECT 1 FROM notifier_particular p"
    " WHERE p.dispatch_id = %(dispatch)s AND p.subscriber_id = c.subscriber_id)"
)
_KINDS = (
    "SELECT interest_id, minus_id, language, joined_to, edition_id FROM notifier_match"
    " WHERE dispatch_id = %(dispatch)s AND joined_from = %(ever)s"
)
_AT_HAND = "planned_kinds"
_BITS = 28  # of a number of an interest where a kind is one number; beyond it, and 64 languages, a kind stays three


@dataclass(frozen=True, slots=True)
class Kinds:
    """What each kind gets in a dispatch, as `m` of a join; `same` is true where a cadence `c` is of the kind."""

    table: str = f"({_KINDS})"
    same: str = _SAME_KIND
    values: Mapping[str, Any] = field(default_factory=dict)


_AS_RECORDED = Kinds()


@contextmanager
def at_hand(dispatch_id: int) -> Iterator[Kinds]:
    """The kinds of a dispatch that is about to be filled, where the join finds them soonest; for `fill_range`.

    By one number for a kind: PostgreSQL hashes them by it, and SQLite looks it up in a small table of this connection.
    A dispatch's matches never change.
    """
    matches = Match.objects.filter(dispatch=dispatch_id, joined_from=EVER)
    languages = list(matches.values_list("language", flat=True).distinct()[:65])
    highest = matches.aggregate(interest=Max("interest_id"), minus=Max("minus_id"))
    fits = len(languages) <= 64 and max(highest["interest"] or 0, highest["minus"] or 0) < 1 << _BITS
    if not languages or not fits:
        yield _AS_RECORDED
        return
    values: dict[str, Any] = {f"language{n}": language for n, language in enumerate(languages)}
    numbered = f"SELECT {_number('k', len(languages))} AS kind, joined_to, edition_id FROM ({_KINDS}) k"
    same = f"m.kind = {_number('c', len(languages))}"
    if connection.vendor == "postgresql":
        yield Kinds(f"({numbered})", same, values)
        return
    with connection.cursor() as cursor:
        # One that a run broken off has left.
        cursor.execute(f"DROP TABLE IF EXISTS {_AT_HAND}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_AT_HAND}"
            " (kind integer PRIMARY KEY, joined_to datetime, edition_id integer)"
        )
        more = {"dispatch": dispatch_id, "ever": bulk.instant(EVER)}
        cursor.execute(f"INSERT INTO {_AT_HAND} {numbered} ORDER BY 1", values | more)
        yield Kinds(_AT_HAND, same, values)
        cursor.execute(f"DROP TABLE {_AT_HAND}")


def _number(table: str, languages: int) -> str:
    """The one number of a kind; NULL for a language that none of them has."""
    cases = " ".join(f"WHEN %(language{n})s THEN {n}" for n in range(languages))
    return f"(({table}.interest_id << {_BITS + 6}) + ({table}.minus_id << 6) + CASE {table}.language {cases} END)"


def fill_range(dispatch_id: int, size: int, kinds: Kinds = _AS_RECORDED) -> bool:
    """Deliveries for the next `size` subscribers of a dispatch, in one transaction; whether there are more.

    Does nothing for a dispatch that is filled already. `kinds`: from `at_hand`, if it was asked.
    """
    with lock.exclusive():
        _uncompiled()
        dispatch = Dispatch.objects.get(pk=dispatch_id)
        if dispatch.state != Dispatch.State.FILLING or dispatch.filled_to == _EVERYBODY:
            return False
        ahead = Cadence.objects.filter(
            chain=dispatch.chain_id, subscriber_id__gt=dispatch.filled_to, paused_at=None
        )
        last = (
            ahead.order_by("subscriber_id").values_list("subscriber_id", flat=True)[size - 1 : size].first()
        )
        to = _EVERYBODY if last is None else last
        _fill(dispatch, dispatch.filled_to, to, kinds)
        Dispatch.objects.filter(pk=dispatch_id).update(filled_to=to)
        return to != _EVERYBODY


def _uncompiled() -> None:
    """PostgreSQL expects more rows of this join than come, and would compile it each time: an eighth of its cost."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")


def hand_over(subscriber_id: int) -> None:
    """Give a person who is about to change what running dispatches hold for them as they are. Under the lock."""
    for running in Dispatch.objects.filter(state=Dispatch.State.FILLING):
        _fill(running, subscriber_id - 1, subscriber_id)


def _fill(dispatch: Dispatch, after: int, to: int, kinds: Kinds = _AS_RECORDED) -> None:
    values: dict[str, Any] = {
        "dispatch": dispatch.pk, "chain": dispatch.chain_id, "lane": dispatch.lane, "after": after, "to": to,
        "ever": bulk.instant(EVER), "ends": dispatch.ends_at and bulk.instant(dispatch.ends_at),
        **kinds.values,
    }  # fmt: skip
    insert, once = _insert(dispatch.pk, after, to)
    with connection.cursor() as cursor:
        for statement in _statements(dispatch.pk, kinds):
            cursor.execute(f"{insert} {statement} {once}", values)
    _defer(dispatch.pk, after, to)


def _insert(dispatch_id: int, after: int, to: int) -> tuple[str, str]:
    """How a statement begins and ends that leaves alone who changed meanwhile and has been handed their delivery.

    SQLite takes a third less time for OR IGNORE than for anything else, and it is the same where all columns are given
    and none can be refused. On PostgreSQL to be prepared makes each row cost half as much again, and it is rare.
    """
    if connection.vendor == "sqlite":
        return "INSERT OR IGNORE", ""
    mine = Delivery.objects.filter(dispatch_id=dispatch_id, subscriber_id__gt=after, subscriber_id__lte=to)
    return "INSERT", "ON CONFLICT DO NOTHING" if mine.exists() else ""


def _statements(dispatch_id: int, kinds: Kinds) -> Iterator[str]:
    """Those that have something to do in this dispatch."""
    apart = Particular.objects.filter(dispatch=dispatch_id).exists()
    others = _OTHERS if apart else ""
    yield _REGULAR.format(kinds=kinds.table, same=kinds.same, others=others)
    if Match.objects.filter(dispatch=dispatch_id, joined_from__gt=EVER).exists():
        yield _JOINED_WITHIN.format(others=others)
    if apart:
        yield _APART


def _defer(dispatch_id: int, after: int, to: int) -> None:
    """Deliveries of editions with grace wait for its end."""
    waiting = Edition.objects.filter(dispatch=dispatch_id, leaves_at__isnull=False)
    for edition, leaves_at in waiting.values_list("pk", "leaves_at"):
        Delivery.objects.filter(
            dispatch_id=dispatch_id, subscriber_id__gt=after, subscriber_id__lte=to, edition_id=edition,
            state=Delivery.State.PENDING,
        ).update(state=Delivery.State.DEFERRED, next_try_at=leaves_at, reason=IN_GRACE)  # fmt: skip
