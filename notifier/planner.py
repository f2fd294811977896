"""Planning: which runs are due, and who gets what in each.

    due -> begin: window -> audiences, candidates -> match -> what people had -> draft -> record,
                 and what is to be corrected joins a digest   (one transaction)
        -> fill:  deliveries in ranges of subscribers                                              (one each)
        -> finish: READY, senders may claim

Killed anywhere, the next `plan` goes on where this one stopped, and what was begun is finished before anything else
begins: so a run always finds in the ledger everything that came before it. See docs/architecture.md.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from config import clock
from config.asking import Whether
from feeds import notice, store, wake
from feeds.models import Announcement, NoticeState
from notifier import holds, windows
from notifier.correcting import joining
from notifier.interests import selections
from notifier.models import QUICKEST_FIRST, Cadence, Chain, Dispatch, Frequency, Schedule
from notifier.planning import drafting, filling, gathering, lock, past, recording
from notifier.planning.drafting import TICK
from notifier.planning.values import Draft, DueRun, Window

__all__ = ["DueRun", "begin", "complete", "due", "plan"]

RANGE = 20_000
LONGEST = 0.3
"""Seconds that a range may hold the lock."""
AIM = 0.6  # of them: one range may take half as long again as the one before


def due(at: datetime) -> list[DueRun]:
    """The runs that are due at `at`, in the order in which they are planned: the quickest first. Reads only."""
    chains = list(Chain.objects.order_by("pk"))
    if not chains:
        return []
    patience = {row.frequency: timedelta(hours=row.too_late_hours) for row in Schedule.objects.all()}
    timed = [
        run
        for chain in chains
        if chain.frequency != Frequency.INSTANT
        and (run := _timed_run(chain, at, patience.get(chain.frequency))) is not None
    ]
    # A digest leaves out what is to come at once. So nothing of that may wait beyond it: what it hangs on may change.
    at_once = [
        run
        for chain in chains
        if chain.frequency == Frequency.INSTANT
        and (run := _instant_run(chain, at, settling=not timed)) is not None
    ]
    found = [*at_once, *timed]
    return sorted(found, key=lambda run: (QUICKEST_FIRST.index(run.frequency), run.ends_at, run.chain_id))


def plan(now: datetime) -> list[int]:
    """Make, or finish, the dispatches of all runs that are due; returns those that are READY now, in order."""
    done = _complete_running(now)
    runs = due(now)
    if runs:
        # Nothing can be announced before a window's end any more, once that is said; in a transaction of its own.
        notice.advance(max(run.ends_at for run in runs))
    for run in runs:
        dispatch = begin(run, now)
        if dispatch is not None:
            complete(dispatch, now)
            done.append(dispatch)
    return done


def begin(run: DueRun, now: datetime) -> int | None:
    """Step 1: match what was announced in the window, write down who gets what, and move the chain on.

    None if there is nothing to send at once, or if another planner was quicker.
    """
    with lock.exclusive(), _uncollected():
        served_until = Chain.objects.values_list("served_until", flat=True).get(pk=run.chain_id)
        running = Dispatch.objects.filter(state=Dispatch.State.FILLING).exists()
        if running or served_until != run.starts_at:
            return None
        window = gathering.window(run, now)
        draft = _draft(window)
        dispatch = recording.record(run, draft, now)
        alerted = draft.interests if run.frequency == Frequency.INSTANT else set()
        recording.move(window, alerted, now)
        if dispatch is not None and run.frequency != Frequency.INSTANT:
            joining.join(Dispatch.objects.get(pk=dispatch))
        return dispatch


def complete(dispatch: int, now: datetime) -> None:
    """Steps 2 and 3: deliveries for everybody, a range at a time, and the dispatch is READY."""
    size = RANGE
    with filling.at_hand(dispatch) as kinds:
        started = clock.ticks()
        while filling.fill_range(dispatch, size, kinds):
            took, started = clock.ticks() - started, clock.ticks()
            size = max(100, int(size * min(2.0, max(0.5, AIM * LONGEST / max(took, 0.001)))))
    finish(dispatch, now)


def finish(dispatch: int, now: datetime) -> None:
    """Step 3, for a dispatch whose deliveries are all there: READY, and held if there are too many of them."""
    with transaction.atomic():
        found = Dispatch.objects.select_for_update(of=("self",)).select_related("chain").get(pk=dispatch)
        if found.state == Dispatch.State.FILLING:
            holds.judge(found, now)
            found.state = Dispatch.State.READY
            found.save()
            wake.ring()  # senders: without it they come upon it at their next look, half a second later


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without searches for cycles, a fifth of what ten thousand selections cost: a draft has none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _running() -> QuerySet[Dispatch]:
    return Dispatch.objects.filter(state=Dispatch.State.FILLING)


_any_running = Whether(_running)


def _complete_running(now: datetime) -> list[int]:
    if not _any_running():
        return []
    running = list(_running().order_by("pk").values_list("pk", flat=True))
    for dispatch in running:
        complete(dispatch, now)
    return running


def _draft(window: Window) -> Draft:
    audiences = gathering.audiences(window)
    if not audiences:
        return Draft((), ())
    candidates = gathering.candidates(min(a.begins for a in audiences), window.ends_at)
    chosen = selections({number for audience in audiences for number in audience.kind[:2]})
    matched = drafting.match_all(audiences, candidates, chosen)
    if not matched:
        return Draft((), ())
    contents = drafting.Contents(store.newsroom().language)
    had = past.had(window, matched, candidates)
    people = past.people(window, had)
    return Draft(
        tuple(drafting.buckets(window, audiences, matched, contents)),
        tuple(drafting.apart(window, people, had, matched, contents)),
    )


def _timed_run(chain: Chain, at: datetime, patience: timedelta | None) -> DueRun | None:
    """The chain's last run that is due, over all windows since the one before; if there is anybody in it.

    One that is found due later than `patience` after its time is left out: its window becomes part of the next one.
    """
    if windows.next_due(chain, chain.served_until).ends_at > at:
        return None
    run = windows.latest_due(chain, at)
    if run is None or (patience and at - run.ends_at > patience):
        return None
    if recording.is_recorded(chain.pk, run.local_date, run.minute):
        return None
    if not _live(chain).filter(joined_at__lt=run.ends_at).exists():
        return None
    return DueRun(
        chain.frequency, chain.zone, run.minute, run.local_date, chain.served_until, run.ends_at, chain.pk
    )


def _instant_run(chain: Chain, at: datetime, *, settling: bool) -> DueRun | None:
    """The run at once, if something was announced that nobody has looked at, or somebody carried something over.

    It reaches beyond the last instant of notice, so that it holds what was announced at that very instant.
    """
    settled = gathering.settled(at, settling=settling).order_by("from_at").first()
    since = chain.served_until if settled is None else min(settled.from_at, chain.served_until)
    waiting = Announcement.objects.filter(at__gte=since).exists()
    carried = _live(chain).filter(joined_at__gte=since, since__lt=F("joined_at"))
    if not (waiting or carried.exists()) or not _live(chain).exists():
        return None
    noticed = NoticeState.objects.values_list("instant", flat=True).filter(pk=1).first()
    ends_at = max(at, noticed or at) + TICK
    return DueRun(chain.frequency, chain.zone, None, None, chain.served_until, ends_at, chain.pk, settling)


def _live(chain: Chain) -> QuerySet[Cadence]:
    return Cadence.objects.filter(chain=chain, paused_at=None)
