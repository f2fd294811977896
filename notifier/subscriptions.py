"""Everything that changes a subscriber: asking, confirming, changing, pausing, leaving, coming back.

    ask -> PENDING -> confirm -> ACTIVE -> change, pause, resume -> leave -> LEFT -> come_back -> ACTIVE

Each is one transaction under the planning lock, and each may be repeated without harm. `now` is an aware instant, UTC.
Who is meant is a Subscriber, which is then brought up to date, or the number of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from feeds import notice
from feeds.selection import Selection
from notifier import addresses, cadences, channel, windows
from notifier.interests import interest_for, selections
from notifier.models import CorrectionDue, Delivery, Schedule, Subscriber, Subscription, Turn
from notifier.planning import filling, lock
from notifier.wishes import BadWish, Wish, alongside, checked, demands, known_zone, timed

__all__ = [
    "UNDO", "BadWish", "Unreachable", "Wish", "add", "admit", "ask", "cancel_queued", "change", "come_back", "confirm",
    "drop", "dropped", "end_pause", "find", "is_paused", "known", "leave", "may_come_back", "pause", "reachable",
    "reschedule", "resume", "take_back", "wishes_of",
]  # fmt: skip

UNDO = timedelta(days=30)
"""How long one who left may come back with one click."""

Who = Subscriber | int
_NO_PAUSE: dict[str, Any] = {"pause_until": None, "pause_afresh": False}


class Unreachable(addresses.BadAddress):
    """A good address, which no relay of ours can be given."""


def find(address: str) -> Subscriber | None:
    """Who has this address, in whatever state. Raises addresses.BadAddress."""
    return Subscriber.objects.filter(address=addresses.encrypt(addresses.normalise(address))).first()


def reachable(address: str) -> str:
    """The address in its one form. Raises addresses.BadAddress, or Unreachable for one that no relay of ours takes."""
    known = addresses.normalise(address)
    if not known.rpartition("@")[0].isascii() and not channel.takes_utf8():
        raise Unreachable(
            "the relays are not known to take addresses with other than ASCII before the @ (SMTPUTF8)"
        )
    return known


def ask(
    address: str,
    wishes: Sequence[Wish],
    *,
    language: str,
    zone: str,
    origin: str,
    now: datetime,
    repeat_alerts: bool = False,
) -> Subscriber:
    """Record wishes that are still to be confirmed. The state of what is returned says what became of them.

    PENDING: recorded, in place of what was pending before; the caller writes a confirmation. ACTIVE: nothing was
    changed, as anybody may type any address; the caller writes a link to manage, or one that leads to `add`.
    `repeat_alerts`: digests are to hold also what came at once. Raises BadWish and addresses.BadAddress.
    """
    wishes = checked(wishes)
    known = reachable(address)
    facts = {
        "language": language,
        "zone": known_zone(zone),
        "origin": origin,
        "repeat_alerts": repeat_alerts,
    }
    with lock.shared():
        subscriber, _ = Subscriber.objects.get_or_create(
            address=addresses.encrypt(known),
            defaults={"domain": addresses.domain_of(known), "created_at": now, **facts},
        )
        _lock_row(subscriber)
        if subscriber.state != Subscriber.State.ACTIVE:
            at = cadences.moment(now)
            cadences.remember(subscriber.cadences.select_related("chain"), at)
            subscriber.cadences.all().delete()
            subscriber.subscriptions.filter(ended_at=None).delete()
            CorrectionDue.objects.filter(subscriber=subscriber, dispatch_id=None).delete()
            _update(subscriber, state=Subscriber.State.PENDING, confirmed_at=None, left_at=None, **facts)
            _record(subscriber, wishes, now)
            _turn(subscriber, Turn.Kind.ASKED, at)
    return subscriber


def known(address: str, *, language: str, zone: str, now: datetime) -> Subscriber:
    """Who has this address; PENDING, with nothing asked for, if nobody had it. Raises addresses.BadAddress."""
    address = reachable(address)
    facts = {"language": language, "zone": known_zone(zone), "origin": "page", "created_at": now}
    return Subscriber.objects.get_or_create(
        address=addresses.encrypt(address), defaults={"domain": addresses.domain_of(address), **facts}
    )[0]


def confirm(who: Who, now: datetime) -> Subscriber:
    """The person has agreed: everything that is announced from this instant on and fits is theirs.

    Only a pending one changes; whoever left stays away until they ask again.
    """
    with _changing(who, now) as (subscriber, at):
        if subscriber.state == Subscriber.State.PENDING:
            agree(subscriber, at, now)
    return subscriber


def agree(subscriber: Subscriber, at: datetime, now: datetime) -> None:
    """A pending one has agreed at `at`, in a transaction under the planning lock after `notice.advance(now)`."""
    _update(subscriber, state=Subscriber.State.ACTIVE, confirmed_at=now)
    _rebuild(subscriber, at, now)
    _turn(subscriber, Turn.Kind.CONFIRMED, at)


def admit(who: Who, now: datetime) -> Subscriber:
    """The person has shown that the address is theirs, to get something that is no subscription.

    What else they had asked for and not confirmed is confirmed by it. Who had left comes back without what they had.
    """
    with _changing(who, now) as (subscriber, at):
        if subscriber.state == Subscriber.State.LEFT:
            subscriber.cadences.all().delete()
            CorrectionDue.objects.filter(subscriber=subscriber, dispatch_id=None).delete()
        if subscriber.state != Subscriber.State.ACTIVE:
            _update(subscriber, state=Subscriber.State.ACTIVE, confirmed_at=now, left_at=None)
            _rebuild(subscriber, at, now)
    return subscriber


def change(
    who: Who,
    wishes: Sequence[Wish] | None = None,
    *,
    now: datetime,
    zone: str | None = None,
    language: str | None = None,
    minute: int | None = None,
    weekdays: str | None = None,
    monthday: int | None = None,
    repeat_alerts: bool | None = None,
) -> Subscriber:
    """Change what is given and leave the rest; `minute`, `weekdays` and `monthday` are for every digest that has them.

    The wishes as they were are ended, not erased. Nothing that was announced is lost or comes twice (`cadences`).
    Nothing happens to one who has left. Raises BadWish.
    """
    with _changing(who, now) as (subscriber, at):
        if subscriber.state == Subscriber.State.LEFT:
            return subscriber
        before = wishes_of(subscriber)
        facts = {
            "zone": subscriber.zone if zone is None else known_zone(zone),
            "language": subscriber.language if language is None else language,
            "repeat_alerts": subscriber.repeat_alerts if repeat_alerts is None else repeat_alerts,
        }
        wanted = before if wishes is None else wishes
        after = checked(timed(wanted, minute, weekdays, monthday)) if wanted or wishes is not None else []
        if after == before and all(getattr(subscriber, name) == facts[name] for name in facts):
            return subscriber
        _update(subscriber, **facts)
        _record(subscriber, after, now)
        if subscriber.state == Subscriber.State.ACTIVE:
            _rebuild(subscriber, at, now)
    return subscriber


def add(who: Who, wish: Wish, now: datetime) -> Subscriber:
    """One wish more, at the hour of the others at its frequency. What is had already is not had twice.

    Nothing happens to one who has not confirmed, or has left. Raises BadWish.
    """
    with _changing(who, now) as (subscriber, at):
        before = wishes_of(subscriber)
        after = checked([*before, alongside(wish, before)])
        if subscriber.state == Subscriber.State.ACTIVE and after != before:
            _record(subscriber, after, now)
            _rebuild(subscriber, at, now)
    return subscriber


def reschedule(who: Who, now: datetime) -> Subscriber:
    """Their wishes stay; when mail comes is reckoned anew, as the newsroom's schedule has changed."""
    with _changing(who, now) as (subscriber, at):
        if subscriber.state == Subscriber.State.ACTIVE:
            _rebuild(subscriber, at, now)
    return subscriber


