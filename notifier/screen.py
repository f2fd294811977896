"""A worker as its terminal shows it: how fast, what waits, what goes wrong, when it will be done."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from config import clock
from notifier import outside, pace, progress
from notifier.models import Channel
from notifier.pace import Pace, Workers
from notifier.progress import Queue

SHOWN = 5


@contextmanager
def shown(own: Pace) -> Iterator[Screen]:
    """While the block runs, the foot of the terminal is ours; log lines go above it."""
    with Live(console=Console(), auto_refresh=False) as live, _logs_above():
        yield Screen(live, own)


class Screen:
    def __init__(self, live: Live, own: Pace) -> None:
        self._live, self._own = live, own

    def draw(self) -> None:
        """As things are now."""
        now = clock.now()
        try:
            found = panel(
                Channel.objects.filter(pk=1).first() or Channel(), self._own, pace.workers(clock.machine()),
                progress.queue(), progress.domains(), now,
            )  # fmt: skip
        except DatabaseError as error:
            found = Panel(Text(f"the database cannot be read just now: {error}"))
        self._live.update(found, refresh=True)


def panel(
    row: Channel,
    own: Pace,
    all_of_them: Workers,
    queue: Queue,
    domains: list[tuple[str, int, int]],
    now: datetime,
) -> Panel:
    """Everything on one sheet; pure."""
    head = Text(_condition(row))
    head.stylize("bold red" if row.stopped_at or row.fault else "bold green")
    errors = [(f"{count:,} ×", reason) for reason, count in own.report()["errors"][:SHOWN]]
    parts: list[Text | Table] = [
        head,
        Text(outside.from_settings().words()),
        _facts(own, all_of_them, queue, now),
        _lanes(queue),
    ]
    if domains:
        parts.append(_rows("by domain, of the next 20,000", domains, ("domain", "pending", "put off")))
    if errors:
        parts.append(_rows("errors of this worker", errors, ("", "")))
    return Panel(Group(*parts), title="herald worker", expand=False)


def _condition(row: Channel) -> str:
    if row.stopped_at:
        return f"stopped: {row.stopped_because or 'by ' + row.stopped_by}"
    return f"the relay cannot be used: {row.fault}" if row.fault else "mail leaves"


def _facts(own: Pace, all_of_them: Workers, queue: Queue, now: datetime) -> Text:
    said = f"{own.sent:,} sent by this worker; {own.rate(pace.NOW_SECONDS):,.0f} a second now"
    said += f", {own.last_minute():,} in the last minute"
    if all_of_them.count > 1:
        said += f"\n{all_of_them.count} workers: {all_of_them.now:,.0f} a second now"
        said += f", {all_of_them.minute:,} in the last minute"
    left, rate = queue.leaving(), max(queue.rate, own.rate(pace.NOW_SECONDS))
    if left and rate >= 1:
        ends = now + timedelta(seconds=left / rate)
        said += f"\n{left:,} are to leave, until about {ends:%H:%M:%S} UTC"
    return Text(said)


def _lanes(queue: Queue) -> Table:
    found = queue.lanes()
    lanes = ("letter", "alert", "digest")
    rows = [(state, *(found[state, lane] for lane in lanes)) for state in ("pending", "sending", "deferred")]
    return _rows("waiting", rows, ("", "letters", "alerts", "digests"))


def _rows(title: str, rows: Sequence[tuple[object, ...]], names: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=any(names), padding=(0, 2, 0, 0))
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number == 0 or not name else "right")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    return table


@contextmanager
def _logs_above() -> Iterator[None]:
    """The log keeps the stderr that it was given at the start; meanwhile it takes the one that scrolls above."""
    streams = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    before = [handler.setStream(sys.stderr) for handler in streams]
    try:
        yield
    finally:
        for handler, stream in zip(streams, before, strict=True):
            if stream is not None:
                handler.setStream(stream)
