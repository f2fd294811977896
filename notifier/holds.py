"""Holding a dispatch: by a person, or by itself when it is larger than expected; then it is released or cancelled.

    READY -> hold -> held -> release -> READY
                          -> cancel  -> held for good, its deliveries cancelled

A hold stops what has not begun within seconds, as workers look it up again; feeds are not touched. Every decision is in
the audit log. `actor` and `way` are as there; instants are aware, UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, Sum

from config import revisions
from notifier import ledger, progress
from notifier.models import Delivery, Dispatch, Frequency, Schedule

BY_THRESHOLD = "threshold"
CANCELLED = "the dispatch was cancelled"
_HOUR = timedelta(hours=1)
_OVER = "nothing of it is waiting any more"


class Refused(Exception):
    """It cannot be done to this dispatch now: `str()` says why."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """More recipients, or more messages within an hour, hold a dispatch. 0: no bound."""

    recipients: int = 0
    hourly: int = 0

    def exceeded(self, recipients: int, hourly: int) -> str:
        """Why a dispatch of so many, with which so many leave within an hour, is held; empty if it is not."""
        if self.recipients and recipients > self.recipients:
            return f"{recipients:,} recipients are more than {self.recipients:,}"
        if self.hourly and hourly > self.hourly:
            return f"{hourly:,} messages within an hour are more than {self.hourly:,}"
        return ""


def judge(dispatch: Dispatch, now: datetime) -> None:
    """For a dispatch whose deliveries are all there: count them, and hold it if they are too many. Not saved."""
    dispatch.recipients = Delivery.objects.filter(dispatch_id=dispatch.pk).count()
    why = _thresholds(dispatch).exceeded(
        dispatch.recipients, dispatch.recipients + _within_an_hour(dispatch, now)
    )
    if why and not dispatch.held:
        _hold(dispatch, BY_THRESHOLD, why, now)


def hold(dispatch: int, actor: str, way: str, why: str, now: datetime) -> None:
    """Let nothing more of it begin. Raises Refused."""
    with _deciding(dispatch) as found:
        if found.held:
            raise Refused("it is held already")
        if found.lane == Dispatch.Lane.LETTER:
            raise Refused("letters to single persons are not held; `herald stop` stops all mail")
        if not progress.is_open(found):
            raise Refused(_OVER)
        _hold(found, actor, why, now)
        _save(found, actor, way, "held", {"held": False}, {"held": True, "because": why}, now)


def release(dispatch: int, actor: str, way: str, now: datetime) -> None:
    """Let it leave: what waited is sent. Raises Refused."""
    with _deciding(dispatch) as found:
        if found.cancelled_at:
            raise Refused("it was cancelled")
        if not found.held:
            raise Refused("it is not held")
        before = {"held": True, "because": found.held_because}
        found.held, found.held_at, found.held_by, found.held_because = False, None, "", ""
        _save(found, actor, way, "released", before, {"held": False}, now)


def cancel(dispatch: int, actor: str, way: str, now: datetime) -> int:
    """Send nothing more of it, ever; returns how many deliveries that ended. Raises Refused.

    Its window has been served: those people get what it held by no other message.
    """
    with _deciding(dispatch) as found:
        if found.cancelled_at:
            raise Refused("it was cancelled already")
        if found.lane == Dispatch.Lane.LETTER:
            raise Refused("letters to single persons are not cancelled")
        if not progress.is_open(found):
            raise Refused(_OVER)
        before = {"held": found.held, "cancelled": False}
        if not found.held:
            _hold(found, actor, "", now)
        found.cancelled_at = now
        _save(found, actor, way, "cancelled", before, {"held": True, "cancelled": True}, now)
    return ledger.cancel(dispatch, None, CANCELLED, now)


def sweep(now: datetime) -> int:
    """End what came back to the queue of a dispatch after it was cancelled; how many that was. Idempotent."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OVER, [connection.ops.adapt_datetimefield_value(now)])
        dispatches = [pk for (pk,) in cursor.fetchall()]
    return sum(ledger.cancel(pk, None, CANCELLED, now) for pk in dispatches)


# By the partial indexes of the queue, as a finished dispatch may have a million rows.
_LEFT_OVER = """
SELECT r.id FROM notifier_dispatch r WHERE r.cancelled_at IS NOT NULL AND r.state = 'ready' AND (
    EXISTS (SELECT 1 FROM notifier_delivery WHERE state = 0 AND lane = r.lane AND dispatch_id = r.id)
    OR r.id IN (SELECT dispatch_id FROM notifier_delivery WHERE state = 2 AND next_try_at <= %s))
"""


@contextmanager
def _deciding(dispatch: int) -> Iterator[Dispatch]:
    """A transaction about one dispatch, whose row nobody else changes meanwhile."""
    with transaction.atomic():
        found = Dispatch.objects.select_for_update().filter(pk=dispatch).first()
        if found is None:
            raise Refused(f"there is no dispatch {dispatch}")
        yield found


def _hold(dispatch: Dispatch, by: str, why: str, now: datetime) -> None:
    dispatch.held, dispatch.held_at, dispatch.held_by, dispatch.held_because = True, now, by, why[:300]


def _save(
    dispatch: Dispatch, actor: str, way: str, what: str, before: object, after: object, now: datetime
) -> None:
    dispatch.save(update_fields=["held", "held_at", "held_by", "held_because", "cancelled_at"])
    revisions.audit(actor, way, what, f"dispatch {dispatch.pk}", before=before, after=after, now=now)


def _thresholds(dispatch: Dispatch) -> Thresholds:
    schedule = Schedule.objects.filter(frequency=_frequency(dispatch)).first()
    return Thresholds(schedule.hold_above, schedule.hold_above_hourly) if schedule else Thresholds()


def _within_an_hour(dispatch: Dispatch, now: datetime) -> int:
    """How many messages the other dispatches of its frequency have planned in the last hour."""
    alike = Q(chain__frequency=_frequency(dispatch))
    if dispatch.lane == Dispatch.Lane.ALERT:
        alike |= Q(chain=None, lane=Dispatch.Lane.ALERT)
    others = Dispatch.objects.filter(alike, made_at__gt=now - _HOUR, cancelled_at=None).exclude(
        pk=dispatch.pk
    )
    return others.aggregate(found=Sum("recipients"))["found"] or 0


def _frequency(dispatch: Dispatch) -> str:
    """What has no chain leaves at once."""
    return dispatch.chain.frequency if dispatch.chain else Frequency.INSTANT
