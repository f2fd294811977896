"""Whom a correction is for, from the ledger: set-based, in ranges of subscribers, and repeated without harm.

What a person has received is the version of the edition that the ledger names (`Delivery.version`), and in it the text
that was rendered (`EditionText`). A message that is on its way while we look is found when we look again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from feeds.models import Standing
from notifier import withdrawals
from notifier.correcting import current
from notifier.models import Correction, CorrectionDue, Delivery, EditionRelease, EditionText

RANGE = 20_000
_INSERT = """
INSERT INTO notifier_correctiondue (correction_id, subscriber_id, watching, interest_id)
SELECT %(correction)s, d.subscriber_id, {false}, {interest}
{people} ON CONFLICT DO NOTHING
"""
# Along the ledger's primary key; CROSS JOIN keeps SQLite to that order.
_RECEIVED = """
FROM notifier_delivery d CROSS JOIN notifier_editiontext t
WHERE d.dispatch_id = %(dispatch)s AND d.subscriber_id > %(after)s AND d.subscriber_id <= %(upto)s
    AND t.edition_id = d.edition_id AND t.version = d.version
    AND t.release_id = %(release)s AND t.fingerprint NOT IN ({right})
"""
_MISSED = """
FROM notifier_delivery d CROSS JOIN notifier_editionrelease e
WHERE d.dispatch_id = %(dispatch)s AND d.subscriber_id > %(after)s AND d.subscriber_id <= %(upto)s
    AND e.edition_id = d.edition_id AND e.release_id = %(release)s AND e.until IS NOT NULL
    AND NOT d.version BETWEEN 1 AND e.until
    AND (d.state IN (0, 2, 3) OR (d.state = 6 AND d.reason = %(reason)s))
    AND NOT EXISTS (
        SELECT 1 FROM notifier_delivery o CROSS JOIN notifier_editionrelease h
        WHERE o.dispatch_id IN ({dispatches}) AND o.subscriber_id = d.subscriber_id AND o.state IN (0, 1, 2, 3, 4)
            AND h.edition_id = o.edition_id AND h.release_id IN ({members})
            AND (h.until IS NULL OR o.version BETWEEN 1 AND h.until)
    )
"""
_REACH = """
SELECT count(DISTINCT s.id), count(DISTINCT CASE WHEN c.id IS NOT NULL THEN s.id END)
FROM notifier_delivery d CROSS JOIN notifier_editiontext t
JOIN notifier_subscriber s ON s.id = d.subscriber_id AND s.state = 'active'
LEFT JOIN notifier_cadence c ON c.subscriber_id = s.id AND c.frequency = 'instant' AND c.paused_at IS NULL
WHERE d.dispatch_id IN (
        SELECT e.dispatch_id FROM notifier_editiontext x JOIN notifier_edition e ON e.id = x.edition_id
        WHERE x.release_id = %(release)s AND x.fingerprint NOT IN ({right})
    )
    AND t.edition_id = d.edition_id AND t.version = d.version
    AND t.release_id = %(release)s AND t.fingerprint NOT IN ({right})
"""
# Who is told already for another reason stays as they are; whoever has not been told yet is told at once now.
_WATCHING = """
INSERT INTO notifier_correctiondue (correction_id, subscriber_id, watching)
SELECT %s, w.subscriber_id, {true} FROM notifier_watch w
WHERE w.release_id = %s AND w.ended_at IS NULL AND w.until > %s AND w.created_at < %s
ON CONFLICT (correction_id, subscriber_id) DO UPDATE SET watching = {true}
    WHERE notifier_correctiondue.dispatch_id IS NULL
