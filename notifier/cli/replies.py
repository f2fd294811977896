"""Bounces and complaints: the listener that takes them, and those that lie in files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from notifier.cli.base import Command, Process, begin, group, out, out_json, say
from notifier.cli.faults import Fault

app = group("Take bounces and complaints: listen for them, or read them from files.", no_args_is_help=False)
TRY_AGAIN = (
    75  # EX_TEMPFAIL: a mail server that pipes to us keeps the message; any other failure it would bounce
)
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


@app.callback(invoke_without_command=True)
def listen(context: typer.Context) -> None:
    """Take them at REPLIES_BIND until Ctrl-C or SIGTERM, or with a word after it do that."""
    if context.invoked_subcommand is not None:
        return
    begin("replies", talkative=Process.talkative)
    from django.conf import settings

    from notifier.replies import listener

    if not settings.REPLIES_BIND:
        raise Fault("REPLIES_BIND is not set: say where to listen, such as 127.0.0.1:8025")
    listening = listener.listen(settings.REPLIES_BIND)
    say(f"Herald takes replies at {settings.REPLIES_BIND}")
    listener.run(listening, settings.REPLIES_BIND)


@app.command(cls=Command)
def read(
    source: Annotated[
        str, typer.Argument(metavar="FILE|FOLDER|-", help="A message, a maildir, or - for standard input.")
    ],
    to: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="To which address it came.  [default: what its headers say]"),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Record what came back. Exit code 75 if the database fails, so that a mail server's pipe tries again."""
    from django.db import Error

    try:
        counts = _outcomes(source, to)
    except Error as error:
        say(f"not recorded, to be tried again: {(str(error).splitlines() or ['the database failed'])[0]}")
        raise typer.Exit(TRY_AGAIN) from None
    if as_json:
        out_json(counts)
    else:
        out(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing new")


def _outcomes(source: str, to: str) -> dict[str, int]:
    from config import clock
    from notifier.replies import mailboxes
    from notifier.replies.parsing import SIZE_LIMIT

    path = Path(source)
    if source != "-" and path.is_dir():
        if not mailboxes.is_maildir(path):
            raise Fault(f"{path}: a folder, but no maildir (new, cur and tmp)")
        return dict(mailboxes.empty(path, clock.now()))
    if source == "-":
        content = sys.stdin.buffer.read(SIZE_LIMIT)
        while sys.stdin.buffer.read(1 << 16):  # read to its end, or who writes it would take us for broken
            pass
    else:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT)
    return {mailboxes.take(content, to, clock.now()).value: 1}
