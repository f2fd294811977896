"""What a message says its reader has chosen, kept: sent again, it says the same although a term has been renamed.

A description that has changed counts for dispatches made from a little later on. So every worker knows it before one of
them is sent, and all that went out under the old one goes out again under the old one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier import interests
from notifier.models import Description
from notifier.planning.drafting import EVER

LATER = timedelta(minutes=1)
Chosen = tuple[int, str]
"""Number of an interest, and a language."""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What each chosen thing is called, from when on, in order of time."""

    known: Mapping[Chosen, list[tuple[datetime, str]]]

    def at(self, chosen: Chosen, made_at: datetime) -> str:
        """As a message of a dispatch made then says it; empty for an interest that is gone."""
        rows = self.known.get(chosen)
        if not rows:
            return ""
        return rows[max(0, bisect_right(rows, made_at, key=lambda row: row[0]) - 1)][1]


def of(wanted: Collection[Chosen], now: datetime) -> Descriptions:
    """The descriptions of these; what is new, or called otherwise today, is written down."""
    known = _stored(wanted)
    selections = interests.selections({interest for interest, _ in wanted})
    new = []
    for interest, language in wanted:
        if interest not in selections:
            continue
        text = interests.describe(selections[interest], language)
        rows = known.get((interest, language))
        if not rows or rows[-1][1] != text:
            since = now + LATER if rows else EVER
            new.append(Description(interest_id=interest, language=language, since=since, text=text))
    if new:
        Description.objects.bulk_create(new, ignore_conflicts=True)
        known = _stored(wanted)
    return Descriptions(known)


def _stored(wanted: Collection[Chosen]) -> dict[Chosen, list[tuple[datetime, str]]]:
    found: dict[Chosen, list[tuple[datetime, str]]] = defaultdict(list)
    rows = Description.objects.filter(interest__in={interest for interest, _ in wanted}).order_by(
        "since", "pk"
    )
    for interest, language, since, text in rows.values_list("interest_id", "language", "since", "text"):
        found[interest, language].append((since, text))
    return found
