"""How long each class of data is kept, in one table: the jobs delete by it, and the privacy page shows it.

A model that holds something of a person stands here, or in KEPT_WITH with what it goes with; tests walk all models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config import auditing
from config.accounts import sessions, throttle
from config.models import Invitation
from notifier import allowances, asks, days, erasures, moves, partitions, suppressions, tallies
from notifier.canary import keeping
from notifier.imports import running
from notifier.models import Ask, Subscriber, Summary, Watch
from notifier.planning import lock
from notifier.replies import recording
from notifier.subscriptions import UNDO

AT_ONCE = 200
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of data: `models` hold it ("notifier.ask"), `period` is how long it is kept, `end` deletes what is older.

    `end` takes the instant and gives back nothing that matters; it is done again and again.
    """

    name: Promise | str
    models: tuple[str, ...]
    period: timedelta
    end: Callable[[datetime], object]


def table() -> Iterator[Class]:
    """All classes. Periods that are settings are those of this installation."""
    yield Class(
        _("Addresses that were entered and not confirmed"), ("notifier.subscriber",), 7 * DAY, unconfirmed
    )
    yield Class(
        _("What belonged to a subscription that has ended, after the time in which you can undo it"),
        ("notifier.subscriber",), UNDO, left,
    )  # fmt: skip
    yield Class(
        _("Which messages you were sent; of older ones, only sums are kept"),
        ("notifier.delivery", "notifier.particular"),
        timedelta(days=settings.LEDGER_DAYS) + partitions.leeway(), tallies.archive,
    )  # fmt: skip
    yield Class(_("What mail servers sent back"), ("notifier.reply",), recording.KEPT, recording.forget)
    yield Class(
        _("Addresses that cannot be delivered to for now"), ("notifier.suppression",), 30 * DAY, expired
    )
    yield Class(_("Watches of a release, after they have ended"), ("notifier.watch",), 35 * DAY, watches)
    yield Class(_("A change of address that nobody confirmed"), ("notifier.move",), 7 * DAY, moves.forget)
    yield Class(
        _("An address that was just entered, until a letter is written"), ("notifier.ask",), asks.KEPT, asked
    )
    yield Class(
        _("A list of addresses from another system, until it is taken over"),
        ("notifier.importbatch",), running.KEPT, importing,
    )  # fmt: skip
    yield Class(
        _("How many addresses were entered from one network, as a number under a key of the day"),
        ("notifier.allowance",), timedelta(hours=1), allowances.forget,
    )  # fmt: skip
    yield Class(
        _("That somebody was erased, as a number from which no address can be read"),
        ("notifier.erasure",), 400 * DAY, erased,
    )  # fmt: skip
    yield Class(
        _("Who of the staff did what; people by a number only"),
        ("config.auditentry",),
        3 * 365 * DAY,
        audited,
    )
    yield Class(
        _("Sessions of the staff, and failed attempts to sign in"),
        ("config.accountsession", "config.signintry"), 7 * DAY, signed_in,
    )  # fmt: skip
    yield Class(_("Invitations of the staff"), ("config.invitation",), 30 * DAY, invited)
    yield Class(
        _("How many people there are by day, by topic and by office, as numbers alone"),
        ("notifier.daycount",), days.KEPT, days.forget,
    )  # fmt: skip
    yield Class(
        _("Test releases by which this service proves that it works; nothing of anybody"),
        ("notifier.canary",), keeping.KEPT, keeping.forget,
    )  # fmt: skip
    yield Class(_("Which weekly summaries the staff was sent"), ("notifier.summary",), 35 * DAY, summed_up)


KEPT_WITH = {
    "notifier.subscription": "the person",
    "notifier.cadence": "the person",
    "notifier.spell": "the person",
    "notifier.turn": "the person",
    "notifier.consent": "the person",
    "notifier.correctiondue": "the person",
    "notifier.imported": "the person",
    "config.secondfactor": "the account",
    "config.recoverycode": "the account",
    "config.identity": "the account",
    "config.accountmail": "the account",
}


def end(now: datetime) -> None:
    """Delete what has been kept for long enough. Each class by itself: what fails is raised when all were tried."""
    failed: list[Exception] = []
    for one in table():
        try:
            one.end(now)
        except Exception as error:
            failed.append(error)
    if failed:
        raise ExceptionGroup("some data could not be deleted in time", failed)


def unconfirmed(now: datetime) -> int:
    """Those who were last asked a week ago, and have not answered."""
    horizon = now - 7 * DAY
    waiting = Subscriber.objects.filter(state=Subscriber.State.PENDING, created_at__lt=horizon)
    return _forget(waiting.filter(Q(letter_sent_at=None) | Q(letter_sent_at__lt=horizon)))


def left(now: datetime) -> int:
    return _forget(Subscriber.objects.filter(state=Subscriber.State.LEFT, left_at__lt=now - UNDO))


def expired(now: datetime) -> int:
    return suppressions.forget(now)


def watches(now: datetime) -> int:
    horizon = now - 35 * DAY
    return Watch.objects.filter(Q(ended_at__lt=horizon) | Q(until__lt=horizon)).delete()[0]


def importing(now: datetime) -> None:
    running.forget(now - running.KEPT)


def asked(now: datetime) -> int:
    return Ask.objects.filter(at__lt=now - asks.KEPT).delete()[0]


def erased(now: datetime) -> int:
    return erasures.trim(now - 400 * DAY)


def audited(now: datetime) -> int:
    return auditing.forget(now - 3 * 365 * DAY, "command:scheduler", now)


def signed_in(now: datetime) -> None:
    sessions.sweep(now)
    throttle.forget(now)


def invited(now: datetime) -> int:
    return Invitation.objects.filter(made_at__lt=now - 30 * DAY).delete()[0]


def summed_up(now: datetime) -> int:
    return Summary.objects.filter(next_at__lt=now - 35 * DAY).delete()[0]


def _forget(people: object) -> int:
    """Some at a time, each with all that is theirs."""
    found = list(people.order_by("pk")[:AT_ONCE])  # type: ignore[attr-defined]
    for subscriber in found:
        with transaction.atomic(), lock.shared():
            erasures.forget(subscriber)
    return len(found)
