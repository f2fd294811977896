"""What an answer to "why did, or didn't, this person get it" is made of. Instants are aware, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.selection import Facts, Rule, Selection
from notifier.windows import Timetable


class Verdict(StrEnum):
    GOT = "got"
    WILL = "will"
    NOT = "not"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why. The order of those from `PLANNED` on is that in which the more telling one is taken."""

    SENT = "sent"
    SENDING = "sending"
    WAITING = "waiting"
    DEFERRED = "deferred"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    TRANSLATION = "translation"  # another language version of it came
    UNNOTICED = "unnoticed"
    EMBARGO = "embargo"
    SILENT = "silent"
    PLANNED = "planned"  # the next run brings it
    PAUSED = "paused"  # comes, should they go on with what they missed
    OTHER_VERSION = "other_version"  # another language version of it is for a quicker cadence of theirs
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"  # they went on after a pause without what they had missed
    GIVEN_UP = "given_up"  # they changed their choice before it was due
    LEFT = "left"
    LATE_LABEL = "late_label"  # it fitted before its new labels, and was announced for others only
    EXCLUDED = "excluded"
    NO_RULE = "no_rule"
    UNCONFIRMED = "unconfirmed"
    NOT_YET = "not_yet"  # they were no subscriber then
    JOINED_LATER = "joined_later"
    ARCHIVED = "archived"  # it fitted, and who was sent it is no longer kept


@dataclass(frozen=True, slots=True)
class Announced:
    """The release was announced at `at` with the labels `facts`; `before`: for those whom these did not fit. `steady`:
    nothing has touched it since."""

    at: datetime
    facts: Facts
    before: Facts | None = None
    steady: bool = True


@dataclass(frozen=True, slots=True)
class Story:
    """What became of the release. `state` as in the store; `shown`: readers may see it; `gone_at`: since when not.

    `silence`: the rule by which it was not announced; `facts`: as it is labelled now. `versions`: announcements of the
    other language versions that are shown.
    """

    noticed: bool
    state: str
    shown: bool
    visible_at: datetime | None
    gone_at: datetime | None
    silence: str
    facts: Facts
    announced: tuple[Announced, ...]
    versions: tuple[Announced, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A delivery to the person of a message that held, or was to hold, the release or another language of it.

    `state` in lower case, as in the ledger. `holds`: the release itself is in it; `withdrawn`: it was taken out before.
    """

    dispatch: int
    edition: int
    version: int
    frequency: str
    interest: int | None
    made_at: datetime
    state: str
    reason: str = ""
    finished_at: datetime | None = None
    next_try_at: datetime | None = None
    held: bool = False
    holds: bool = True
    withdrawn: bool = False
    because: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A delivery to the person that tells of what became of the release: that it was corrected, or withdrawn.

    `kind` is one of these two words, or "changed" where it was taken out before it left; `state` as in the ledger, or
    "held"; `at`: when it was handed over or ended, if it was.
    """

    dispatch: int
    kind: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sum:
    """What is left of a dispatch that held the release: made at `made_at`, `sent` messages with it; not to whom."""

    dispatch: int
    made_at: datetime
    sent: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the person had chosen at one frequency for a time, and what of the announcements it has looked at.

    That is [since, served_to), where it is not `paused`. `ended_at` None: it is so now, and goes on with the next run
    of `timetable` (None: at once), which is not made once it is later than its `patience` (none: however late).
    `filling`: the run up to `served_to` is still being made.
    """

    frequency: str
    interest: Selection
    minus: Selection
    since: datetime
    joined_at: datetime
    served_to: datetime
    ended_at: datetime | None
    paused: bool
    timetable: Timetable | None
    settles_until: datetime | None = None
    filling: bool = False
    patience: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Turn:
    """The person asked, confirmed, paused, resumed, went on afresh, left or came_back."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All that is needed. `stopped`: no mail leaves at all. `turns` and `stretches` in order of time."""

    story: Story
    posts: tuple[Post, ...]
    stretches: tuple[Stretch, ...]
    turns: tuple[Turn, ...]
    stopped: bool = False
    notices: tuple[Notice, ...] = ()
    sums: tuple[Sum, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """`at`: when it was handed over, will be tried or planned, or what the cause is about. `post`, `stretch`: by which.

    `rule` came nearest; the release has nothing of its fields `missing`, and is left out by its fields `excluded`.
    """

    verdict: Verdict
    cause: Cause
    at: datetime | None = None
    post: Post | None = None
    stretch: Stretch | None = None
    announced: Announced | None = None
    rule: Rule | None = None
    missing: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
