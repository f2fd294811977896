"""Writing down what a run is to send: the last part of step 1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

from notifier import grace
from notifier.models import Chain, Dispatch, Edition, EditionRelease, Frequency, Match, Particular, Settling
from notifier.planning import gathering
from notifier.planning.values import Content, Draft, DueRun, Window

_BATCH = 500


def record(run: DueRun, draft: Draft, now: datetime) -> int | None:
    """The dispatch with its editions, matches and particulars. Without anything to send it is READY at once.

    The run at once leaves no dispatch when it has nothing to send; each run of a local date and time leaves one.
    """
    instant = run.frequency == Frequency.INSTANT
    if instant and not draft.contents:
        return None
    dispatch = Dispatch.objects.create(
        chain_id=run.chain_id,
        lane=Dispatch.Lane.ALERT if instant else Dispatch.Lane.DIGEST,
        local_date=run.local_date,
        minute=run.minute,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        made_at=now,
        state=Dispatch.State.FILLING if draft.contents else Dispatch.State.READY,
        recipients=None if draft.contents else 0,
    )
    editions = _editions(dispatch, draft, "alert" if instant else "digest", now)
    _matches(dispatch, draft, editions)
    return dispatch.pk


def move(window: Window, alerted: set[int], now: datetime) -> None:
    """The chain has been served until the window's end; interests that were alerted settle from there."""
    Chain.objects.filter(pk=window.chain_id).update(served_until=window.ends_at)
    Settling.objects.filter(pk__in=list(window.settled)).delete()
    until = now + gathering.settling_time()
    rows = [Settling(pk=interest, from_at=window.ends_at, until=until) for interest in sorted(alerted)]
    Settling.objects.bulk_create(rows, batch_size=_BATCH)


def is_recorded(chain_id: int, local_date: date, minute: int) -> bool:
    """Whether the run of this local time was made: rules of a zone may change after its run, and move it."""
    return Dispatch.objects.filter(chain=chain_id, local_date=local_date, minute=minute).exists()


def _editions(dispatch: Dispatch, draft: Draft, layout: str, now: datetime) -> dict[Content, Edition]:
    contents = draft.contents
    rows = [_edition(dispatch, layout, content) for content in contents]
    if dispatch.lane == Dispatch.Lane.ALERT:
        _give_grace(rows, now)
    rows = Edition.objects.bulk_create(rows, batch_size=_BATCH)
    editions = dict(zip(contents, rows, strict=True))
    EditionRelease.objects.bulk_create(
        [
            EditionRelease(edition=edition, release_id=entry.release, group=entry.group)
            for (_, entries), edition in editions.items()
            for entry in entries
        ],
        batch_size=_BATCH,
    )
    return editions


def _edition(dispatch: Dispatch, layout: str, content: Content) -> Edition:
    language, entries = content
    listed = [{"release": entry.release, "because": [list(r) for r in entry.because]} for entry in entries]
    canonical = json.dumps([layout, language, listed], ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Edition(dispatch=dispatch, layout=layout, language=language, digest=digest, content=listed)


def _give_grace(editions: Collection[Edition], now: datetime) -> None:
    """An alert leaves when the grace of all its releases is over."""
    ends = grace.ends({item["release"] for edition in editions for item in edition.content})
    for edition in editions:
        of_its_own = [ends[item["release"]] for item in edition.content if item["release"] in ends]
        edition.leaves_at = max((end for end in of_its_own if end > now), default=None)


def _matches(dispatch: Dispatch, draft: Draft, editions: Mapping[Content, Edition]) -> None:
    Match.objects.bulk_create(
        [
            Match(
                dispatch=dispatch,
                interest_id=bucket.kind.interest,
                minus_id=bucket.kind.minus,
                language=bucket.kind.language,
                joined_from=bucket.joined_from,
                joined_to=bucket.joined_to,
                since_from=bucket.since_from,
                since_to=bucket.since_to,
                edition=editions[bucket.content],
            )
            for bucket in draft.buckets
        ],
        batch_size=_BATCH,
    )
    Particular.objects.bulk_create(
        [
            Particular(
                dispatch=dispatch,
                subscriber_id=person.subscriber,
                interest_id=person.interest,
                edition=editions[person.content] if person.content else None,
            )
            for person in draft.apart
        ],
        batch_size=_BATCH,
    )
