"""The rows of canaries. Each step may be taken by anybody, any number of times.

begin, once in an interval -> follow: noticed -> posted -> handed to the relay
                              seen: in the feed;  arrive: back by mail;  forget: after a day
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from config.asking import Whether
from feeds import canary, notice, wake
from notifier import ledger
from notifier.canary import mailbox
from notifier.models import NOBODY, Canary, Delivery, Dispatch

Way = Canary.Way
KEPT = timedelta(days=1)
TOO_LATE = "it proves nothing any more"
REPORTED = "a report about it came back"
_ENDED = {
    None: "it is gone from the ledger",
    Delivery.State.FAILED: "it was refused",
    Delivery.State.SUPPRESSED: "it was not to leave",
    Delivery.State.CANCELLED: "it was given up",
}
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_ON_ITS_WAY = Q(dispatch_id__isnull=False, handed_at=None, arrived_at=None, fault="") & ~Q(way=Way.STOPPED)


def begin(now: datetime, every: timedelta) -> Canary | None:
    """Write the canary of this interval, if nobody has; what of earlier ones has not left, does not leave any more."""
    due = now - (now - _EPOCH) % every
    if Canary.objects.filter(due_at=due).exists():
        return None
    with notice.locked():
        if Canary.objects.filter(due_at=due).exists():
            return None
        name = secrets.token_hex(8)
        release = canary.write(name, f"{settings.BASE_URL}/status", now)
        begun = Canary.objects.create(due_at=due, name=name, begun_at=now, release_id=release)
    _give_up(now)
    return begun


def newest() -> Canary | None:
    return Canary.objects.order_by("-pk").first()


def _open() -> QuerySet[Canary]:
    return Canary.objects.filter(Q(way=Way.OPEN) | _ON_ITS_WAY)


_any_open = Whether(_open)


def follow(now: datetime) -> bool:
    """Take those on their way a step further. True if there was one."""
    if not _any_open():
        return False
    found = list(_open().order_by("pk"))
    for row in found:
        if row.way == Way.OPEN:
            _post(row, now)
        elif row.dispatch_id is not None:
            _look_after(row, row.dispatch_id, now)
    return bool(found)


def seen(row: Canary, now: datetime) -> None:
    """The feed has it, as readers see it."""
    Canary.objects.filter(pk=row.pk, served_at=None).update(served_at=now)


def arrive(dispatch: int, now: datetime) -> bool:
    """Its message came back to Herald. False if it had, or is forgotten."""
    return bool(Canary.objects.filter(dispatch_id=dispatch, arrived_at=None).update(arrived_at=now))


def report(dispatch: int) -> bool:
    """Something came back that is not its message. False if that arrived before, or is forgotten."""
    undelivered = Canary.objects.filter(dispatch_id=dispatch, arrived_at=None, fault="")
    return bool(undelivered.update(fault=REPORTED))


def forget(now: datetime) -> int:
    """Delete what is a day old; how many that was. Where canaries were switched off, the last leaves the store first,
    and is forgotten when that was noticed as well.
    """
    old = list(Canary.objects.filter(begun_at__lt=now - KEPT).order_by("pk"))
    if not old:
        return 0
    if not Canary.objects.exclude(pk__in=[row.pk for row in old]).exists():
        with notice.locked():
            if canary.clear():
                return 0
    canary.forget([row.release_id for row in old])
    dispatches = [row.dispatch_id for row in old if row.dispatch_id is not None]
    with transaction.atomic():
        Delivery.objects.filter(subscriber_id=NOBODY, dispatch_id__in=dispatches)._raw_delete("default")
        Dispatch.objects.filter(pk__in=dispatches).delete()
        Canary.objects.filter(pk__in=[row.pk for row in old]).delete()
    return len(old)


def _post(row: Canary, now: datetime) -> None:
    if not canary.noticed(row.release_id):
        return
    way = mailbox.way(now)
    with transaction.atomic():
        if not Canary.objects.filter(pk=row.pk, way=Way.OPEN).update(way=way, noticed_at=now):
            return
        if way in (Way.RELAY, Way.MAILBOX):
            dispatch = mailbox.post(row.release_id, now)
            Canary.objects.filter(pk=row.pk).update(dispatch_id=dispatch.pk)
            wake.ring()


def _look_after(row: Canary, dispatch: int, now: datetime) -> None:
    """What the ledger says of its message. It does not wait for a stop to end, as it would prove nothing then."""
    mine = Canary.objects.filter(pk=row.pk)
    delivery = Delivery.objects.filter(dispatch_id=dispatch, subscriber_id=NOBODY).first()
    state = None if delivery is None else Delivery.State(delivery.state)
    if delivery is not None and state == Delivery.State.SENT:
        mine.update(handed_at=delivery.finished_at or now)
    elif state in _ENDED:
        mine.update(fault=_ENDED[state])
    elif mailbox.is_stopped() and ledger.cancel(dispatch, None, TOO_LATE, now):
        mine.update(way=Way.STOPPED)


def _give_up(now: datetime) -> None:
    """A relay that was away for hours is not to be handed all the canaries of these hours."""
    for row in Canary.objects.filter(_ON_ITS_WAY, begun_at__lt=now - settings.CANARY_OVERDUE):
        if row.dispatch_id:
            ledger.cancel(row.dispatch_id, None, TOO_LATE, now)
