"""Measuring Herald beside a reference, in one run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.base import Command, group, out, out_json
from notifier.cli.faults import Fault

app = group("Measure Herald beside a reference in the same run.")


class Signature(StrEnum):
    NONE = "none"
    ED25519 = "ed25519"
    RSA = "rsa"


@app.command(cls=Command)
def send(
    messages: Annotated[int, typer.Option(min=100, help="How many to send in each round.")] = 10_000,
    signed: Annotated[Signature, typer.Option(help="What signs each message (DKIM).")] = Signature.NONE,
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make a database on, and drop it; else SQLite.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Send digests with the ledger on, beside Postfix's smtp-source, bare aiosmtplib and Django."""
    from notifier.bench.send import run

    signature = "" if signed is Signature.NONE else signed.value
    _show(run(messages, server=postgres, signed=signature), as_json)


@app.command(cls=Command)
def workers(
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make a database on, and drop it.")
    ],
    messages: Annotated[int, typer.Option(min=100, help="How many to send in each round.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often; medians are told.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Send with one, two and four workers on one PostgreSQL database, each to a sink of its own."""
    from notifier.bench.workers import run

    _show(run(messages, postgres, rounds=rounds), as_json)


@app.command(cls=Command)
def start(
    seconds: Annotated[int, typer.Option(min=1, help="How long nothing happens while it is watched.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="How often it is started; the median is told.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Start on an empty SQLite database: seconds to the first page, then what it uses while nothing happens."""
    from notifier.bench.start import run

    _show(run(seconds, rounds), as_json)


@app.command(cls=Command)
def size(
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make databases on, and drop them.")
    ],
    subscribers: Annotated[
        str, typer.Option(help="How many there are: one or several numbers, separated by commas.")
    ] = "10000,100000,1000000",
    releases: Annotated[int, typer.Option(min=100, help="How many the store holds.")] = 30_000,
    days: Annotated[int, typer.Option(min=2, help="How many days of deliveries the ledger holds.")] = 35,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Fill PostgreSQL with a newsroom at size, and print what planning, claims, pages and retention take there."""
    from notifier.bench.size import run

    try:
        sizes = [int(part) for part in subscribers.split(",")]
    except ValueError:
        raise Fault(
            f"--subscribers {subscribers}: give numbers, separated by commas, as 10000,100000"
        ) from None
    _show(run(sizes, releases, days, postgres), as_json)


@app.command(cls=Command)
def intake(
    entries: Annotated[int, typer.Option(min=10, help="How many entries the feed has.")] = 5_000,
    releases: Annotated[int, typer.Option(min=0, help="How many the archive has; 0 leaves it out.")] = 30_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Take an upstream feed into the store, beside bare feedparser; import an archive, and the same again."""
    from notifier.bench.intake import run

    _show(run(entries, releases), as_json)


@app.command(cls=Command)
def feeds(
    releases: Annotated[int, typer.Option(min=60, help="How many the store holds.")] = 30_000,
    commits: Annotated[int, typer.Option(min=2, help="How many more are published, one by one.")] = 50,
    times: Annotated[
        int, typer.Option(min=1, help="Publish as many again with so many times the releases (SQLite).")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Make all feeds anew, beside bare feedgen with the same entries; and publish one release after another."""
    from notifier.bench.feeds import run

    _show(run(releases, commits, times=times), as_json)


@app.command(cls=Command)
def serve(
    seconds: Annotated[int, typer.Option(min=1, help="How long each server is loaded in each round.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Serve a feed of some 60 kB to 32 connections, beside nginx with the same files. Needs `wrk` and `nginx`."""
    from notifier.bench.serve import run

    _show(run(seconds), as_json)


@app.command(cls=Command)
def data(
    file: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write them, one a line (NDJSON).")
    ],
    releases: Annotated[int, typer.Option(min=1, help="How many.")] = 30_000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal releases.")] = 20250217,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write made-up releases of twenty years, as uneven as life, for benchmarks and drills."""
    from notifier.bench.data import write

    try:
        with file.open("w", encoding="utf-8") as target:
            facts = write(target, releases, seed)
    except OSError as error:
        raise Fault(
            f"{file}: cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from None
    if as_json:
        out_json(facts)
    else:
        out(f"{releases:,} releases from {facts['first']} to {facts['last']} in {file}")


@app.command(cls=Command)
def store(
    releases: Annotated[int, typer.Option(min=0, help="How many the store holds already.")] = 3_000,
    commits: Annotated[int, typer.Option(min=2, help="How many are committed, one after another.")] = 100,
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make a database on, and drop it; else SQLite.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Commit releases by plain SQL, and print how long each takes to be in every feed file it touches."""
    from notifier.bench.store import run

    _show(run(releases, commits, postgres), as_json)


@app.command(cls=Command)
def live(
    listeners: Annotated[int, typer.Option(min=1, help="How many streams are open.")] = 5_000,
    selections: Annotated[int, typer.Option(min=1, help="How many different ones; all match.")] = 200,
    commits: Annotated[int, typer.Option(min=2, help="How many releases are committed.")] = 10,
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make a database on, and drop it; else SQLite.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Open many streams on one web process, commit releases, and print how long each takes to reach all of them."""
    from notifier.bench.live import run

    figures = run(listeners, selections, commits, server=postgres)
    _show(figures, as_json)


@app.command(cls=Command)
def plan(
    subscribers: Annotated[int, typer.Option(min=1, help="How many there are.")] = 100_000,
    spread: Annotated[
        bool, typer.Option("--spread", help="Over 24 zones and three frequencies; else one digest to all.")
    ] = False,
    rounds: Annotated[int, typer.Option(min=1, help="How often it is planned; medians are told.")] = 3,
    postgres: Annotated[
        str, typer.Option(metavar="URL", help="A server to make a database on, and drop it; else SQLite.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Plan 20 releases for many subscribers with 10,000 different choices, beside a bare INSERT … SELECT."""
    from notifier.bench.plan import run

    figures = run(subscribers, postgres, spread=spread, rounds=rounds)
    _show(figures, as_json)


def _show(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        out_json(figures)
        return
    for name, figure in figures.items():
        out(f"{name.replace('_', ' ')}: {figure}")
