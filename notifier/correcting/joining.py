"""Corrections in a digest: whoever has one due gets it in the next digest there is, which may hold nothing else.

Called by the planner in the transaction that writes a run down. These people are planned apart (`Particular`): what
they get else is what their kind gets, or what was planned for them apart already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from notifier.correcting import current, dispatching
from notifier.models import Correction, CorrectionDue, Dispatch, Edition, EditionRelease, Particular

_BATCH = 500

# Those in this run who have something due and get no mail at once, with the edition they would get without it.
_DUE = """
SELECT u.subscriber_id, c.interest_id, c.language, CASE WHEN p.id IS NULL THEN m.edition_id ELSE p.edition_id END,
    u.correction_id, u.interest_id
FROM notifier_correctiondue u
JOIN notifier_dispatch r ON r.id = %(dispatch)s
JOIN notifier_cadence c ON c.subscriber_id = u.subscriber_id AND c.chain_id = r.chain_id
LEFT JOIN notifier_particular p ON p.dispatch_id = r.id AND p.subscriber_id = c.subscriber_id
LEFT JOIN notifier_match m
    ON m.dispatch_id = r.id AND m.interest_id = c.interest_id AND m.minus_id = c.minus_id AND m.language = c.language
    AND c.joined_at >= m.joined_from AND c.joined_at < m.joined_to
    AND c.since >= m.since_from AND c.since < m.since_to
WHERE u.correction_id IN ({corrections}) AND u.dispatch_id IS NULL AND u.watching = %(watching)s
    AND c.paused_at IS NULL AND c.joined_at < r.ends_at
    AND NOT EXISTS (
        SELECT 1 FROM notifier_cadence i
        WHERE i.subscriber_id = u.subscriber_id AND i.frequency = 'instant' AND i.paused_at IS NULL
    )
ORDER BY u.subscriber_id, u.correction_id
"""


@dataclass(slots=True)
class _Editions:
    """The editions of a run with corrections in them, each made when the first person needs it."""

    dispatch: Dispatch
    corrections: Mapping[int, Correction]
    _made: dict[tuple[Any, ...], int | None] = field(default_factory=dict)
    _new: dict[tuple[int, int | None], dict[str, Any]] = field(default_factory=dict)

    def with_(self, base: int | None, language: str, due: Sequence[tuple[int, int | None]]) -> int | None:
        """The edition of a person who would get `base`, and has these (correction, interest) due."""
        key = (base, language, *due)
        if key not in self._made:
            self._made[key] = self._make(base, language, due)
        return self._made[key]

    def _make(self, base: int | None, language: str, due: Sequence[tuple[int, int | None]]) -> int | None:
        plain = [] if base is None else list(Edition.objects.get(pk=base).content)
        held = {entry["release"] for entry in plain}
        added = [
            self._item(pk, interest)
            for pk, interest in due
            if self.corrections[pk].release_id not in held
            or self.corrections[pk].kind != Correction.Kind.RESTORED
        ]
        if not added:
            return base
        content = [
            *plain,
            *(it for it in added if "correction" not in it),
            *(it for it in added if "correction" in it),
        ]
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
        correction = self.corrections[pk]
        if correction.kind != Correction.Kind.RESTORED:
            return dispatching.item(correction)
        if (pk, interest) not in self._new:
            self._new[pk, interest] = dispatching.new_to(correction, interest)
        return self._new[pk, interest]


def join(dispatch: Dispatch) -> None:
    """Put what is due into a digest's run, and mark it with this dispatch. Under the planning lock."""
    corrections = {correction.pk: correction for correction in current.open_ones()}
    if not corrections:
        return
    rows = _rows(dispatch, list(corrections))
    editions = _Editions(dispatch, corrections)
    everybody = list(_people(rows, editions))
    for start in range(0, len(everybody), _BATCH):
        people = everybody[start : start + _BATCH]
        Particular.objects.bulk_create(
            [
                Particular(dispatch=dispatch, subscriber_id=who, interest_id=interest, edition_id=edition)
                for who, interest, edition in people
            ],
            update_conflicts=True,
            update_fields=["edition"],
            unique_fields=["dispatch", "subscriber_id"],
        )
        due = CorrectionDue.objects.filter(
            correction__in=corrections,
            dispatch_id=None,
            watching=False,
            subscriber__in=[who for who, _, _ in people],
        )
        due.update(dispatch_id=dispatch.pk)
    if rows:
        Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.FILLING)


def _people(rows: Sequence[tuple[Any, ...]], editions: _Editions) -> Iterator[tuple[int, int, int | None]]:
    """(subscriber, interest of the cadence, edition)"""
    for who, group in groupby(rows, key=itemgetter(0)):
        mine = list(group)
        _, interest, language, base, _, _ = mine[0]
        yield who, interest, editions.with_(base, language, [(row[4], row[5]) for row in mine])


def _rows(dispatch: Dispatch, corrections: Sequence[int]) -> list[tuple[Any, ...]]:
    statement = _DUE.format(corrections=", ".join(map(str, corrections)))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"dispatch": dispatch.pk, "watching": False})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
