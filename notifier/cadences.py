"""Cadences: what a person gets at each frequency, and from when on; changed so that nothing is lost or doubled.

A change happens under the planning lock, at one instant J for all cadences of the person (see `moment`). Each cadence
joins its chain anew at J, and its `since` is where what it owes begins:

- From J on, each release belongs to one cadence: the quickest whose interest selects it, as `minus` takes it from the
  slower ones. Where a person wants digests to repeat alerts, it belongs to their alerts and to one of the digests.
- What was announced before J and is still owed may fit several of the new cadences. Each of them begins at the end of
  what its predecessor served, or earlier if another cadence gave something up (`carried`), and in the first window
  after J it leaves out what the ledger says the person has had. So whichever comes first sends it.

J is never before the end of a window that has been planned: no window ends after the instant before which nothing can
be announced any more, J is not before that instant, and no window is planned while the lock is held. So each window
that was planned has gone by for the new cadence, and the next one after J gives it [since, its end). This holds even
where a clock was set back, as the instant never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.models import NoticeState
from feeds.selection import NOTHING, Selection, union
from notifier import daytimes
from notifier.interests import interest_for, selections
from notifier.matching import Candidate
from notifier.models import QUICKEST_FIRST, Cadence, Chain, Frequency, Settling, Spell, Subscriber
from notifier.planning import gathering
from notifier.planning.drafting import NEVER

EVERY_DAY = "1234567"


@dataclass(frozen=True, slots=True)
class Demand:
    """All that a person wants at one frequency, and when: local minutes after midnight on ISO weekdays, or on a day of
    the month (see `windows.Timetable`)."""

    interest: Selection
    zone: str = "UTC"
    minutes: tuple[int, ...] = (0,)
    weekdays: str = EVERY_DAY
    monthday: int = 0


@dataclass(frozen=True, slots=True)
class Owed:
    """What a cadence that is about to change still owes: what its interest selects, from `since` on."""

    interest: Selection
    since: datetime


def moment(now: datetime) -> datetime:
    """The instant J of a change. Call it under the planning lock, after `notice.advance(now)`."""
    noticed = NoticeState.objects.values_list("instant", flat=True).filter(pk=1).first()
    return max(now, noticed or now)


def rebuild(subscriber: Subscriber, demands: Mapping[str, Demand], at: datetime, now: datetime) -> None:
    """Make the person's cadences what `demands` (by frequency) says. `at` is J; a pause goes on."""
    old = list(subscriber.cadences.select_related("chain"))
    paused_at = next((cadence.paused_at for cadence in old if cadence.paused_at), None)
    chosen = selections(cadence.interest_id for cadence in old)
    owed = {c.frequency: Owed(chosen[c.interest_id], served_to(c)) for c in old}
    wanted = {frequency: demand.interest for frequency, demand in demands.items()}
    repeats = subscriber.repeat_alerts
    remember(old, at)
    beginnings = carried(owed, wanted, at, _announced(given_up(owed, wanted), at))
    subscriber.cadences.exclude(frequency__in=demands).delete()
    for frequency, demand in demands.items():
        Cadence.objects.update_or_create(
            subscriber=subscriber,
            frequency=frequency,
            defaults={
                "chain": _chain(frequency, demand, now),
                "interest": interest_for(demand.interest),
                "minus": interest_for(_quicker(wanted, frequency, repeats)),
                "language": subscriber.language,
                "repeat_alerts": repeats and frequency != Frequency.INSTANT,
                "since": beginnings[frequency],
                "joined_at": at,
                "paused_at": paused_at,
            },
        )


def pause(subscriber: Subscriber, at: datetime, now: datetime) -> None:
    """Stop, and remember from when on the person has not been served. Pausing twice is pausing once."""
    running = list(subscriber.cadences.filter(paused_at=None).select_related("chain"))
    remember(running, at)
    for cadence in running:
        cadence.since, cadence.joined_at, cadence.paused_at = served_to(cadence), at, now
        cadence.save(update_fields=["since", "joined_at", "paused_at"])


