"""Releases that were sent: those who received one are told what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.base import Command, group, out, out_json, progress
from notifier.cli.faults import Fault

app = group("What was released: tell of corrections and withdrawals; make the index for searching anew.")


@app.command(cls=Command)
def correct(
    key: Annotated[str, typer.Argument(help="The release, by its key: the last part of /releases/<key>.")],
    note: Annotated[
        str,
        typer.Option(
            help="What to say to them, and on its page and in its feeds.  [default: the editor's note]"
        ),
    ] = "",
    notify: Annotated[
        bool, typer.Option("--notify", help="Mark it. Without this the people are only counted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Say whom a correction or withdrawal would reach; with --notify, tell them.

    They are those who received the release in another text than it has now, or, if it is withdrawn, at all. They are
    told at once or in their next digest.
    """
    from config import clock
    from feeds.models import Standing
    from notifier import corrections

    standing = Standing.objects.filter(key=key.rstrip("/").rpartition("/")[2]).first()
    if standing is None:
        raise Fault(f"no release has the key {key!r}; it is the last part of the address of its page")
    try:
        found = corrections.propose(standing.pk)
        if notify:
            corrections.mark(standing.pk, note, "command:releases correct", clock.now(), way="command")
    except corrections.CannotMark as reason:
        raise Fault(str(reason)) from None
    later = found.reach.people - found.reach.at_once
    facts = {"kind": found.kind, "people": found.reach.people, "at_once": found.reach.at_once, "later": later,
             "archived": found.reach.archived}  # fmt: skip
    if as_json:
        out_json({**facts, "marked": notify})
    else:
        told = "are being told" if notify else "would be told; --notify does it"
        out(f"{found.kind}: {facts['people']} people ({facts['at_once']} at once, {later} by digest) {told}")
        if found.reach.archived:
            out(f"{found.reach.archived:,} messages left so long ago that it is not known any more to whom")


@app.command(cls=Command)
def reindex(
    as_json: Annotated[bool, typer.Option("--json", help="Print the count as JSON.")] = False,
) -> None:
    """Make the index for searching anew, also where it is missing or damaged."""
    from feeds.search import keeping

    with progress("Releases") as bar:
        total = keeping.rebuild(bar)
    if as_json:
        out_json({"releases": total})
    else:
        out(f"{total:,} releases can be searched")
