"""What follows for the releases that were noticed: their standings, announcements and versions.

    observed releases + what was held of them -> judge -> Standing, Announcement, ReleaseVersion, the state in the store

Called by `feeds.notice` alone, which holds the lock.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feeds import former, observing, rows, versions
from feeds.judgement import PUBLISHED, Judgement, judge
from feeds.models import Announcement, Release, Standing
from feeds.observing import Sighting


@dataclass(slots=True)
class _Work:
    """What is to be written."""

    standings: list[Standing] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    versions: list[versions.Row] = field(default_factory=list)
    states: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def settle(last_of: Mapping[int, int], now: datetime, instant: datetime) -> dict[int, str]:
    """Judge these releases (id -> number of the last change), noticed at `instant` when the clock says `now`.

    Returns the guids of all that were ever noticed.
    """
    observed = observing.observe(last_of)
    standings = Standing.every.in_bulk(list(last_of))
    notes = _notes(observed, standings)
    gone = observing.sweep(last_of.keys() - observed.keys())
    work, led = _Work(), former.known()
    for release_id, seq in sorted(last_of.items()):
        standing = standings.get(release_id)
        sighting = observed.get(release_id)
        if sighting is None:
            if standing is not None:
                work.standings.append(_left(standing, seq, instant, deleted=release_id in gone))
            continue
        verdict = judge(sighting.seen, observing.known(standing, notes.get(release_id), led), now, instant)
        standing = standing or _minted(release_id, sighting.authority, now)
        _note(work, standing, sighting, verdict, seq, instant)
    _store(work)
    guids = {standing.pk: standing.guid for standing in standings.values()}
    return guids | {standing.pk: standing.guid for standing in work.standings}


def _notes(observed: Mapping[int, Sighting], standings: Mapping[int, Standing]) -> dict[int, str]:
    """The editor's notes of before, of releases that may have been corrected: few, so their versions are unpacked."""
    candidates = {
        pk: standing.versions
        for pk, standing in standings.items()
        if pk in observed
        and observed[pk].seen.note
        and observed[pk].seen.state == PUBLISHED
        and observed[pk].seen.fingerprint != standing.fingerprint
        and standing.versions
    }
    return versions.notes(candidates)


def _note(
    work: _Work, standing: Standing, sighting: Sighting, verdict: Judgement, seq: int, instant: datetime
) -> None:
    """Put what follows for one release with the work."""
    if verdict.state != sighting.seen.state:
        work.states[verdict.state].append(standing.pk)
    if verdict.announce:
        before = None if verdict.before is None else verdict.before.to_json()
        work.announcements.append(Announcement(release_id=standing.pk, at=instant, seq=seq, before=before))
    plain, digest = versions.packed(sighting.content | {"state": verdict.state})
    if digest != standing.content:
        standing.content = digest
        standing.versions += 1
        significant = verdict.changed or standing.versions == 1
        row = versions.row(
            standing.pk,
            standing.versions,
            instant,
            plain,
            significant=significant,
            public=verdict.shown,
            seq=seq,
        )
        work.versions.append(row)
    _write(standing, sighting, verdict, seq, instant)
    work.standings.append(standing)


def _store(work: _Work) -> None:
    for state, ids in work.states.items():
        Release.objects.filter(pk__in=ids).update(state=state)
    written = ([*map(_value(standing), _COLUMNS)] for standing in work.standings)
    rows.write(Standing, _COLUMNS, written, key="release_id", but=("key", "guid", "first_seen_at"))
    Announcement.objects.bulk_create(work.announcements, batch_size=500)
    versions.store(work.versions)


_COLUMNS = [field.column for field in Standing._meta.concrete_fields]


def _value(standing: Standing) -> Callable[[str], Any]:
    """What of it goes into a column."""
    return lambda column: json.dumps(standing.facts) if column == "facts" else getattr(standing, column)


def _minted(release_id: int, authority: str, now: datetime) -> Standing:
    key = base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    guid = f"tag:{authority}:release/{key}"
    return Standing(release_id=release_id, key=key, guid=guid, first_seen_at=now)


def _write(standing: Standing, sighting: Sighting, verdict: Judgement, seq: int, instant: datetime) -> None:
    was_shown = standing.shown
    standing.fingerprint = sighting.seen.fingerprint
    standing.version += verdict.changed
    standing.shown = verdict.shown
    standing.updated_at = verdict.updated_at
    standing.corrected_at = verdict.corrected_at
    if verdict.announce and standing.announced_at is None:
        standing.announced_at = instant
    standing.silence = verdict.silence
    standing.gone_at = None if verdict.shown else instant if was_shown else standing.gone_at
    standing.seq = seq
    standing.facts = sighting.seen.facts.to_json()
    standing.group = sighting.group


def _left(standing: Standing, seq: int, instant: datetime, *, deleted: bool) -> Standing:
    """What was never shown leaves without a trace; of what was, feeds must go on to say that it is gone."""
    if standing.shown:
        standing.shown = False
        standing.gone_at = instant
        standing.seq = seq
    if deleted:
        standing.versions, standing.content = 0, ""
    return standing
