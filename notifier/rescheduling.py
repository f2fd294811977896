"""Who leaves the hour of their mail to the newsroom follows it when the newsroom changes its schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from config import revisions
from config.models import Revision
from feeds import notice
from feeds.selection import EVERYTHING
from notifier import subscriptions, wishes
from notifier.cadences import Demand
from notifier.models import Cadence, Chain, Frequency, Schedule, Subscription
from notifier.wishes import Wish

NAME = "schedules"


def follow(now: datetime) -> bool:
    """Move everybody whose schedule changed since the last revision that was followed. True if there was a new one.

    Killed in between, the next call moves the others: whoever has been moved is left alone.
    """
    number = revisions.current()
    done = notice.reached(NAME)
    if done == number:
        return False
    if done is None or _schedule(done) != _schedule(number):
        _move(now)
    notice.move(NAME, number)
    return True


def _move(now: datetime) -> None:
    schedules = {row.frequency: row for row in Schedule.objects.all()}
    for subscriber in list(_astray(schedules)):
        subscriptions.reschedule(subscriber, now)


def _schedule(number: int) -> object:
    """What revision `number` says of schedules."""
    document = Revision.objects.filter(number=number).values_list("document", flat=True).first()
    return document["schedule"] if document else None


class Own(NamedTuple):
    """What a person says of the time themselves; None or "": as the schedule has it."""

    minute: int | None
    weekdays: str | None
    monthday: int | None


def due_by(chain: Chain, own: Own, schedules: Mapping[str, Schedule]) -> Chain | Demand:
    """When mail of this chain should come to one who says `own`. Where that is as it is, the chain itself."""
    wish = Wish(EVERYTHING, chain.frequency, own.minute, own.weekdays or None, own.monthday)
    asked = wishes.demands([wish], schedules, chain.zone)[chain.frequency]
    now = (chain.minutes, chain.weekdays, chain.monthday)
    return chain if (asked.minutes, asked.weekdays, asked.monthday) == now else asked


def with_own_times(cadences: QuerySet[Cadence]) -> QuerySet[Cadence]:
    """With `own_minute`, `own_weekdays` and `own_monthday`: the first that the person's subscriptions at that frequency
    name.
    """
    live = Subscription.objects.filter(
        subscriber=OuterRef("subscriber"), frequency=OuterRef("frequency"), ended_at=None
    ).order_by("pk")
    return cadences.annotate(
        own_minute=Subquery(live.exclude(minute=None).values("minute")[:1]),
        own_weekdays=Subquery(live.exclude(weekdays="").values("weekdays")[:1]),
        own_monthday=Subquery(live.exclude(monthday=None).values("monthday")[:1]),
    )


def _astray(schedules: Mapping[str, Schedule]) -> Iterator[int]:
    """Subscribers whose mail does not come when it should."""
    timed = with_own_times(Cadence.objects.exclude(frequency=Frequency.INSTANT)).select_related("chain")
    for cadence in timed.order_by("subscriber_id").iterator(chunk_size=2000):
        own = Own(*(getattr(cadence, f"own_{name}", None) for name in Own._fields))
        if due_by(cadence.chain, own, schedules) is not cadence.chain:
            yield cadence.subscriber_id
