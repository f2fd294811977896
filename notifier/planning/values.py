"""What the parts of planning hand to one another. Instants are aware, UTC; windows are half-open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from notifier.matching import Entry


@dataclass(frozen=True, slots=True)
class DueRun:
    """A run that is due: of all windows of its chain since the last one, if several were missed.

    `local_date` and `minute` (after local midnight) are the chain's own; None for the run at once. `settling`: whether
    interests that were alerted shortly before are left to settle.
    """

    frequency: str
    zone: str
    minute: int | None
    local_date: date | None
    starts_at: datetime
    ends_at: datetime
    chain_id: int
    settling: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """What a run plans: [starts_at, ends_at) of a chain.

    `settled`: interests whose settling is over, with the instant from which they have not been served. `held`: those
    that still settle and stay out of this run.
    """

    chain_id: int
    starts_at: datetime
    ends_at: datetime
    settled: Mapping[int, datetime] = field(default_factory=dict)
    held: frozenset[int] = frozenset()

    def start_for(self, interest: int) -> datetime:
        return self.settled.get(interest, self.starts_at)


class Kind(NamedTuple):
    """Cadences that get the same: interest and minus by number, and language."""

    interest: int
    minus: int
    language: str


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of one kind in a window that begins at `start` for them.

    `regular`: some joined before it, and get all of it. `since`: the earliest and the latest `since` of those who
    joined within; None if nobody did.
    """

    kind: Kind
    start: datetime
    regular: bool
    since: tuple[datetime, datetime] | None

    @property
    def begins(self) -> datetime:
        """From when on what was announced matters to any of them."""
        if self.since is None:
            return self.start
        return min(self.start, self.since[0]) if self.regular else self.since[0]


@dataclass(frozen=True, slots=True)
class Person:
    """One whose deliveries need a look of their own."""

    subscriber: int
    kind: Kind
    since: datetime
    joined_at: datetime


Content = tuple[str, tuple[Entry, ...]]
"""Language and entries: what makes an edition."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Those of a kind who joined in [joined_from, joined_to) with `since` in [since_from, since_to) get `content`."""

    kind: Kind
    joined_from: datetime
    joined_to: datetime
    since_from: datetime
    since_to: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Apart:
    """One person who gets something else than their bucket; nothing at all if `content` is None."""

    subscriber: int
    interest: int
    content: Content | None


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a run is going to write, but for the deliveries. Equal contents are one object (`drafting.Contents`)."""

    buckets: tuple[Bucket, ...]
    apart: tuple[Apart, ...]

    @property
    def contents(self) -> list[Content]:
        """Each once, in an order that is the same for the same draft. Equal ones are one object."""
        found = [bucket.content for bucket in self.buckets]
        found += [person.content for person in self.apart if person.content is not None]
        return list({id(content): content for content in found}.values())

    @property
    def interests(self) -> set[int]:
        """Those that are given something."""
        found = {bucket.kind.interest for bucket in self.buckets}
        return found | {person.interest for person in self.apart if person.content is not None}
