"""How a dispatch stands, in words for whoever answers for what is sent. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from notifier import daytimes, progress, tallies
from notifier.models import Delivery, Dispatch, Edition


@dataclass(frozen=True, slots=True)
class Grace:
    """What waits for the end of its grace: the last of it leaves at `until` (UTC), to so many `people`."""

    until: datetime
    people: int

    def words(self, now: datetime) -> str:
        """ "leaves in 0:45, 312 people" """
        return f"leaves in {_minutes(self.until - now)}, {self.people:,} {'person' if self.people == 1 else 'people'}"


class Board:
    """How some dispatches stand at `now`: in a few queries, however many they are and to however many people."""

    def __init__(self, shown: Sequence[Dispatch], now: datetime) -> None:
        ids = [dispatch.pk for dispatch in shown]
        self._now = now
        self._queue = progress.queue()
        self._tallies = tallies.of([dispatch.pk for dispatch in shown if dispatch.counted_at])
        graces = Edition.objects.filter(dispatch__in=ids, leaves_at__gt=now).values_list("dispatch")
        self._graces = dict(graces.annotate(until=Max("leaves_at")))
        chainless = [d.pk for d in shown if d.chain_id is None and d.lane != Dispatch.Lane.LETTER]
        alerts = Edition.objects.filter(dispatch__in=chainless, layout="alert")
        self._alerts = set(alerts.values_list("dispatch", flat=True))

    def what(self, dispatch: Dispatch) -> str:
        """ "at once", "several 13:00 Europe/Vienna", "correction", "shown again", "letter" """
        if dispatch.chain is not None:
            if dispatch.minute is None:
                return str(dispatch.chain)
            return f"{dispatch.chain.frequency} {daytimes.spell(dispatch.minute)} {dispatch.chain.zone}"
        if dispatch.lane == Dispatch.Lane.LETTER:
            return "letter"
        return "shown again" if dispatch.pk in self._alerts else "correction"

    def counts(self, dispatch: Dispatch) -> dict[str, int]:
        """Deliveries by the name of their state, in lower case, in the order of the states."""
        return self._tallies[dispatch.pk] if dispatch.counted_at else progress.counted(dispatch.pk)

    def grace(self, dispatch: Dispatch) -> Grace | None:
        """The grace that has not run out, if any has."""
        until = self._graces.get(dispatch.pk)
        if until is None:
            return None
        waiting = Delivery.objects.filter(
            dispatch_id=dispatch.pk, state=Delivery.State.DEFERRED, next_try_at__gt=self._now
        )
        return Grace(until, waiting.count())

    def ends(self, dispatch: Dispatch) -> datetime | None:
        """When it will have been sent, as things go now."""
        return None if dispatch.counted_at else self._queue.ends(dispatch.pk, self._now)

    def condition(self, dispatch: Dispatch) -> str:
        """ "held since …: 5,312 recipients are more than 5,000", "leaves in 0:45, 312 people", "312 of 5,000 sent" …"""
        if dispatch.cancelled_at:
            return f"cancelled {dispatch.cancelled_at:%Y-%m-%d %H:%M} UTC"
        if dispatch.held:
            since = f"held since {dispatch.held_at:%Y-%m-%d %H:%M} UTC" if dispatch.held_at else "held"
            return f"{since}: {dispatch.held_because}" if dispatch.held_because else since
        if dispatch.state == Dispatch.State.FILLING:
            return "being planned"
        waiting = self.grace(dispatch)
        return waiting.words(self._now) if waiting is not None else self._sending(dispatch)

    def _sending(self, dispatch: Dispatch) -> str:
        if dispatch.recipients == 0:
            return "nothing to send"
        if dispatch.counted_at:
            return self._outcome(dispatch)
        return self._going(dispatch) if progress.is_open(dispatch) else "sent"

    def _going(self, dispatch: Dispatch) -> str:
        """ "being sent: 312,000 of 1,000,000, until about 07:14 UTC" """
        left = self._queue.dispatches.get(dispatch.pk)
        if left is None or not dispatch.recipients:
            return "being sent"
        said = f"being sent: {max(0, dispatch.recipients - left.messages):,} of {dispatch.recipients:,}"
        if left.deferred:
            said += f", {left.deferred:,} put off"
        ends = self.ends(dispatch)
        return said if ends is None else f"{said}, until about {_at(ends, self._now)}"

    def _outcome(self, dispatch: Dispatch) -> str:
        """ "sent", and what was not: "sent, 12 failed" """
        counts = dict(self.counts(dispatch))
        sent = counts.pop("sent", 0)
        rest = ", ".join(f"{count:,} {state}" for state, count in counts.items())
        return f"{'sent' if sent else 'ended'}, {rest}" if rest else "sent"


def _at(instant: datetime, now: datetime) -> str:
    return f"{instant:%H:%M} UTC" if instant.date() == now.date() else f"{instant:%Y-%m-%d %H:%M} UTC"


def _minutes(left: timedelta) -> str:
    seconds = max(0, round(left.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
