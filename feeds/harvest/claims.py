"""Which source is due, and who fetches it: `SourceState` rows. Any number of hosts fetch a source once."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from config.asking import Whether
from feeds.models import Source, SourceState
from feeds.sources.kinds import FETCHED

LEASE = timedelta(minutes=15)
"""Longer than the longest fetch: one whose fetcher died is taken up again after this."""

_ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Claim:
    """A source that is ours to fetch; `memory` is what its kind kept the last time, empty if it is to begin anew."""

    source: Source
    state: SourceState
    memory: dict[str, Any]


_any_source = Whether(lambda: Source.objects.filter(active=True, kind__in=FETCHED).exclude(address=""))


def any_due(now: datetime) -> bool:
    """Whether there is a source to claim. For who looks often."""
    return _any_source() and (_waiting(now).exists() or _without_state().exists())


def due(now: datetime) -> Claim | None:
    """Claim the source that has been due longest, if there is one."""
    _begin_states()
    for state in _waiting(now).select_related("source").order_by("next_at", "pk")[:5]:
        if claim := _claim(state, now):
            return claim
    return None


def due_ids(now: datetime, limit: int = 100) -> list[int]:
    """The sources that are due, at most `limit`, the one that has been due longest first. Claims nothing."""
    _begin_states()
    return list(_waiting(now).order_by("next_at", "pk").values_list("source_id", flat=True)[:limit])


def this_if_due(source: int, now: datetime) -> Claim | None:
    """Claim this source if it is due, and nobody else fetches it."""
    state = _waiting(now).select_related("source").filter(source_id=source).first()
    return _claim(state, now) if state else None


def _waiting(now: datetime) -> QuerySet[SourceState]:
    return SourceState.objects.filter(
        Q(next_at=None) | Q(next_at__lte=now) | Q(tried_at__gt=now),  # the last: the clock was set back
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        stopped=False,
        source__active=True,
        source__kind__in=FETCHED,
    ).exclude(source__address="")


def this(source: Source, now: datetime) -> Claim | None:
    """Claim this source, due or not; None while somebody else fetches it."""
    _begin_states()
    return _claim(SourceState.objects.select_related("source").get(source=source), now)


def remembered(claim: Claim, memory: dict[str, Any] | Any) -> dict[str, Any]:
    """What is to be kept: its kind's memory, with a mark of what was asked."""
    return {**memory, _ASKED: asked(claim.source)}


def asked(source: Source) -> str:
    """Another address, kind or other options make another source of it: its kind then begins anew."""
    text = json.dumps([source.kind, source.address, source.options], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _begin_states() -> None:
    rows = [SourceState(source=source) for source in _without_state()]
    if rows:
        SourceState.objects.bulk_create(rows, ignore_conflicts=True)


def _without_state() -> QuerySet[Source]:
    return Source.objects.filter(fetching=None, kind__in=FETCHED).exclude(address="")


def _claim(state: SourceState, now: datetime) -> Claim | None:
    """One conditional UPDATE, which changes the row for one of those who try."""
    mine = secrets.token_hex(16)
    free = SourceState.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), pk=state.pk)
    if not free.filter(claimed_by=state.claimed_by).update(claimed_by=mine, claimed_until=now + LEASE):
        return None
    state = SourceState.objects.select_related("source").get(pk=state.pk)
    memory = dict(state.memory or {})
    begun = memory.pop(_ASKED, None) == asked(state.source)
    return Claim(state.source, state, memory if begun else {})
