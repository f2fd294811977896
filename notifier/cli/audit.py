"""The audit log, taken out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from notifier.cli.base import Command, group
from notifier.cli.times import or_now

app = group("The audit log.")


@app.callback()
def audit() -> None:
    """The audit log."""


@app.command(cls=Command)
def export(
    form: Annotated[str, typer.Option("--as", metavar="csv|ndjson", help="How it is written.")] = "ndjson",
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From this instant on.  [default: all]")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Before this instant.  [default: all]")
    ] = None,
) -> None:
    """Print who did what, when and from where, oldest first. That it was taken out is in it from then on."""
    from config import auditing, clock, exports

    if form not in exports.FORMS:
        raise typer.BadParameter("expected csv or ndjson", param_hint="--as")
    begin, end = (or_now(text) if text else None for text in (since, until))
    for line in exports.lines(form, auditing.COLUMNS, auditing.rows(begin, end)):
        sys.stdout.write(line)
    auditing.record(
        "command:audit export",
        "command",
        "exported",
        "audit log",
        before=None,
        after={"as": form},
        now=clock.now(),
    )