"""


_ARCHIVED = """
SELECT coalesce(sum(y.count), 0)
FROM notifier_editiontext t JOIN notifier_edition e ON e.id = t.edition_id
JOIN notifier_dispatch r ON r.id = e.dispatch_id AND r.archived_at IS NOT NULL
JOIN notifier_tally y ON y.dispatch_id = e.dispatch_id AND y.edition_id = t.edition_id AND y.version = t.version
WHERE t.release_id = %(release)s AND t.fingerprint NOT IN ({right})
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people have received another text, and are still subscribed; `at_once` of them get their mail so.

    `archived`: messages with another text that left so long ago that nobody knows any more to whom.
    """

    people: int
    at_once: int
    archived: int = 0


def reach(release_id: int, right: Sequence[str]) -> Reach:
    """Whom a correction would reach. `right`: fingerprints of the right text; "" alone if none is. Reads only."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"release": release_id, **_named(right)}
        places = _places(right)
        cursor.execute(_REACH.format(right=places), values)
        people, at_once = cursor.fetchone()
        cursor.execute(_ARCHIVED.format(right=places), values)
        archived = int(cursor.fetchone()[0])
    return Reach(people, at_once, archived)


def gather(correction: Correction) -> None:
    """Note everybody whom the correction is for and who is not noted yet."""
    if correction.kind == Correction.Kind.RESTORED:
        _gather(correction, *_missed(correction))
    elif correction.notify:
        texts = EditionText.objects.filter(release_id=correction.release_id)
        right = _right(correction)
        received = texts.exclude(fingerprint__in=right)
        people = _RECEIVED.format(right=_places(right))
        _gather(correction, _dispatches(received), _INSERT.format(people=people, interest="NULL", **_words()))


def watchers(correction: Correction, changed_at: datetime, now: datetime) -> None:
    """Note those who watch the release since before it changed, and drop what they were still to be told before."""
    older = CorrectionDue.objects.filter(
        correction__release_id=correction.release_id, correction__number__lt=correction.number
    )
    older.filter(watching=True, dispatch_id=None).delete()
    instants = [connection.ops.adapt_datetimefield_value(at) for at in (now, changed_at)]
    _execute(_WATCHING.format(**_words()), [correction.pk, correction.release_id, *instants])


def _ranges(dispatch: int) -> Iterator[tuple[int, int]]:
    """Some twenty thousand deliveries each: (after, upto) in numbers of subscribers."""
    after = -1
    while True:
        ahead = Delivery.objects.filter(dispatch_id=dispatch, subscriber_id__gt=after).order_by(
            "subscriber_id"
        )
        upto = ahead.values_list("subscriber_id", flat=True)[RANGE - 1 : RANGE].first()
        yield after, 2**63 - 1 if upto is None else upto
        if upto is None:
            return
        after = upto


def _missed(correction: Correction) -> tuple[list[int], str]:
    """The dispatches out of which the release was taken, and the statement for each."""
    group = current.group(correction)
    members = {*Standing.objects.filter(group=group).values_list("pk", flat=True), correction.release_id}
    of_group = EditionRelease.objects.filter(group__in={*members, group}, release_id__in=members)
    people = _MISSED.format(
        dispatches=", ".join(map(str, _dispatches(of_group))) or "NULL",
        members=", ".join(map(str, sorted(members))),
    )
    taken_out = of_group.filter(release_id=correction.release_id).exclude(until=None)
    return _dispatches(taken_out), _INSERT.format(people=people, interest="d.interest_id", **_words())


def _dispatches(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("edition__dispatch").values_list("edition__dispatch", flat=True).distinct())


def _gather(correction: Correction, dispatches: list[int], statement: str) -> None:
    values = {
        "correction": correction.pk,
        "release": correction.release_id,
        **_named(_right(correction)),
        "reason": withdrawals.REASON,
    }
    for dispatch in dispatches:
        for after, upto in _ranges(dispatch):
            _execute(statement, {**values, "dispatch": dispatch, "after": after, "upto": upto})


def _right(correction: Correction) -> list[str]:
    return [correction.fingerprint, *correction.likewise]


def _places(right: Sequence[str]) -> str:
    return ", ".join(f"%({name})s" for name in _named(right))


def _named(right: Sequence[str]) -> dict[str, str]:
    return {f"right_{number}": fingerprint for number, fingerprint in enumerate(right)}


def _execute(statement: str, values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _words() -> dict[str, str]:
    """How this database writes truth."""
    return (
        {"true": "TRUE", "false": "FALSE"}
        if connection.vendor == "postgresql"
        else {"true": "1", "false": "0"}
    )
