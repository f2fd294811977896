"""What the consequences of a draft are reckoned from, and what they are. Instants are aware, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feeds.selection import Facts, Selection
from notifier.drafting import load
from notifier.windows import Timetable

DAYS = 30


@dataclass(frozen=True, slots=True)
class Recent:
    """A release of the last 30 days, or (not `lately`) an older one that has labels no term knows: `unplaced`, as
    (kind, label). `waits_since`: announced then, and so perhaps in somebody's next message.
    """

    release: int
    facts: Facts
    waits_since: tuple[datetime, ...] = ()
    announced: bool = True
    lately: bool = True
    unplaced: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """People with one choice at one frequency. `begins`: of the announcements from then on they have had none.

    `timetable`: None at once; `standing`: when the schedule alone says when their mail comes, what it would say then.
    """

    key: tuple[object, ...]
    frequency: str
    interest: Selection
    people: int
    begins: datetime
    served_until: datetime
    timetable: Timetable | None = None
    standing: Timetable | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one audience. Releases by number: in a month like the last, and in the next message.

    `next_before`, `next_after`: when their next message leaves, where that moves.
    `later`: the next one leaves as before, but others after it do not.
    """

    audience: Audience
    gains: frozenset[int]
    loses: frozenset[int]
    next_gains: frozenset[int]
    next_loses: frozenset[int]
    next_before: datetime | None
    next_after: datetime | None
    never: bool
    later: bool = False

    def __bool__(self) -> bool:
        sets = (self.gains, self.loses, self.next_gains, self.next_loses)
        return any(sets) or self.next_before != self.next_after or self.never or self.later

    @property
    def how(self) -> str:
        """more, fewer or other releases; or the same."""
        gains, loses = bool(self.gains or self.next_gains), bool(self.loses or self.next_loses)
        return {(True, True): "other", (True, False): "more", (False, True): "fewer"}.get(
            (gains, loses), "same"
        )


@dataclass(frozen=True, slots=True)
class Consequences:
    """`refused`: why the draft cannot be applied at all. `feeds`: (path, what becomes of it).

    `unknown`: names that terms have now, that releases of the last 30 days may have come under, and that no term would
    know: (kind, name, how many). `effects`: of the audiences for which anything changes, the largest first.
    `withdrawn_offers`: frequencies that would not be offered any more, with how many people get them. `people`:
    subscribers for whom anything changes; `choosers`: those who have chosen a term that goes up in another or comes
    back, whether or not any release makes a difference to them. `hour`, `hour_then`: the busiest of the coming week, as
    it is and with the draft. `titles` of the releases in the effects.
    """

    refused: tuple[str, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str, int], ...] = ()
    effects: tuple[Effect, ...] = ()
    withdrawn_offers: tuple[tuple[str, int], ...] = ()
    people: int = 0
    choosers: int = 0
    hour: load.Hour | None = None
    hour_then: load.Hour | None = None
    titles: Mapping[int, str] = field(default_factory=dict)

    def counted(self, how: str) -> int:
        """Subscriptions that would bring "more", "fewer" or "other" releases."""
        return sum(effect.audience.people for effect in self.effects if effect.how == how)

    def by_frequency(self) -> dict[str, int]:
        """Subscriptions for which anything changes, at each frequency."""
        found: dict[str, int] = {}
        for effect in self.effects:
            found[effect.audience.frequency] = (
                found.get(effect.audience.frequency, 0) + effect.audience.people
            )
        return found

    @property
    def at_once_weekly(self) -> int:
        """How many messages more (or fewer) leave at once in a week, judged by the last month."""
        monthly = sum(
            one.audience.people * (len(one.gains) - len(one.loses))
            for one in self.effects
            if one.audience.timetable is None
        )
        return round(monthly * 7 / DAYS)

    @property
    def moved(self) -> int:
        """Subscriptions whose next message would leave at another time."""
        return sum(one.audience.people for one in self.effects if one.next_before != one.next_after)

    @property
    def later(self) -> int:
        """Subscriptions whose next message leaves as it would, but later ones at other times."""
        return sum(one.audience.people for one in self.effects if one.later)

    @property
    def never(self) -> int:
        """Subscriptions that could never bring anything any more."""
        return sum(effect.audience.people for effect in self.effects if effect.never)
