"""What recipients' domains take: how many messages a minute and at one time, and who of the tray must wait for that.

A domain is under a limit because the settings say so (DOMAIN_LIMITS), or because it answered 4.7.x: then it gets half
as many messages at one time, and one more for each round of successes. Others cost nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from config.pacing import EVERY_OTHER, DomainPace
from notifier.models import Delivery, Dispatch
from notifier.sending.limits import LETTERS, Throttle
from notifier.sending.parcels import Parcel

Key = tuple[int, int]
NO_PACE = DomainPace()
AHEAD_SECONDS = 10.0  # what would leave later than this goes back to the ledger
LEAST_AHEAD, LEAST_AHEAD_UNPACED = 4, 100
LATEST_SECONDS = 3600.0  # what is sent away comes back after this at the latest: limits may have changed
A_MESSAGE_SECONDS = 0.2  # a guess, until a domain with a limit at one time alone has shown its pace
HALVED_SECONDS = 1.0  # what several messages are told at one time is told once


class Domain:
    """One domain under a limit. `held` parcels are ours, `out` of them are being sent."""

    def __init__(self, pace: DomainPace, most: int, now: float) -> None:
        self.is_configured = pace != NO_PACE
        self.throttle: Throttle | None = None
        if pace.per_minute or pace.per_hour:
            self.throttle = Throttle(pace.per_minute, pace.per_hour, now)
        self.parked: list[deque[Parcel]] = [deque() for _ in Dispatch.Lane]
        self.held, self.out = 0, 0
        self._pace = pace
        self._most = float(min(pace.at_once or most, most))
        self._width = self._most
        self._horizon = self._since = now
        self._halved_at = now - HALVED_SECONDS
        self._finished = 0
        self._workers = 1

    def takes(self, lane: int, now: float) -> bool:
        return self.out < int(self._width) and (self.throttle is None or self.throttle.lanes(now) > lane)

    def begin(self) -> None:
        self.out += 1
        if self.throttle is not None:
            self.throttle.spend()

    def finish(self) -> None:
        self.out -= 1
        self._finished += 1

    def slower(self, now: float) -> None:
        if now - self._halved_at >= HALVED_SECONDS:
            self._halved_at = self._since = now
            self._finished = 0
            self._width = max(1.0, self._width / 2)

    def sent(self) -> None:
        self._width = min(self._most, self._width + 1.0 / self._width)

    @property
    def is_free(self) -> bool:
        """Whether nothing limits it any more."""
        return not self.is_configured and not self.held and self._width >= self._most

    def room(self, now: float) -> int:
        """How many parcels are worth holding."""
        least = LEAST_AHEAD if self.throttle else LEAST_AHEAD_UNPACED
        return max(least, int(AHEAD_SECONDS / self._seconds(now)))

    def turn(self, now: float) -> float:
        """In how many seconds one that there is no room for has its turn. Each call gives the next turn."""
        self._horizon = max(self._horizon, now + AHEAD_SECONDS / 2) + self._seconds(now)
        return min(self._horizon - now, LATEST_SECONDS)

    def share(self, workers: int) -> None:
        if self.throttle is not None:
            self.throttle.share(workers)
        self._workers = workers

    def _seconds(self, now: float) -> float:
        """From one message to the next: by the limits, or else as it went so far."""
        minutes, hours = self._pace.per_minute, self._pace.per_hour
        rates = [limit / period for limit, period in ((minutes, 60.0), (hours, 3600.0)) if limit]
        if rates:
            return self._workers / min(rates)
        if self._finished < LEAST_AHEAD:
            return A_MESSAGE_SECONDS / self._width
        return max(0.001, now - self._since) / self._finished


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A parcel that there is no use in holding; its turn comes in so many `seconds`."""

    parcel: Parcel
    domain: str
    seconds: float


