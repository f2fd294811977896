"""How late anything is: alerts, runs, and messages that may have arrived. Reads only, and cheaply.

Durations are zero where nothing is late; `now` is an aware instant, UTC. What a person has held, cancelled or stopped
is not late, and neither is what a recipient's server has put off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Min

from feeds.models import Announcement
from notifier import planner, progress
from notifier.models import Cadence, Chain, Channel, Delivery, Dispatch, Frequency

ALERT = timedelta(minutes=15)
RUN = timedelta(hours=2)
UNKNOWN = timedelta(hours=6)
NONE = timedelta()


def alerts(now: datetime) -> timedelta:
    """For how long the oldest alert has been due that not everybody was handed, or that is not planned."""
    if Channel.objects.filter(stopped_at__isnull=False).exists():
        return NONE
    return _since([*_unsent(), *_unplanned()], now)


def runs(now: datetime) -> timedelta:
    """For how long the oldest digest has been due that is not planned."""
    due = (run for run in planner.due(now) if run.frequency != Frequency.INSTANT)
    return _since([run.ends_at for run in due], now)


def unknown(now: datetime) -> timedelta:
    """How old the oldest message is whose relay fell silent after the last dot, and which waits to be offered again."""
    fallen = Delivery.objects.filter(state=Delivery.State.DEFERRED, after_dot=True)
    first = fallen.aggregate(first=Min("dispatch_id"))["first"]
    return _since(Dispatch.objects.filter(pk=first).values_list("made_at", flat=True), now)


def _unsent() -> Iterator[datetime]:
    waiting = [
        pk
        for pk, one in progress.queue().dispatches.items()
        if one.lane == Dispatch.Lane.ALERT and not one.held and one.pending + one.sending
    ]
    found = Dispatch.objects.filter(pk__in=waiting, state=Dispatch.State.READY, cancelled_at=None)
    yield from found.values_list("made_at", flat=True)


def _unplanned() -> Iterator[datetime]:
    for chain in Chain.objects.filter(frequency=Frequency.INSTANT):
        if Cadence.objects.filter(chain=chain, paused_at=None).exists():
            later = Announcement.objects.filter(at__gte=chain.served_until).aggregate(first=Min("at"))
            if later["first"] is not None:
                yield later["first"]


def _since(instants: Iterable[datetime], now: datetime) -> timedelta:
    return max(now - min(instants, default=now), NONE)
