"""How fetching a source goes, in words: for the admin site and the command line. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from feeds.models import Source, SourceState
from feeds.sources.kinds import FETCHED


def in_words(source: Source, state: SourceState | None, held: int, now: datetime) -> str:
    """One line: whether it works, what is wrong, and when it is looked at next. `held`: how many
    new releases a held fetch has; -1: none is held."""
    apart = _not_fetched(source, state)
    if apart or state is None:
        return apart
    if state.stopped:
        return "stopped: gone for good upstream"
    following = _at(state.next_at and max(state.next_at, now), now)
    if state.failures:
        times = f"{state.failures} times in a row" if state.failures > 1 else "once"
        return f"failing, {times}: {state.error}; next try {following}"
    works = f"works, last success {_at(state.succeeded_at, now)}, next look {following}"
    return f"a fetch is held, with {held} new; {works}" if held >= 0 else works


def _not_fetched(source: Source, state: SourceState | None) -> str:
    if source.kind not in FETCHED:
        return "programs push to it"
    if not source.address:
        return "files by hand"
    if not source.active:
        return "switched off"
    return "not fetched yet" if state is None or state.tried_at is None else ""


def _at(instant: datetime | None, now: datetime) -> str:
    """ "3 min ago", "in 2 h", "now"."""
    if instant is None:
        return "now"
    apart = now - instant
    if abs(apart) < timedelta(seconds=1):
        return "now"
    return f"{_span(apart)} ago" if apart > timedelta() else f"in {_span(-apart)}"


def _span(apart: timedelta) -> str:
    seconds = int(apart.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 1)} s"