class Domains:
    """All domains under a limit. `most` is how many messages a worker sends at one time."""

    def __init__(self, paces: Mapping[str, DomainPace], most: int, ticks: Callable[[], float]) -> None:
        self._paces = paces
        self._default = paces.get(EVERY_OTHER)
        self._most = most
        self._ticks = ticks
        self._domains: dict[str, Domain] = {}
        self._held: dict[Key, Domain] = {}
        self._out: set[Key] = set()
        self._parked: set[Domain] = set()
        self._workers = 1

    @property
    def has_limits(self) -> bool:
        return bool(self._domains or self._paces)

    def admit(self, parcels: Collection[Parcel]) -> tuple[list[Parcel], list[TurnedAway]]:
        """Those to hold, and those that had better come again later. A letter is always held."""
        if not self.has_limits:
            return list(parcels), []
        held, away = [], []
        for parcel in parcels:
            name = _domain_of(parcel)
            domain = self._of(name)
            if domain is None:
                held.append(parcel)
            elif parcel.claimed.lane < LETTERS or domain.held < domain.room(self._ticks()):
                self._hold(parcel, domain)
                held.append(parcel)
            else:
                away.append(TurnedAway(parcel, name, domain.turn(self._ticks())))
        return held, away

    def pick(self, queue: deque[Parcel], lane: int) -> Parcel | None:
        """The next of a lane whose domain takes one now; others are parked on the way."""
        now = self._ticks()
        for domain in self._parked:
            if domain.parked[lane] and domain.takes(lane, now):
                parcel = domain.parked[lane].popleft()
                if not any(domain.parked):
                    self._parked.discard(domain)
                return self._begin(parcel, domain)
        while queue:
            parcel = queue.popleft()
            held_by = self._of(_domain_of(parcel))
            if held_by is None:
                return parcel
            self._hold(parcel, held_by)
            if not held_by.parked[lane] and held_by.takes(lane, now):
                return self._begin(parcel, held_by)
            held_by.parked[lane].append(parcel)
            self._parked.add(held_by)
        return None

    def done(self, key: Key, state: int) -> bool:
        """A parcel has been dealt with. True if others may go for that."""
        domain = self._held.pop(key, None)
        if domain is None:
            return False
        domain.held -= 1
        if key in self._out:
            self._out.discard(key)
            domain.finish()
        if state == Delivery.State.SENT:
            domain.sent()
        if domain.is_free:
            self._domains = {name: it for name, it in self._domains.items() if it is not domain}
        return bool(self._parked)

    def put_back(self, parcel: Parcel) -> bool:
        """It was taken and comes back. True if it is parked here."""
        key = (parcel.claimed.dispatch, parcel.claimed.subscriber)
        if key not in self._out:
            return False
        self._out.discard(key)
        domain = self._held[key]
        domain.out -= 1
        domain.parked[parcel.claimed.lane].appendleft(parcel)
        self._parked.add(domain)
        return True

    def slower(self, parcel: Parcel) -> None:
        """Its domain answered that we are too fast."""
        name = _domain_of(parcel)
        domain = self._of(name)
        if domain is None:
            domain = self._domains[name] = Domain(NO_PACE, self._most, self._ticks())
        domain.slower(self._ticks())

    def clear(self) -> list[Parcel]:
        """Take out all that are parked."""
        parcels = [p for domain in self._parked for lane in domain.parked for p in lane]
        for domain in self._parked:
            for lane in domain.parked:
                lane.clear()
        self._parked.clear()
        return parcels

    def wait(self, most: float) -> float:
        """Seconds until a parked one may have its turn by the clock."""
        waits = (
            domain.throttle.wait(lane + 1)
            for domain in self._parked
            if domain.throttle
            for lane, queue in enumerate(domain.parked)
            if queue
        )
        return min(waits, default=most)

    def share(self, workers: int) -> None:
        """Divide the limits a minute and an hour by the workers that live."""
        self._workers = max(1, workers)
        for domain in self._domains.values():
            domain.share(self._workers)

    @property
    def are_waiting(self) -> bool:
        return bool(self._parked)

    def _of(self, name: str) -> Domain | None:
        found = self._domains.get(name)
        if found is None and (pace := self._paces.get(name, self._default)):
            found = self._domains[name] = Domain(pace, self._most, self._ticks())
            found.share(self._workers)
        return found

    def _hold(self, parcel: Parcel, domain: Domain) -> None:
        key = (parcel.claimed.dispatch, parcel.claimed.subscriber)
        if key not in self._held:
            self._held[key] = domain
            domain.held += 1

    def _begin(self, parcel: Parcel, domain: Domain) -> Parcel:
        self._out.add((parcel.claimed.dispatch, parcel.claimed.subscriber))
        domain.begin()
        return parcel


def _domain_of(parcel: Parcel) -> str:
    return parcel.to.rpartition("@")[2].lower()
