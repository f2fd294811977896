"""When a canary last came through, and what is missing since. Pure: rows and instants in, a standing out.

An interval in which mail could not prove itself by intent (it is stopped, or goes nowhere) is excused. Nothing was
missed either while nobody was there to begin one: then it is counted from where they were begun again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from notifier.models import Canary

Way = Canary.Way
_EXCUSED = (Way.NONE, Way.STOPPED)


class Place(StrEnum):
    """Where the newest canary is that has not come through."""

    STORE = "store"  # written, and nobody has taken notice
    FEED = "feed"  # noticed, and not in what web processes serve
    RELAY = "relay"  # not taken by the relay yet
    MAILBOX = "mailbox"  # taken by the relay, and not back


@dataclass(frozen=True, slots=True)
class Went:
    """How one canary went on one of the two ways, begun `at`. `done_at`: when it had come through; `fault`: why it
    never will, if that is known.
    """

    at: datetime
    done_at: datetime | None
    place: Place
    excused: bool = False
    fault: str = ""

    @property
    def is_well(self) -> bool:
        return self.done_at is not None or self.excused


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two ways. `last`: the newest that came through; `age`: how long nothing has, less what is excused;
    `missing`: the newest, unless it is through or excused. `came` of `begun` came through, none excused.
    """

    last: Went | None
    age: timedelta
    missing: Went | None
    came: int
    begun: int

    @property
    def seconds(self) -> float | None:
        """How long the last one took."""
        if self.last is None or self.last.done_at is None:
            return None
        return max(0.0, (self.last.done_at - self.last.at).total_seconds())


@dataclass(frozen=True, slots=True)
class Standing:
    """`way`: how far mail proves itself, as was decided last."""

    feed: Leg
    mail: Leg
    way: Way


def of(rows: Sequence[Canary], now: datetime, every: timedelta) -> Standing:
    """`rows` are the canaries there are, the newest first; `every` is how often one begins."""
    feed = [Went(row.begun_at, row.served_at, Place.FEED if row.noticed_at else Place.STORE) for row in rows]
    mail = [_mail(row) for row in rows]
    way = next((Way(row.way) for row in rows if row.way), Way.OPEN)
    return Standing(leg(feed, now, every), leg(mail, now, every), way)


def leg(went: Sequence[Went], now: datetime, every: timedelta) -> Leg:
    """`went`: the newest first."""
    missing = list(takewhile(lambda one: not one.is_well, went))
    well = went[len(missing)].at if len(missing) < len(went) else None
    since = well or now
    if missing and (well is None or missing[-1].at - well >= 2 * every):
        since = missing[-1].at
    judged = [one for one in went if not one.excused]
    return Leg(
        last=next((one for one in went if one.done_at is not None), None),
        age=max(now - since, timedelta()),
        missing=missing[0] if missing else None,
        came=sum(one.done_at is not None for one in judged),
        begun=len(judged),
    )


def _mail(row: Canary) -> Went:
    done_at = row.arrived_at if row.way == Way.MAILBOX else row.handed_at
    sent = Place.MAILBOX if row.handed_at else Place.RELAY
    place = sent if row.noticed_at else Place.STORE
    return Went(row.begun_at, done_at, place, row.way in _EXCUSED, row.fault)
