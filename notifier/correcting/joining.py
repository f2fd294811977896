"""Corrections in a digest: whoever has one due gets it in the next digest there is, which may hold nothing else.

Called by the planner in the transaction that writes a run down. These people are planned apart (`Particular`): what
they get else is what their kind gets, or what was planned for them apart already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from notifier.correcting import current, dispatching
from notifier.models import (
    Cadence,
    Correction,
    CorrectionDue,
    Dispatch,
    Edition,
    EditionRelease,
    Frequency,
)

# Those in this run who have something due and get no mail at once, with the edition they would get without it.
# CROSS JOIN keeps SQLite from going through all people of the run for the few of them.
_DUE = """
SELECT u.subscriber_id, c.interest_id, c.language, CASE WHEN p.id IS NULL THEN m.edition_id ELSE p.edition_id END,
    u.correction_id, u.interest_id
FROM notifier_correctiondue u CROSS JOIN notifier_dispatch r CROSS JOIN notifier_cadence c
LEFT JOIN notifier_particular p ON p.dispatch_id = r.id AND p.subscriber_id = c.subscriber_id
LEFT JOIN notifier_match m
    ON m.dispatch_id = r.id AND m.interest_id = c.interest_id AND m.minus_id = c.minus_id AND m.language = c.language
    AND c.joined_at >= m.joined_from AND c.joined_at < m.joined_to
    AND c.since >= m.since_from AND c.since < m.since_to
WHERE r.id = %(dispatch)s AND c.subscriber_id = u.subscriber_id AND c.chain_id = r.chain_id
    AND u.correction_id IN ({corrections}) AND u.dispatch_id IS NULL AND u.watching = %(watching)s
    AND c.paused_at IS NULL AND c.joined_at < r.ends_at
    AND NOT EXISTS (
        SELECT 1 FROM notifier_cadence i
        WHERE i.subscriber_id = u.subscriber_id AND i.frequency = 'instant' AND i.paused_at IS NULL
    )
ORDER BY u.subscriber_id, u.correction_id
"""

_APART = """
INSERT INTO notifier_particular (dispatch_id, subscriber_id, interest_id, edition_id) VALUES (%s, %s, %s, %s)
ON CONFLICT (dispatch_id, subscriber_id) DO UPDATE SET edition_id = excluded.edition_id
"""

# All of them at once: whoever is planned apart here and has something due that is for a digest has just been given it.
_MARK = """
UPDATE notifier_correctiondue SET dispatch_id = %(dispatch)s
WHERE correction_id IN ({corrections}) AND dispatch_id IS NULL AND watching = %(watching)s
    AND EXISTS (
        SELECT 1 FROM notifier_particular p
        WHERE p.dispatch_id = %(dispatch)s AND p.subscriber_id = notifier_correctiondue.subscriber_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM notifier_cadence i
        WHERE i.subscriber_id = notifier_correctiondue.subscriber_id AND i.frequency = 'instant'
            AND i.paused_at IS NULL
    )
