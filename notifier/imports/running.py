"""Imports at work: a batch is one transaction, so that one which was killed goes on and doubles nothing.

    begin -> RUNNING -> run_batch … -> DONE -> undo -> UNDOING -> take_back … -> UNDONE

`actor` and `way` as in the audit log; instants are aware, UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from config import clock, revisions
from config.asking import Whether
from feeds import notice
from notifier import erasures
from notifier.imports import arrivals, batches, deciding
from notifier.imports.entries import Refusal, Usual
from notifier.models import Import, Imported, Subscriber, Turn
from notifier.planning import lock

State = Import.State
BUDGET = 0.5  # seconds of a look: mail and feeds wait for it
AT_ONCE = 100
KEPT = timedelta(days=1)
"""What nobody has begun for so long is dropped, with all its rows."""
_BEGINNINGS = (Turn.Kind.ASKED, Turn.Kind.CONFIRMED)


class Refused(ValueError):
    """It cannot be done to this import now: `str()` says why."""


def begin(made: Import, actor: str, way: str, now: datetime) -> None:
    """From now on it is brought in, by whoever works. Raises Refused."""
    if not made.asks and not made.basis.strip():
        raise Refused("who is not asked must have agreed already: say to what, where and when")
    _turn_to(made, State.DRAFT, State.RUNNING, actor, way, "import begun", now, begun_at=now)


def undo(made: Import, actor: str, way: str, now: datetime) -> None:
    """Whoever came by it and has done nothing since goes again, for good. Raises Refused."""
    _turn_to(made, State.DONE, State.UNDOING, actor, way, "import taken back", now, done=0)


def drop(made: Import, actor: str, way: str, now: datetime) -> None:
    """It is not begun, and its rows are forgotten. Raises Refused."""
    with transaction.atomic():
        _turn_to(made, State.DRAFT, State.DROPPED, actor, way, "import dropped", now, ended_at=now)
        made.batches.all().delete()


def _at_work() -> QuerySet[Import]:
    return Import.objects.filter(state__in=(State.RUNNING, State.UNDOING))


_any_at_work = Whether(_at_work)


def follow(now: datetime) -> bool:
    """Go on with what is at work, for half a second. True if something is. One that fails lets the next one work; it is
    raised when all had their turn.
    """
    if not _any_at_work():
        return False
    until, failed = clock.ticks() + BUDGET, dict[int, Exception]()
    at_work = list(_at_work().order_by("pk"))
    for made in at_work:
        try:
            while clock.ticks() < until and step(made, now):
                pass
        except Exception as error:
            failed[made.pk] = error
    if failed:
        numbers = ", ".join(map(str, failed))
        raise ExceptionGroup(f"imports cannot go on: {numbers}", list(failed.values()))
    return bool(at_work)


def step(made: Import, now: datetime, usual: Usual | None = None) -> bool:
    """A batch more. False when it is over."""
    made.refresh_from_db()
    if made.state == State.RUNNING:
        return run_batch(made, usual or deciding.usual(made), now)
    return made.state == State.UNDOING and take_back(made, now)


def run_batch(made: Import, usual: Usual, now: datetime) -> bool:
    """Deal with the next rows, all of them or none."""
    notice.advance(now)  # in a transaction of its own
    with lock.shared():
        made.refresh_from_db(from_queryset=Import.objects.select_for_update())
        if made.state != State.RUNNING:  # another was quicker
            return False
        batch = made.batches.order_by("number").first()
        if batch is None:
            _end(made, State.DONE, "import done", now)
            return False
        found, people = deciding.Found(made.counts, [tuple(one) for one in made.refusals]), []
        for one in deciding.decide(batches.rows(batch), made, usual, now):
            if isinstance(one, Refusal):
                found.refuse(one)
            else:
                found.add(deciding.NEW)
                people.append(one)
        arrivals.bring_in(people, made, now)
        made.counts, made.refusals = found.counts, [list(one) for one in found.refusals]
        made.done += batch.size
        made.save(update_fields=["counts", "refusals", "done"])
        batch.delete()
    return True


def take_back(made: Import, now: datetime) -> bool:
    """Some people more, if they have done nothing since; who has done something stays, and is no longer of it."""
    with lock.shared():
        made.refresh_from_db(from_queryset=Import.objects.select_for_update())
        if made.state != State.UNDOING:
            return False
        rows = list(made.people.select_related("subscriber").order_by("pk")[:AT_ONCE])
        if not rows:
            _end(made, State.UNDONE, "import was taken back", now)
            return False
        stay = 0
        for row in rows:
            if _has_done_nothing(row):
                erasures.forget(row.subscriber)
            else:
                stay += 1
        Imported.objects.filter(pk__in=[row.pk for row in rows]).delete()
        made.counts = {**made.counts, "stayed": made.counts.get("stayed", 0) + stay}
        made.done += len(rows)
        made.save(update_fields=["counts", "done"])
    return True


def forget(before: datetime) -> int:
    """Rows of imports that nobody has begun since `before`; how many batches. What was begun is brought to its end."""
    gone = 0
    for made in Import.objects.filter(state=State.DRAFT, made_at__lt=before):
        with transaction.atomic():
            if Import.objects.filter(pk=made.pk, state=State.DRAFT).update(
                state=State.DROPPED, ended_at=before
            ):
                gone += made.batches.all().delete()[0]
    return gone


def _has_done_nothing(row: Imported) -> bool:
    person = row.subscriber
    return (
        person.state != Subscriber.State.LEFT
        and person.confirmed_at in (None, row.at)
        and not person.turns.exclude(kind__in=_BEGINNINGS).exists()
        and not person.subscriptions.exclude(created_at=row.at).exists()
        and not person.watches.exists()
    )


def _turn_to(
    made: Import, before: str, after: str, actor: str, way: str, what: str, now: datetime, **values: object
) -> None:
    with transaction.atomic():
        if not Import.objects.filter(pk=made.pk, state=before).update(state=after, **values):
            made.refresh_from_db()
            raise Refused(f"its state is “{made.get_state_display()}”")
        made.refresh_from_db()
        facts = {
            "file": made.name,
            "rows": made.rows,
            "asks": made.asks,
            "basis": made.basis,
            "counts": made.counts,
        }
        revisions.audit(actor, way, what, str(made), before=None, after=facts, now=now)


def _end(made: Import, state: str, what: str, now: datetime) -> None:
    Import.objects.filter(pk=made.pk).update(state=state, ended_at=now)
    revisions.audit(
        made.made_by, "command", what, str(made), before=None, after={"counts": made.counts}, now=now
    )
    made.refresh_from_db()