def pause(who: Who, now: datetime, until: date | None = None, *, afresh: bool = False) -> Subscriber:
    """Plan nothing for the person until `resume`. What is already queued still leaves.

    With a day, `end_pause` goes on when it begins in the person's zone, and what was missed then comes, or not if
    `afresh`. Said once more, the day is what was said last.
    """
    with _changing(who, now) as (subscriber, at):
        if subscriber.state == Subscriber.State.ACTIVE:
            if not is_paused(subscriber):
                cadences.pause(subscriber, at, now)
                _turn(subscriber, Turn.Kind.PAUSED, at)
            _update(subscriber, pause_until=until, pause_afresh=afresh)
    return subscriber


def resume(who: Who, now: datetime, *, missed: bool) -> Subscriber:
    """Go on after a pause, with what was `missed` in the next message of each cadence, or without it."""
    with _changing(who, now) as (subscriber, at):
        _go_on(subscriber, at, None if missed else at)
    return subscriber


def end_pause(who: Who, now: datetime) -> bool:
    """Go on if the day has come until which the person paused. What is announced on that day is theirs, however late
    this is done."""
    with _changing(who, now) as (subscriber, at):
        ends = windows.beginning(subscriber.zone, subscriber.pause_until) if subscriber.pause_until else None
        if ends is None or ends > now:
            return False
        _go_on(subscriber, at, ends if subscriber.pause_afresh else None)
    return True