def resume(subscriber: Subscriber, at: datetime, *, afresh: datetime | None = None) -> None:
    """Go on with what was missed, or `afresh`: with what was announced from that instant on, at the latest `at`."""
    waiting = list(subscriber.cadences.exclude(paused_at=None))
    remember(waiting, at)
    for cadence in waiting:
        cadence.joined_at, cadence.paused_at = at, None
        cadence.since = cadence.since if afresh is None else max(cadence.since, min(afresh, at))
        cadence.save(update_fields=["since", "joined_at", "paused_at"])


def remember(cadences: Iterable[Cadence], at: datetime) -> None:
    """Keep what these were until `at`, when they change or end."""
    Spell.objects.bulk_create(
        Spell(
            subscriber_id=cadence.subscriber_id, frequency=cadence.frequency, chain_id=cadence.chain_id,
            interest_id=cadence.interest_id, minus_id=cadence.minus_id, since=cadence.since,
            joined_at=cadence.joined_at, paused=cadence.paused_at is not None, served_to=served_to(cadence),
            ended_at=at,
        )
        for cadence in cadences
    )  # fmt: skip


def carried(
    owed: Mapping[str, Owed], wanted: Mapping[str, Selection], at: datetime, announced: Sequence[Candidate]
) -> dict[str, datetime]:
    """From when on each of the new cadences (by frequency) is to serve.

    One that stays goes on where it was, a new one begins `at`. What another cadence still owes and gave up is to come
    by all the others that select it too: they begin where the first such release was `announced`. Too early a beginning
    does no harm, as the ledger knows what the person has had.
    """
    gave_up = given_up(owed, wanted)

    def beginnings(frequency: str) -> Iterator[datetime]:
        yield owed[frequency].since if frequency in owed else at
        for other, old in gave_up.items():
            if other != frequency:
                yield from (
                    release.at
                    for release in announced
                    if release.at >= old.since
                    and old.interest.matches(release.facts)
                    and wanted[frequency].matches(release.facts)
                )

    return {frequency: min(beginnings(frequency)) for frequency in wanted}


def given_up(owed: Mapping[str, Owed], wanted: Mapping[str, Selection]) -> dict[str, Owed]:
    """Those of the old cadences that will not serve all they owe. Judged by rules: a no may be a yes in effect."""
    return {
        frequency: old
        for frequency, old in owed.items()
        if not wanted.get(frequency, NOTHING).covers(old.interest)
    }


def served_to(cadence: Cadence) -> datetime:
    """The end of what this cadence has served. A running dispatch has been handed over, so its window counts.

    An interest that settles has been left out of every window since `from_at`.
    """
    if cadence.paused_at is not None:
        return cadence.since
    end = cadence.chain.served_until
    if cadence.frequency == Frequency.INSTANT:
        held = Settling.objects.filter(pk=cadence.interest_id).values_list("from_at", flat=True).first()
        end = held or end
    return cadence.since if cadence.joined_at >= end else end


def _quicker(wanted: Mapping[str, Selection], frequency: str, repeats: bool) -> Selection:
    """What comes more quickly; where digests repeat alerts, what comes at once takes nothing from them."""
    return union(
        selection
        for other, selection in wanted.items()
        if _is_quicker(other, frequency) and not (repeats and other == Frequency.INSTANT)
    )


def _is_quicker(one: str, other: str) -> bool:
    return QUICKEST_FIRST.index(one) < QUICKEST_FIRST.index(other)


def _announced(gave_up: Mapping[str, Owed], at: datetime) -> list[Candidate]:
    """What was announced since the earliest of these began to owe."""
    since = min((old.since for old in gave_up.values()), default=at)
    return gathering.candidates(since, NEVER) if since < at else []


def _chain(frequency: str, demand: Demand, now: datetime) -> Chain:
    return Chain.objects.get_or_create(
        frequency=frequency,
        zone=demand.zone,
        times=daytimes.spell_all(demand.minutes),
        weekdays=demand.weekdays,
        monthday=demand.monthday,
        defaults={"served_until": now},
    )[0]
