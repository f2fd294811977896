"""What people have had already, as the ledger knows it, and whose deliveries therefore need a look of their own.

For a digest that is to repeat what came at once, only what came in digests counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from feeds.models import Standing
from notifier.matching import Candidate, Hits
from notifier.models import Cadence, Delivery, Dispatch, EditionRelease
from notifier.planning import bulk
from notifier.planning.drafting import Matched
from notifier.planning.gathering import cadences
from notifier.planning.values import Kind, Person, Window

_CHUNK = 5_000
_COUNTS = [state.value for state in Delivery.State if state.name not in {"SUPPRESSED", "CANCELLED"}]

# The joins are written in the order in which they are to be made, and CROSS JOIN keeps SQLite to it. Few people, many
# dispatches: from their cadences into the ledger's primary key. Everybody: along the ledger, dispatch by dispatch, and
# with no other condition on the cadence, or SQLite leaves the index (chain, subscriber) for a worse one. What a
# withdrawal took out of an edition those have had who were sent an earlier version of it.
_HAD_BY_CARRYING = """
SELECT c.subscriber_id, e.release_id
FROM notifier_cadence c CROSS JOIN notifier_delivery d CROSS JOIN notifier_editionrelease e
WHERE c.chain_id = %(chain)s AND c.paused_at IS NULL AND c.joined_at >= %(from)s AND c.joined_at < %(to)s
    AND c.since < c.joined_at
    AND d.dispatch_id IN ({dispatches}) AND d.subscriber_id = c.subscriber_id AND d.state IN ({states})
    AND (d.lane = %(digest)s OR NOT c.repeat_alerts)
    AND e.edition_id = d.edition_id AND e.release_id IN ({releases})
    AND (e.until IS NULL OR d.version BETWEEN 1 AND e.until)
"""
_HAD_BY_ANYBODY = """
SELECT c.subscriber_id, e.release_id
FROM notifier_delivery d CROSS JOIN notifier_cadence c CROSS JOIN notifier_editionrelease e
WHERE d.dispatch_id IN ({dispatches}) AND d.state IN ({states})
    AND c.chain_id = %(chain)s AND c.subscriber_id = d.subscriber_id
    AND (d.lane = %(digest)s OR NOT c.repeat_alerts)
    AND e.edition_id = d.edition_id AND e.release_id IN ({releases})
    AND (e.until IS NULL OR d.version BETWEEN 1 AND e.until)
"""


def had(window: Window, matched: Matched, candidates: Iterable[Candidate]) -> dict[int, set[int]]:
    """Which of the matched groups people have had, by subscriber.

    Asked for those who carried something over when they joined within the window, about every group; and for everybody
    about groups that may have come otherwise: one of them was touched since it was announced, or was announced and is
    not before us: before the window, or after it (planned late: alerts are ahead of this digest), or withdrawn since.
    """
    different = set(matched.values())
    groups = {group for hits in different for group in hits.groups()}
    standings = Standing.objects.filter(group__in=groups).values_list("pk", "group", "announced_at")
    members = {release: group for release, group, _ in standings}
    present = {c.release for c in candidates if c.at >= window.starts_at}
    elsewhere = {group for release, group, at in standings if at is not None and release not in present}
    doubtful = elsewhere.union(*map(_doubtful, different))
    found: dict[int, set[int]] = defaultdict(set)
    if carrying(window).exists():
        _ask(_HAD_BY_CARRYING, window, members, found)
    _ask(_HAD_BY_ANYBODY, window, {pk: group for pk, group in members.items() if group in doubtful}, found)
    return found


def people(window: Window, had: Collection[int]) -> list[Person]:
    """Those who may get something else than their kind: who carried something over, and who `had` something."""
    found = {cadence.subscriber_id: _person(cadence) for cadence in carrying(window)}
    others = sorted(subscriber for subscriber in had if subscriber not in found)
    for first in range(0, len(others), _CHUNK):
        for cadence in cadences(window).filter(subscriber__in=others[first : first + _CHUNK]):
            found[cadence.subscriber_id] = _person(cadence)
    return [found[subscriber] for subscriber in sorted(found)]


def carrying(window: Window) -> QuerySet[Cadence]:
    """Cadences that joined within the window and are owed something from before."""
    return cadences(window).filter(joined_at__gte=_earliest(window), since__lt=F("joined_at"))


def _doubtful(hits: Hits) -> set[int]:
    return {
        hit.candidate.group
        for hit in hits.found
        if hit.candidate.before is not None or not hit.candidate.steady
    }


def _ask(statement: str, window: Window, members: Mapping[int, int], found: dict[int, set[int]]) -> None:
    """Add to `found` who had which of `members` (release -> group)."""
    dispatches = _dispatches_with(members)
    if not dispatches:
        return
    values: dict[str, Any] = {
        "chain": window.chain_id,
        "digest": Dispatch.Lane.DIGEST.value,
        "from": bulk.instant(_earliest(window)),
        "to": bulk.instant(window.ends_at),
    }
    marks = {
        "dispatches": _marks("d", dispatches, values),
        "states": _marks("s", _COUNTS, values),
        "releases": _marks("r", list(members), values),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**marks), values)
        for subscriber, release in cursor.fetchall():
            found[subscriber].add(members[release])


def _dispatches_with(members: Mapping[int, int]) -> list[int]:
    """The dispatches that hold one of these releases, whatever group it was of then."""
    rows = EditionRelease.objects.filter(group__in={*members, *members.values()}, release_id__in=members)
    return list(rows.values_list("edition__dispatch", flat=True).distinct())


def _marks(name: str, items: Sequence[object], values: dict[str, Any]) -> str:
    """Placeholders for a list, whose values join `values`."""
    values |= {f"{name}{number}": item for number, item in enumerate(items)}
    return ", ".join(f"%({name}{number})s" for number in range(len(items)))


def _earliest(window: Window) -> datetime:
    return min([window.starts_at, *window.settled.values()])


def _person(cadence: Cadence) -> Person:
    kind = Kind(cadence.interest_id, cadence.minus_id, cadence.language)
    return Person(cadence.subscriber_id, kind, cadence.since, cadence.joined_at)