def is_paused(subscriber: Subscriber) -> bool:
    return subscriber.cadences.exclude(paused_at=None).exists()


def leave(who: Who, now: datetime) -> Subscriber:
    """Stop for good, queued mail included. The cadences stay, paused, for one who comes back."""
    with _changing(who, now) as (subscriber, at):
        if subscriber.state != Subscriber.State.LEFT:
            cadences.pause(subscriber, at, now)
            subscriber.subscriptions.filter(ended_at=None).update(ended_at=now)
            subscriber.watches.filter(ended_at=None).update(ended_at=now)
            _update(subscriber, state=Subscriber.State.LEFT, left_at=now, told_why=False, **_NO_PAUSE)
            _turn(subscriber, Turn.Kind.LEFT, at)
        _cancel_queued(subscriber, now, "left")
    return subscriber


def cancel_queued(who: Who, now: datetime, reason: str) -> int:
    """Let nothing leave that is queued for the person; how many messages those were. What they chose goes on. A message
    that is being sent at this moment still leaves.
    """
    with _changing(who, now) as (subscriber, _):
        return _cancel_queued(subscriber, now, reason)


def come_back(who: Who, now: datetime) -> bool:
    """Undo `leave`, with what was missed meanwhile. False, and nothing done, after `UNDO` or if they never confirmed.

    What was queued when they left has been cancelled and stays so.
    """
    with _changing(who, now) as (subscriber, at):
        left_at = subscriber.left_at
        if not may_come_back(subscriber, now):
            return False
        subscriber.subscriptions.filter(ended_at=left_at).update(ended_at=None)
        subscriber.watches.filter(ended_at=left_at).update(ended_at=None)
        _update(subscriber, state=Subscriber.State.ACTIVE, left_at=None)
        cadences.resume(subscriber, at)
        _turn(subscriber, Turn.Kind.CAME_BACK, at)
    return True


def may_come_back(subscriber: Subscriber, now: datetime) -> bool:
    """Whether `come_back` would undo their leaving."""
    left_at = subscriber.left_at
    return left_at is not None and subscriber.confirmed_at is not None and now - left_at <= UNDO


def drop(who: Who, wish: Wish, now: datetime) -> Subscriber:
    """Leave one of several subscriptions; `take_back` undoes it. Nothing happens if it is the only one."""
    with _changing(who, now) as (subscriber, at):
        kept = [it for it in wishes_of(subscriber) if not _same(it, wish)]
        gone = [row.pk for row, held in _live(subscriber) if _same(held, wish)]
        if subscriber.state == Subscriber.State.ACTIVE and kept and gone:
            _record(subscriber, kept, now)
            subscriber.subscriptions.filter(pk__in=gone).update(left_at=now)
            _update(subscriber, told_why=False)
            _rebuild(subscriber, at, now)
    return subscriber


def dropped(subscriber: Subscriber, now: datetime) -> list[tuple[int, Wish]]:
    """What the person left by itself within `UNDO` and has not again: its number, and the wish; newest first."""
    rows = list(subscriber.subscriptions.filter(left_at__gte=now - UNDO).order_by("-left_at", "-pk"))
    held, chosen = wishes_of(subscriber), selections(row.interest_id for row in rows)
    found: list[tuple[int, Wish]] = []
    for row in rows:
        wish = _wish(row, chosen)
        if not any(_same(wish, it) for it in (*held, *(other for _, other in found))):
            found.append((row.pk, wish))
    return found


