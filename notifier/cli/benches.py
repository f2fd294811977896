"""Measuring Herald beside a reference, in one run."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.base import Command, group, out, out_json

app = group("Measure Herald beside a reference in the same run.")


@app.command(cls=Command)
def send(
    messages: Annotated[int, typer.Option(min=100, help="How many to send in each round.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Send digests with the ledger on, beside Postfix's smtp-source, and print both and their ratio."""
    from notifier.bench.send import run

    figures = run(messages)
    if as_json:
        out_json(figures)
    else:
        for name, figure in figures.items():
            out(f"{name.replace('_', ' ')}: {figure}")
