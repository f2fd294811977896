"""What Herald makes of a release it takes notice of: facts in, a judgement out. No database, no clock.

See docs/architecture.md, and "Announced or silent" in the README's glossary.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from feeds.selection import Facts

SCHEDULED, PUBLISHED, WITHDRAWN = "scheduled", "published", "withdrawn"


@dataclass(frozen=True, slots=True)
class Observed:
    """A release as it lies in the store. `silence` is the writer's wish ("" or why it is to stay silent)."""

    state: str
    visible_at: datetime | None
    published_on: date
    fingerprint: str
    facts: Facts
    silence: str
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What Herald held of it before."""

    shown: bool
    fingerprint: str
    facts: Facts
    first_seen_at: datetime
    updated_at: datetime
    announced: bool
    silence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows for one release.

    `state` is what the store should say; `changed` that a reader should see the edit; `announce` that an
    Announcement is due (with `before`: for those who match only now); `silence` the rule that held it back.
    """

    state: str
    updated_at: datetime
    changed: bool
    announce: bool
    silence: str
    before: Facts | None = None

    @property
    def shown(self) -> bool:
        return self.state == PUBLISHED


def judge(seen: Observed, known: Known | None, now: datetime) -> Judgement:
    """Decide over one release at the instant `now`."""
    embargoed = seen.visible_at is not None and seen.visible_at > now
    state = SCHEDULED if seen.state == PUBLISHED and embargoed else seen.state
    first_seen_at = known.first_seen_at if known else now
    changed = known is not None and known.fingerprint != seen.fingerprint
    if known is None:
        updated_at = _first_update(seen, now)
    elif changed or (state == PUBLISHED and not known.shown and not known.announced and not known.silence):
        updated_at = now
    else:
        updated_at = known.updated_at
    if state != PUBLISHED:
        return Judgement(state, updated_at, changed, False, known.silence if known else "")
    if known is None or not (known.announced or known.silence):
        silence = _silence(seen, first_seen_at)
        return Judgement(state, updated_at, changed, not silence, silence)
    late = known.announced and _gained(known.facts, seen.facts)
    return Judgement(state, updated_at, changed, late, known.silence, before=known.facts if late else None)


def fingerprint(**parts: str) -> str:
    """SHA-256 over what a reader would notice: words, not their typography.

    Markup, white space, kinds of quotation marks and dashes are cosmetic; letters and figures are not.
    """
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(f"{name}\0{_words(parts[name])}\0".encode("utf-8", "replace"))
    return digest.hexdigest()


def facts_before(value: Any) -> Facts | None:
    """`Announcement.before` as Facts."""
    return None if value is None else Facts.from_json(value)


def _silence(seen: Observed, first_seen_at: datetime) -> str:
    if seen.silence:
        return seen.silence
    age = first_seen_at - datetime.combine(seen.published_on, time.max, UTC)
    return "too_old" if age > seen.max_age else ""


def _first_update(seen: Observed, now: datetime) -> datetime:
    """An old release that is only now taken in was not updated today: its own date is the honest instant."""
    own_day = datetime.combine(seen.published_on, time.min, UTC)
    return own_day if now - own_day > seen.max_age + timedelta(days=1) else now


def _gained(before: Facts, after: Facts) -> bool:
    new_type = bool(after.type) and after.type != before.type
    return bool(after.offices - before.offices or after.topics - before.topics or new_type)


_TAGS = re.compile(r"<[^>]*>")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_QUOTES = str.maketrans(dict.fromkeys("\"'`´‘’‚‛“”„‟«»‹›", "'"))


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _TAGS.sub(" ", text)).translate(_QUOTES)
    return " ".join(_DASHES.sub("-", plain).split())