def take_back(who: Who, number: int, now: datetime) -> Subscriber:
    """Undo `drop`, from now on. Nothing happens for a number that `dropped` does not have."""
    with _changing(who, now) as (subscriber, at):
        wish = dict(dropped(subscriber, now)).get(number)
        if subscriber.state == Subscriber.State.ACTIVE and wish is not None:
            before = wishes_of(subscriber)
            _record(subscriber, checked([*before, alongside(wish, before)]), now)
            _rebuild(subscriber, at, now)
    return subscriber


def wishes_of(subscriber: Subscriber) -> list[Wish]:
    """What the person has chosen, in the order in which they chose it; what has become the same, once."""
    return list({(wish.frequency, wish.selection): wish for _, wish in _live(subscriber)}.values())


def _live(subscriber: Subscriber) -> list[tuple[Subscription, Wish]]:
    live = list(subscriber.subscriptions.filter(ended_at=None).order_by("pk"))
    chosen = selections(row.interest_id for row in live)
    return [(row, _wish(row, chosen)) for row in live]


def _wish(row: Subscription, chosen: Mapping[int, Selection]) -> Wish:
    return Wish(chosen[row.interest_id], row.frequency, row.minute, row.weekdays or None, row.monthday)


def _same(one: Wish, other: Wish) -> bool:
    return (one.frequency, one.selection) == (other.frequency, other.selection)


def _go_on(subscriber: Subscriber, at: datetime, afresh: datetime | None) -> None:
    if subscriber.state == Subscriber.State.ACTIVE and is_paused(subscriber):
        cadences.resume(subscriber, at, afresh=afresh)
        _update(subscriber, **_NO_PAUSE)
        _turn(subscriber, Turn.Kind.RESUMED if afresh is None else Turn.Kind.AFRESH, at)


@contextmanager
def _changing(who: Who, now: datetime) -> Iterator[tuple[Subscriber, datetime]]:
    """A change of one person: the subscriber with the row locked, and the instant of the change.

    `advance` has a transaction of its own, so that the notice lock is not held through the change. What a running
    dispatch holds for the person is handed over first, so that its window counts as served.
    """
    notice.advance(now)
    with lock.shared():
        subscriber = who if isinstance(who, Subscriber) else Subscriber(pk=who)
        _lock_row(subscriber)
        filling.hand_over(subscriber.pk)
        yield subscriber, cadences.moment(now)


def _lock_row(subscriber: Subscriber) -> None:
    """Bring it up to date, and keep others from changing it. Raises Subscriber.DoesNotExist."""
    subscriber.refresh_from_db(from_queryset=Subscriber.objects.select_for_update())


def _update(subscriber: Subscriber, **values: Any) -> None:
    for name, value in values.items():
        setattr(subscriber, name, value)
    subscriber.save(update_fields=list(values))


def _turn(subscriber: Subscriber, kind: str, at: datetime) -> None:
    Turn.objects.create(subscriber=subscriber, kind=kind, at=at)


def _record(subscriber: Subscriber, wishes: Iterable[Wish], now: datetime) -> None:
    """End the live subscriptions and make new ones."""
    subscriber.subscriptions.filter(ended_at=None).update(ended_at=now)
    for wish in wishes:
        Subscription.objects.create(
            subscriber=subscriber,
            frequency=wish.frequency,
            interest=interest_for(wish.selection),
            created_at=now,
            minute=wish.minute,
            weekdays=wish.weekdays or "",
            monthday=wish.monthday,
        )


def _rebuild(subscriber: Subscriber, at: datetime, now: datetime) -> None:
    schedules = {schedule.frequency: schedule for schedule in Schedule.objects.all()}
    cadences.rebuild(subscriber, demands(wishes_of(subscriber), schedules, subscriber.zone), at, now)


def _cancel_queued(subscriber: Subscriber, now: datetime, reason: str) -> int:
    """One state at a time, so that each is found by its own partial index."""
    return sum(
        Delivery.objects.filter(subscriber_id=subscriber.pk, state=state).update(
            state=Delivery.State.CANCELLED, reason=reason, finished_at=now, next_try_at=None
        )
        for state in (Delivery.State.PENDING, Delivery.State.DEFERRED)
    )
