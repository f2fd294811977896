"""Corrections that leave at once: messages of their own, for those who get mail at once and those who watch.

A range of people is one dispatch, ready when it is made, in one transaction with the marks on what was due: killed
anywhere, the next look goes on with those who have none yet.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import connection

from feeds import store
from feeds.selection import Selection
from notifier import holds
from notifier.correcting import current
from notifier.models import Correction, Dispatch, Edition, EditionRelease, Interest
from notifier.planning import lock

RANGE = 10_000

# Who is to have it now, of those who are due: watchers unless they have paused, others if they get mail at once.
_NOW = """
FROM notifier_correctiondue u
JOIN notifier_subscriber s ON s.id = u.subscriber_id AND s.state = 'active'
WHERE u.correction_id = %(correction)s AND u.dispatch_id IS NULL AND {kind}
    AND CASE WHEN u.watching
        THEN NOT EXISTS (
            SELECT 1 FROM notifier_cadence c WHERE c.subscriber_id = u.subscriber_id AND c.paused_at IS NOT NULL
        )
        ELSE EXISTS (
            SELECT 1 FROM notifier_cadence c
            WHERE c.subscriber_id = u.subscriber_id AND c.frequency = 'instant' AND c.paused_at IS NULL
        )
    END
"""
_KINDS = "SELECT DISTINCT s.language, u.watching, u.interest_id " + _NOW
_FILL = (
    "INSERT INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, interest_id, lane)"
    " SELECT %(dispatch)s, u.subscriber_id, %(edition)s, u.interest_id, %(lane)s "
    + _NOW
    + " ORDER BY u.subscriber_id LIMIT %(limit)s"
)
_MARK = """
UPDATE notifier_correctiondue SET dispatch_id = %(dispatch)s
WHERE correction_id = %(correction)s AND dispatch_id IS NULL AND subscriber_id IN (
    SELECT d.subscriber_id FROM notifier_delivery d WHERE d.dispatch_id = %(dispatch)s
)
"""


def send(correction: Correction, now: datetime) -> int:
    """Dispatches for all who are to have it now; how many people that were."""
    total = 0
    while True:
        with lock.exclusive():
            done = _range(correction, now) if current.holds(correction) else 0
        if not done:
            return total
        total += done


def _range(correction: Correction, now: datetime) -> int:
    kinds = _rows(_KINDS.format(kind="1 = 1"), {"correction": correction.pk})
    if not kinds:
        return 0
    dispatch = Dispatch.objects.create(lane=Dispatch.Lane.ALERT, made_at=now, state=Dispatch.State.READY)
    room = RANGE
    for language, watching, interest in sorted(kinds, key=repr):
        edition = _edition(correction, dispatch, language, bool(watching), interest)
        kind = "s.language = %(language)s AND u.watching = %(watching)s"
        kind += " AND u.interest_id IS NULL" if interest is None else " AND u.interest_id = %(interest)s"
        values = {
            "correction": correction.pk, "dispatch": dispatch.pk, "edition": edition.pk, "lane": dispatch.lane,
            "language": language, "watching": bool(watching), "interest": interest, "limit": room,
        }  # fmt: skip
        room -= _execute(_FILL.format(kind=kind), values)
        if room <= 0:
            break
    holds.judge(dispatch, now)
    dispatch.save()
    return _execute(_MARK, {"dispatch": dispatch.pk, "correction": correction.pk})


def _edition(
    correction: Correction, dispatch: Dispatch, language: str, watching: bool, interest: int | None
) -> Edition:
    layout, content = _content(correction, watching, interest)
    canonical = json.dumps([layout, language, content], ensure_ascii=False, separators=(",", ":"))
    edition, _ = Edition.objects.get_or_create(
        dispatch=dispatch,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        defaults={"layout": layout, "language": language, "content": content},
    )
    EditionRelease.objects.get_or_create(
        edition=edition, release_id=correction.release_id, defaults={"group": current.group(correction)}
    )
    return edition


def _content(
    correction: Correction, watching: bool, interest: int | None
) -> tuple[str, list[dict[str, Any]]]:
    if correction.kind == Correction.Kind.RESTORED:
        return "alert", [new_to(correction, interest)]
    return "watch" if watching else "correction", [item(correction)]


def item(correction: Correction) -> dict[str, Any]:
    """What stands for a correction in an edition."""
    return {"release": correction.release_id, "correction": correction.pk, "kind": correction.kind}


def new_to(correction: Correction, interest: int | None) -> dict[str, Any]:
    """What stands in an edition for a release that is shown again: as new, with the reasons of who chose it."""
    releases = store.load([correction.release_id])
    chosen = None if interest is None else Interest.objects.filter(pk=interest).first()
    because: list[list[str]] = []
    if chosen is not None and correction.release_id in releases:
        facts = store.facts(releases[correction.release_id])
        because = [list(reason) for reason in Selection.from_json(chosen.selection).reasons(facts)]
    return {"release": correction.release_id, "because": because}


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
