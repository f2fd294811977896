"""Pauses that end by themselves: on the day that was said, when it begins where the person is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.asking import Whether
from notifier import subscriptions
from notifier.models import Subscriber

LONGEST = timedelta(days=366)
_EARLIEST = timedelta(hours=15)  # no zone is further ahead of UTC


_anybody = Whether(lambda: Subscriber.objects.exclude(pause_until=None))


def follow(now: datetime) -> bool:
    """End those whose day has come. True if there was one; done twice it changes nothing more."""
    if not _anybody():
        return False
    near = (now + _EARLIEST).astimezone(UTC).date()
    waiting = Subscriber.objects.filter(pause_until__lte=near).order_by("pk")
    due = [
        pk
        for pk, zone, until in waiting.values_list("pk", "zone", "pause_until")
        if until is not None and until <= now.astimezone(ZoneInfo(zone)).date()
    ]
    ended = [subscriptions.end_pause(pk, now) for pk in due]
    return any(ended)


def days(zone: str, now: datetime) -> tuple[date, date]:
    """The first and the last day until which one may pause, by the person's own calendar."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return today + timedelta(days=1), today + LONGEST
