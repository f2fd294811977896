"""Who leaves the hour of their mail to the newsroom follows it when the newsroom changes its schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from config import revisions
from config.models import Revision
from feeds.models import Cursor
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
    done = Cursor.objects.filter(pk=NAME).values_list("seq", flat=True).first()
    if done == number:
        return False
    if done is None or _schedule(done) != _schedule(number):
        _move(now)
    Cursor.objects.update_or_create(pk=NAME, defaults={"seq": number})
    return True


def _move(now: datetime) -> None:
    schedules = {row.frequency: row for row in Schedule.objects.all()}
    for subscriber in list(_astray(schedules)):
        subscriptions.reschedule(subscriber, now)


def _schedule(number: int) -> object:
    """What revision `number` says of schedules."""
    document = Revision.objects.filter(number=number).values_list("document", flat=True).first()
    return document["schedule"] if document else None


def due_by(
    chain: Chain, minute: int | None, weekdays: str | None, schedules: Mapping[str, Schedule]
) -> Chain | Demand:
    """When mail of this chain should come to one who says `minute` and `weekdays` themselves; None: as the schedule
    has it. Where that is as it is, the chain itself.
    """
    wish = Wish(EVERYTHING, chain.frequency, minute, weekdays or None)
    asked = wishes.demands([wish], schedules, chain.zone)[chain.frequency]
    return chain if (asked.minute, asked.weekdays) == (chain.minute, chain.weekdays) else asked


def with_own_times(cadences: QuerySet[Cadence]) -> QuerySet[Cadence]:
    """With `own_minute` and `own_weekdays`: the first that the person's subscriptions at that frequency name."""
    live = Subscription.objects.filter(
        subscriber=OuterRef("subscriber"), frequency=OuterRef("frequency"), ended_at=None
    ).order_by("pk")
    return cadences.annotate(
        own_minute=Subquery(live.exclude(minute=None).values("minute")[:1]),
        own_weekdays=Subquery(live.exclude(weekdays="").values("weekdays")[:1]),
    )


def _astray(schedules: Mapping[str, Schedule]) -> Iterator[int]:
    """Subscribers whose mail does not come when it should."""
    timed = with_own_times(Cadence.objects.exclude(frequency=Frequency.INSTANT)).select_related("chain")
    for cadence in timed.order_by("subscriber_id").iterator(chunk_size=2000):
        own = getattr(cadence, "own_minute", None), getattr(cadence, "own_weekdays", None)
        if due_by(cadence.chain, *own, schedules) is not cadence.chain:
            yield cadence.subscriber_id
