"""How a dispatch stands, in words for whoever answers for what is sent. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max

from notifier import daytimes
from notifier.models import Delivery, Dispatch


@dataclass(frozen=True, slots=True)
class Grace:
    """What waits for the end of its grace: the last of it leaves at `until` (UTC), to so many `people`."""

    until: datetime
    people: int

    def words(self, now: datetime) -> str:
        """ "leaves in 0:45, 312 people" """
        return f"leaves in {_minutes(self.until - now)}, {self.people:,} {'person' if self.people == 1 else 'people'}"


def what(dispatch: Dispatch) -> str:
    """ "at once", "several 13:00 Europe/Vienna", "correction", "shown again", "letter" """
    if dispatch.chain is not None:
        if dispatch.minute is None:
            return str(dispatch.chain)
        return f"{dispatch.chain.frequency} {daytimes.spell(dispatch.minute)} {dispatch.chain.zone}"
    if dispatch.lane == Dispatch.Lane.LETTER:
        return "letter"
    layouts = dispatch.editions.values_list("layout", flat=True)
    return "shown again" if "alert" in layouts else "correction"


def counts(dispatch: int) -> dict[str, int]:
    """Deliveries by the name of their state, in lower case, in the order of the states."""
    rows = Delivery.objects.filter(dispatch_id=dispatch).values_list("state").annotate(Count("subscriber_id"))
    return {Delivery.State(state).name.lower(): count for state, count in sorted(rows)}


def grace(dispatch: Dispatch, now: datetime) -> Grace | None:
    """The grace that has not run out at `now`, if any has."""
    until = dispatch.editions.filter(leaves_at__gt=now).aggregate(last=Max("leaves_at"))["last"]
    if until is None or dispatch.state == Dispatch.State.FILLING:
        return None
    waiting = Delivery.objects.filter(
        dispatch_id=dispatch.pk, state=Delivery.State.DEFERRED, next_try_at__gt=now
    )
    return Grace(until, waiting.count())


def condition(dispatch: Dispatch, now: datetime) -> str:
    """ "held since …: 5,312 recipients are more than 5,000", "leaves in 0:45, 312 people", "sent" …"""
    if dispatch.cancelled_at:
        return f"cancelled {dispatch.cancelled_at:%Y-%m-%d %H:%M} UTC"
    if dispatch.held:
        since = f"held since {dispatch.held_at:%Y-%m-%d %H:%M} UTC" if dispatch.held_at else "held"
        return f"{since}: {dispatch.held_because}" if dispatch.held_because else since
    waiting = grace(dispatch, now)
    if waiting is not None:
        return waiting.words(now)
    if dispatch.state == Dispatch.State.FILLING:
        return "being planned"
    if dispatch.recipients == 0:
        return "nothing to send"
    return "being sent" if is_open(dispatch) else "sent"


def is_open(dispatch: Dispatch) -> bool:
    """Whether anything of it is still to be sent. By the queue's indexes: a million finished rows cost nothing."""
    if dispatch.state == Dispatch.State.FILLING:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"dispatch": dispatch.pk, "lane": dispatch.lane})
        return cursor.fetchone() is not None


# States as numbers: SQLite takes a partial index only for a condition it can read.
_OPEN = """
SELECT 1 FROM notifier_delivery WHERE state = 0 AND lane = %(lane)s AND dispatch_id = %(dispatch)s
UNION ALL SELECT 1 FROM notifier_delivery WHERE state = 1 AND dispatch_id = %(dispatch)s
UNION ALL SELECT 1 FROM notifier_delivery WHERE state = 2 AND dispatch_id = %(dispatch)s
LIMIT 1
"""


def _minutes(left: timedelta) -> str:
    seconds = max(0, round(left.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
