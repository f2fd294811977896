"""The few jobs there are. Each may be run at any time, by anybody, any number of times.

    look:  release_due -> notice -> membership -> publisher
           -> withdrawals -> corrections -> asks -> rescheduling -> pauses -> planner -> canary
           -> imports -> suggesting -> searching
    prove: the canary that is due is begun, and looked for in its feed
    ping:  what the hub is to be told of what lies in the feeds' folder
    sweep: what a worker that died has left behind
    count: how dispatches came out, and the figures of the day;  archive: what has been kept for long enough
    summarise: the weekly letter to those who work here;  reassure: who watches from outside

A step that fails is logged and does not stop the others; the next look tries it again, because what is to be done is
read from tables and not from a list of jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from structlog.contextvars import bound_contextvars

from config import clock
from feeds import membership, notice, publisher, readership, suggesting, websub
from feeds.search import keeping as searching
from feeds.workshop import Workshop
from notifier import (
    asks,
    corrections,
    days,
    erasures,
    heartbeat,
    holds,
    ledger,
    pauses,
    planner,
    pulse,
    rescheduling,
    retention,
    tallies,
    weekly,
    withdrawals,
)
from notifier.canary import keeping, watching
from notifier.imports import running

log = structlog.stdlib.get_logger(__name__)
SOON = 0.02
HEAD_START = 0.1  # seconds that feeds let mail go before

_failing: dict[str, str] = {}
_workshop = Workshop()  # what was rendered for one release serves the next; one look at a time uses it


def look(now: datetime, quiet: notice.Quiet | None = None, beside: Executor | None = None) -> bool:
    """Carry everything that is in the store on to feeds and mail. True if a change is waiting for its quiet.

    Without `quiet` every change is taken at once, as commands and tests want it. `beside` is a thread for the feeds:
    they are made after the mail is planned, as a few alerts are planned sooner than feeds are packed, and somebody else
    can send meanwhile; but they do not wait for the mail of many.
    """
    waiting = _notice(now, quiet)
    if beside is None:
        _print(now)
        plan(now)
        return waiting
    planned = Event()
    printing = beside.submit(_print_after, planned, now)
    _plan_mail(now)
    planned.set()
    printing.result()
    _follow_on(now)
    return waiting


def publish(now: datetime, quiet: notice.Quiet | None = None) -> bool:
    """`look` as far as the feeds."""
    waiting = _notice(now, quiet)
    _print(now)
    return waiting


def _notice(now: datetime, quiet: notice.Quiet | None) -> bool:
    step("release_due", notice.release_due, now)
    waiting = step("notice", _take_notice, now, quiet)
    step("membership", membership.keep, now)
    return bool(waiting)


def _print(now: datetime) -> None:
    step("publisher", publisher.publish, Path(settings.FEED_FOLDER), now, _workshop)


def _print_after(planned: Event, now: datetime) -> None:
    planned.wait(HEAD_START)
    _print(now)


def plan(now: datetime) -> None:
    """The rest of `look`: on to mail, and to what else is made of what is announced."""
    _plan_mail(now)
    _follow_on(now)


def _plan_mail(now: datetime) -> None:
    step("withdrawals", withdrawals.follow, now)
    step("corrections", corrections.follow, now)
    step("asks", asks.deal, now)
    step("rescheduling", rescheduling.follow, now)
    step("pauses", pauses.follow, now)
    step("planner", planner.plan, now)
    step("canary", keeping.follow, now)


def _follow_on(now: datetime) -> None:
    step("imports", running.follow, now)
    step("suggesting", suggesting.follow, now)
    step("searching", searching.keep, now)


def pause(now: datetime, longest: float) -> float:
    """For how many seconds nothing falls due by time alone, at most `longest`: an embargo ends to the second.

    What has been due for a second could not be done at once; it is left to the usual looks.
    """
    due = step("next_due", notice.next_due)
    left = longest if due is None else (due - now).total_seconds()
    return min(longest, max(left, SOON)) if left > -1 else longest


def ping(now: datetime) -> None:
    """Tell the hub of what was published. By itself, as a hub may take its time."""
    if follow_hub(now):
        ping_hub(now)


def follow_hub(now: datetime) -> bool:
    """Note what the hub is to be told of what lies in this host's folder. True if there is something to tell."""
    step("hub", websub.follow, Path(settings.FEED_FOLDER), now)
    return bool(step("hub's turn", websub.any_due, now))


def ping_hub(now: datetime) -> None:
    """Tell it."""
    step("pinging the hub", websub.ping_due, now)


def prove(over: Callable[[float], bool]) -> None:
    """See to the canary. By itself, as a web process may take its time; it ends early once `over(seconds)`."""
    step("proving", watching.prove, over)


def sweep(now: datetime) -> None:
    """Return what an expired lease holds to the queue, end what came back to a cancelled dispatch, and forget what has
    been kept for long enough.
    """
    step("ledger", ledger.sweep, now)
    step("holds", holds.sweep, now)
    step("readership", readership.forget, now)


def count(now: datetime) -> None:
    """Write down how the dispatches came out that have ended since, and once in an hour the figures of the day."""
    step("counting", tallies.count, now)
    step("figures by day", days.keep, now)


def archive(now: datetime) -> None:
    """Delete what has been kept for long enough; of deliveries, what they came to stays in sums."""
    step("retention", retention.end, now)


def reassure(now: datetime) -> None:
    """Tell somebody outside that all is well, if it is."""
    step("heartbeat", heartbeat.tell, now)


def summarise(now: datetime) -> None:
    """Send those who work here the summary of the week, once. By itself, as a relay may take its time."""
    step("weekly summary", weekly.send_due, now)


def replay(now: datetime) -> None:
    """Erase again whom a restored backup has brought back."""
    step("erasures", erasures.replay, now)


def beat() -> None:
    """Write down that a scheduler is alive."""
    step("sign of life", lambda: pulse.beat(pulse.SCHEDULER, ledger.instant()))


def _take_notice(now: datetime, quiet: notice.Quiet | None) -> bool:
    pending = notice.pending()
    if not pending:
        return False
    if quiet is None:
        notice.take(now)
        return False
    ready = quiet.ready(pending, clock.ticks())
    if ready:
        notice.take(now, ready)
    return len(ready) < len(pending) or bool(notice.pending(1))


def step(name: str, action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """`action`'s result, or None if it failed. A fault that persists is told in full once, and when it is over."""
    try:
        with bound_contextvars(step=name):
            result = action(*arguments, **named)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        if _failing.get(name) != fault:
            log.exception("a step failed and will be tried again", step=name)
        _failing[name] = fault
        if not connection.in_atomic_block:  # a broken connection heals only by a new one
            connection.close()
        return None
    if _failing.pop(name, None):
        log.warning("a step works again", step=name)
    return result