"""


@dataclass(slots=True)
class _Editions:
    """The editions of a run with corrections in them, each made when the first person needs it."""

    dispatch: Dispatch
    corrections: Mapping[int, Correction]
    _made: dict[tuple[Any, ...], int | None] = field(default_factory=dict)
    _items: dict[tuple[int, int | None], dict[str, Any]] = field(default_factory=dict)

    def with_(self, base: int | None, language: str, due: Sequence[tuple[int, int | None]]) -> int | None:
        """The edition of a person who would get `base`, and has these (correction, interest) due."""
        key = (base, language, *due)
        if key not in self._made:
            self._made[key] = self._make(base, language, due)
        return self._made[key]

    def _make(self, base: int | None, language: str, due: Sequence[tuple[int, int | None]]) -> int | None:
        plain = [] if base is None else list(Edition.objects.get(pk=base).content)
        content = _joined(plain, [(self.corrections[pk], self._item(pk, interest)) for pk, interest in due])
        if content == plain:
            return base
        canonical = json.dumps(["digest", language, content], ensure_ascii=False, separators=(",", ":"))
        edition, made = Edition.objects.get_or_create(
            dispatch=self.dispatch,
            digest=hashlib.sha256(canonical.encode()).hexdigest(),
            defaults={"layout": "digest", "language": language, "content": content},
        )
        if made:
            self._hold(edition, base, [self.corrections[pk] for pk, _ in due])
        return edition.pk

    def _hold(self, edition: Edition, base: int | None, due: Sequence[Correction]) -> None:
        """Which releases it holds: those of the edition it is made from, and those that were corrected."""
        groups = {correction.release_id: current.group(correction) for correction in due} | dict(
            EditionRelease.objects.filter(edition=base).values_list("release_id", "group")
        )
        rows = [EditionRelease(edition=edition, release_id=pk, group=group) for pk, group in groups.items()]
        EditionRelease.objects.bulk_create(rows)

    def _item(self, pk: int, interest: int | None) -> dict[str, Any]:
        if (pk, interest) not in self._items:
            self._items[pk, interest] = _item(self.corrections[pk], interest)
        return self._items[pk, interest]


def joined_for(cadence: Cadence, plain: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a digest of `plain` would hold for this person if it were made now. Reads only."""
    mine = CorrectionDue.objects.filter(subscriber=cadence.subscriber_id, dispatch_id=None, watching=False)
    at_once = Cadence.objects.filter(
        subscriber=cadence.subscriber_id, frequency=Frequency.INSTANT, paused_at=None
    )
    if cadence.paused_at is not None or at_once.exists():
        return list(plain)
    due = mine.filter(correction__in=current.open_ones()).select_related("correction")
    return _joined(
        plain,
        [(row.correction, _item(row.correction, row.interest_id)) for row in due.order_by("correction")],
    )


def join(dispatch: Dispatch) -> None:
    """Put what is due into a digest's run, and mark it with this dispatch. Under the planning lock."""
    corrections = {correction.pk: correction for correction in current.open_ones()}
    if not corrections:
        return
    rows = _rows(dispatch, corrections)
    editions = _Editions(dispatch, corrections)
    people = [(dispatch.pk, *person) for person in _people(rows, editions)]
    if people:
        with (
            connection.cursor() as cursor
        ):  # objects for each of a hundred thousand would take ten times as long
            cursor.executemany(_APART, people)
        _execute(_MARK.format(corrections=_listed(corrections)), {"dispatch": dispatch.pk, "watching": False})
        Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.FILLING)


def _item(correction: Correction, interest: int | None) -> dict[str, Any]:
    if correction.kind == Correction.Kind.RESTORED:
        return dispatching.new_to(correction, interest)
    return dispatching.item(correction)


def _joined(
    plain: Sequence[dict[str, Any]], due: Iterable[tuple[Correction, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """With what is due: first what is shown again, unless it is there anyway; then what was corrected."""
    held = {entry["release"] for entry in plain}
    added = [
        item
        for correction, item in due
        if correction.release_id not in held or correction.kind != Correction.Kind.RESTORED
    ]
    return [*plain, *sorted(added, key=lambda item: "correction" in item)]


def _people(rows: Sequence[tuple[Any, ...]], editions: _Editions) -> Iterator[tuple[int, int, int | None]]:
    """(subscriber, interest of the cadence, edition)"""
    for who, group in groupby(rows, key=itemgetter(0)):
        mine = list(group)
        _, interest, language, base, _, _ = mine[0]
        yield who, interest, editions.with_(base, language, [(row[4], row[5]) for row in mine])


def _rows(dispatch: Dispatch, corrections: Iterable[int]) -> list[tuple[Any, ...]]:
    statement = _DUE.format(corrections=_listed(corrections))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"dispatch": dispatch.pk, "watching": False})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _execute(statement: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values))


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))
