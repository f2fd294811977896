"""What Herald makes of a release it takes notice of: facts in, a judgement out. No database, no clock.

See docs/architecture.md, and "Announced or silent" in the README's glossary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from feeds import wording
from feeds.selection import Facts

SCHEDULED, PUBLISHED, WITHDRAWN, CANARY = "scheduled", "published", "withdrawn", "canary"


@dataclass(frozen=True, slots=True)
class Observed:
    """A release as it lies in the store.

    `note` is the editor's; `silence` the writer's wish ("" or why it is to stay silent).
    """

    state: str
    visible_at: datetime | None
    published_on: date
    fingerprint: str
    note: str
    facts: Facts
    silence: str
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What Herald held of it before. `read`: readers could see it at some time; `note`: None if unknown."""

    shown: bool
    read: bool
    fingerprint: str
    note: str | None
    facts: Facts
    first_seen_at: datetime
    updated_at: datetime
    announced: bool
    silence: str
    corrected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows for one release.

    `state` is what the store should say; `changed` that a reader should see the edit; `announce` that an
    Announcement is due (with `before`: for those who match only now); `silence` the rule that held it back;
    `corrected_at` when it last changed for readers with a note of the editor's.
    """

    state: str
    updated_at: datetime
    changed: bool
    corrected_at: datetime | None
    announce: bool
    silence: str
    before: Facts | None = None

    @property
    def shown(self) -> bool:
        return self.state == PUBLISHED


def judge(seen: Observed, known: Known | None, now: datetime, instant: datetime) -> Judgement:
    """Decide over one release that is noticed at `instant`, when the clock says `now`.

    The two differ after the clock was set back: instants of notice never go back. An embargo, and how old a release is
    when it is first seen, are matters of the clock: one wrong moment of it would open every embargo up to that moment,
    and silence every release.
    """
    embargoed = seen.visible_at is not None and seen.visible_at > now
    state = SCHEDULED if seen.state == PUBLISHED and embargoed else seen.state
    changed = known is not None and _changed(seen, known)
    updated_at = _updated_at(seen, known, state, changed, now, instant)
    corrected_at = _corrected_at(seen, known, state, changed, instant)
    if state != PUBLISHED:
        silence = CANARY if state == CANARY else known.silence if known else ""
        return Judgement(state, updated_at, changed, corrected_at, announce=False, silence=silence)
    if known is None or not (known.announced or known.silence):
        silence = _silence(seen, known.first_seen_at if known else now)
        return Judgement(state, updated_at, changed, corrected_at, not silence, silence)
    late = known.announced and _gained(known.facts, seen.facts)
    before = known.facts if late else None
    return Judgement(state, updated_at, changed, corrected_at, late, known.silence, before)


def _changed(seen: Observed, known: Known) -> bool:
    """A fingerprint made in an earlier way says nothing: it is replaced, and no reader is told of a change."""
    return wording.comparable(known.fingerprint) and known.fingerprint != seen.fingerprint


def _updated_at(
    seen: Observed, known: Known | None, state: str, changed: bool, now: datetime, instant: datetime
) -> datetime:
    if known is None:
        return _first_update(seen, now, instant)
    appears = state == PUBLISHED and not known.shown and not known.announced and not known.silence
    return instant if changed or appears else known.updated_at


def _corrected_at(
    seen: Observed, known: Known | None, state: str, changed: bool, instant: datetime
) -> datetime | None:
    """A correction is a change that readers see of what they could read before, with a note that is new or another.

    Without its note there is none any more: the editor took it back.
    """
    note = wording.words(seen.note)
    if known is None or not note:
        return None
    told = changed and known.note is not None and wording.words(known.note) != note
    return instant if told and state == PUBLISHED and known.read else known.corrected_at


def _silence(seen: Observed, first_seen_at: datetime) -> str:
    if seen.silence:
        return seen.silence
    age = first_seen_at - datetime.combine(seen.published_on, time.max, UTC)
    return "too_old" if age > seen.max_age else ""


def _first_update(seen: Observed, now: datetime, instant: datetime) -> datetime:
    """An old release that is only now taken in was not updated today: its own date is the honest instant."""
    own_day = datetime.combine(seen.published_on, time.min, UTC)
    return own_day if now - own_day > seen.max_age + timedelta(days=1) else instant


def _gained(before: Facts, after: Facts) -> bool:
    new_type = bool(after.type) and after.type != before.type
    return bool(after.offices - before.offices or after.topics - before.topics or new_type)
