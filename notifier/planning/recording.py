"""Writing down what a run is to send: the last part of step 1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from notifier import grace
from notifier.matching import Entry
from notifier.models import Chain, Dispatch, Edition, EditionRelease, Frequency, Match, Particular, Settling
from notifier.planning import bulk, gathering
from notifier.planning.values import Content, Draft, DueRun, Window

_BATCH = 500
_MANY = 500


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


def _editions(dispatch: Dispatch, draft: Draft, layout: str, now: datetime) -> dict[int, int]:
    """The numbers of the editions, by the identity of their contents."""
    contents = draft.contents
    numbers = bulk.numbers(Edition, len(contents))
    different = {id(entries): entries for _, entries in contents}
    listed = {identity: _listed(entries) for identity, entries in different.items()}
    ends = _grace(contents, now) if dispatch.lane == Dispatch.Lane.ALERT else {}
    bulk.insert(
        Edition,
        ("id", "dispatch_id", "layout", "language", "digest", "content", "version", "leaves_at"),
        [
            (number, dispatch.pk, layout, language, _digest(layout, language, listed[id(entries)]),
             listed[id(entries)], 1, ends.get(id(entries)))
            for number, (language, entries) in zip(numbers, contents, strict=True)
        ],
    )  # fmt: skip
    bulk.insert(
        EditionRelease,
        ("edition_id", "release_id", '"group"'),
        [
            (number, entry.release, entry.group)
            for number, (_, entries) in zip(numbers, contents, strict=True)
            for entry in entries
        ],
    )
    return {id(content): number for content, number in zip(contents, numbers, strict=True)}


def _grace(contents: Sequence[Content], now: datetime) -> dict[int, object]:
    """When the grace of all releases of a content is over, by the identity of its entries; if it is not."""
    ends = grace.ends({entry.release for _, entries in contents for entry in entries})
    found = {}
    for _, entries in contents:
        later = [ends[entry.release] for entry in entries if ends.get(entry.release, now) > now]
        if later:
            found[id(entries)] = bulk.instant(max(later))
    return found


def _listed(entries: Sequence[Entry]) -> str:
    """The content of an edition, in JSON."""
    listed = [{"release": entry.release, "because": [list(r) for r in entry.because]} for entry in entries]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def _digest(layout: str, language: str, listed: str) -> str:
    canonical = f"[{json.dumps(layout)},{json.dumps(language)},{listed}]"
    return hashlib.sha256(canonical.encode()).hexdigest()


def _matches(dispatch: Dispatch, draft: Draft, numbers: Mapping[int, int]) -> None:
    """`numbers`: of the editions, by the identity of their contents."""
    instant = lru_cache(maxsize=None)(bulk.instant)
    bulk.insert(
        Match,
        (
            "dispatch_id", "interest_id", "minus_id", "language", "joined_from", "joined_to", "since_from",
            "since_to", "edition_id",
        ),
        [
            (
                dispatch.pk,
                *bucket.kind,
                instant(bucket.joined_from),
                instant(bucket.joined_to),
                instant(bucket.since_from),
                instant(bucket.since_to),
                numbers[id(bucket.content)],
            )
            for bucket in draft.buckets
        ],
    )  # fmt: skip
    if len(draft.buckets) > _MANY:
        bulk.settle(Match)
    bulk.insert(
        Particular,
        ("dispatch_id", "subscriber_id", "interest_id", "edition_id"),
        [
            (
                dispatch.pk,
                person.subscriber,
                person.interest,
                None if person.content is None else numbers[id(person.content)],
            )
            for person in draft.apart
        ],
    )
