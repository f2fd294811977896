"""`herald check`: is all there that Herald needs, and is what it published right? See `notifier.checkup`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import Command, begin, group, out, out_json

if TYPE_CHECKING:
    from datetime import datetime

    from notifier.checkup import Finding

app = group(
    "Check settings, database, migrations, disk, last backup, clock, relay, DNS records, keys, replies, feeds."
    "\n\n`note`: it works, and you should know. `wrong`: the exit code is 1. But for feeds, the admin site's Health "
    "page shows the same.",
    no_args_is_help=False,
)
SHOWN = 5
AsJson = Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")]


@app.callback(invoke_without_command=True)
def everything(context: typer.Context, as_json: AsJson = False) -> None:
    """Check all, or with a word after it that alone."""
    if context.invoked_subcommand is None:
        begin("check")  # reading the settings is the first check: it names every fault
        from notifier.checkup import here, network

        checks = (
            here.installed, here.database, here.migrations, here.disk, here.backup, here.clocks, here.goes, here.keys,
            here.replies, here.versions,
        )  # fmt: skip
        _report([*_here(*checks), *network.everything(), *_feeds_in_short()], as_json)


@app.command(cls=Command)
def database(as_json: AsJson = False) -> None:
    """The database and its tables."""
    from notifier.checkup import here

    _report(_here(here.database, here.migrations), as_json)


@app.command(cls=Command)
def relay(as_json: AsJson = False) -> None:
    """Connect to each relay, and sign in where its address has a name. Sends nothing."""
    from notifier.checkup import here, network

    _report([*network.relays(), *_here(here.goes)], as_json)


@app.command(cls=Command)
def dns(as_json: AsJson = False) -> None:
    """Ask for the DNS records by which receivers judge mail of the sender's domain: SPF of the return path, the DKIM
    record of each key, DMARC.
    """
    from notifier.checkup import network

    _report(network.records(), as_json)


@app.command(cls=Command)
def dkim(as_json: AsJson = False) -> None:
    """Read the keys that sign messages, and print the DNS record that each needs."""
    from notifier.checkup import here

    _report(_here(here.keys), as_json)


@app.command(cls=Command)
def replies(as_json: AsJson = False) -> None:
    """Where bounces and complaints come to, and whether the return path's domain fits the sender's (SPF, DMARC)."""
    from notifier.checkup import here

    _report(_here(here.replies), as_json)


@app.command(cls=Command)
def feeds(as_json: AsJson = False) -> None:
    """Read every published feed back and compare it with the store."""
    from notifier.checkup import published

    _report(published.feeds(), as_json)


def _here(*checks: Callable[[datetime], list[Finding]]) -> list[Finding]:
    from config import clock

    return [finding for check in checks for finding in check(clock.now())]


def _report(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        out_json([{"about": f.about, "ok": not f.wrong, "words": f.words} for f in findings])
    else:
        for finding in findings:
            out(str(finding))
    raise typer.Exit(any(finding.wrong for finding in findings))


def _feeds_in_short() -> list[Finding]:
    from notifier.checkup import Finding, Grade, published

    found = published.feeds()
    more = len(found) - SHOWN
    if more <= 0:
        return found
    words = f"and {more} more; `herald check feeds` lists them"
    return [*found[:SHOWN], Finding("feeds", words, Grade.WRONG)]
