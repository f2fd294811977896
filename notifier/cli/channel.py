"""Stop and resume: a person decides that no mail leaves, or what of a restored database may."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import out, out_json, say, table
from notifier.cli.faults import Fault
from notifier.cli.times import or_now

if TYPE_CHECKING:
    from notifier.restored import Waiting

SHOWN = 40
AfterRestore = Annotated[
    bool,
    typer.Option("--after-restore", help="Of a database that was restored or copied: show what waits, let it leave."),
]  # fmt: skip
CancelBefore = Annotated[
    str | None,
    typer.Option("--cancel-before", metavar="TIME", help="Cancel what was due before that time; let the rest leave."),
]  # fmt: skip
OnlyLetters = Annotated[
    bool, typer.Option("--only-letters", help="Hold every dispatch; only confirmations and other letters leave.")
]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what waits.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what waits as JSON.")]


def stop() -> None:
    """Let no further mail begin until `herald resume`. Feeds go on; what is due is planned and waits."""
    from config import clock
    from notifier import channel

    done = channel.stop("command:stop", "command", clock.now())
    out("stopped: no message begins until `herald resume`" if done else "it was stopped already")


def resume(
    after_restore: AfterRestore = False,
    cancel_before: CancelBefore = None,
    only_letters: OnlyLetters = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let mail leave again. What waited is sent; nothing is lost or sent twice.

    When Herald has stopped it by itself, as the database was restored from a backup or is a copy, --after-restore shows
    what would leave, and asks.
    """
    if after_restore:
        _after_restore(or_now(cancel_before) if cancel_before else None, only_letters, dry_run, yes, as_json)
        return
    if cancel_before or only_letters or dry_run:
        raise typer.BadParameter("only with --after-restore")
    from config import clock
    from notifier import channel

    if why := channel.stopped_because():
        raise Fault(f"{why}. `herald resume --after-restore` shows what waits, and lets it leave")
    done = channel.resume("command:resume", "command", clock.now())
    out("resumed" if done else "it was not stopped")


def _after_restore(
    before: datetime | None, only_letters: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    from config import clock
    from notifier import jobs, restored
    from notifier.lineage import Lineage

    why = Lineage().look(clock.now())
    if not why:
        raise Fault(
            "this database was neither restored nor copied, as far as can be seen; `herald resume` resumes"
        )
    jobs.look(clock.now())  # what is due is planned now, and not after somebody has looked
    now = clock.now()
    waiting = restored.waiting(now)
    if as_json:
        out_json({"because": why, "waiting": [asdict(one) for one in waiting]})
    else:
        _show(why, waiting, before, only_letters, now)
    if dry_run or (as_json and not yes):
        return
    if not yes and not typer.confirm("Let mail leave from this database?", err=True):
        raise Fault("nothing was done: no mail leaves")
    done = restored.release("command:resume", "command", now, before=before, only_letters=only_letters)
    said = "; ".join(
        ["resumed"]
        + [f"{done.cancelled:,} messages cancelled"] * bool(done.cancelled)
        + [f"{done.held:,} dispatches held"] * bool(done.held)
    )
    (say if as_json else out)(said)


def _show(
    why: str, waiting: list[Waiting], before: datetime | None, only_letters: bool, now: datetime
) -> None:
    from django.conf import settings

    from notifier import outside, restored

    out(f"No mail leaves: {why}.")
    out(f"Here ({settings.HERALD_ENVIRONMENT}) {outside.from_settings().words()}.")
    if not waiting:
        out("Nothing waits.")
        return

    def fate(one: Waiting) -> str:
        if before is not None and one.since < before:
            return "is cancelled"
        if one.held or (only_letters and one.dispatch is not None):
            return "is held"
        return "leaves"

    rows = [
        (one.dispatch or "", one.what, f"{one.messages:,}", f"{one.since:%Y-%m-%d %H:%M} UTC",
         restored.age(one.since, now), fate(one))
        for one in waiting
    ]  # fmt: skip
    table(("dispatch", "what", "messages", "due since", "age", "then"), rows[:SHOWN])
    if len(rows) > SHOWN:
        out(f"and {len(rows) - SHOWN:,} dispatches more; --json has them all")
    leaving = sum(one.messages for one in waiting if fate(one) == "leaves")
    out(f"{leaving:,} of {sum(one.messages for one in waiting):,} messages would leave.")
    out("What was sent after the backup was made is not in it: those messages would come a second time.")
