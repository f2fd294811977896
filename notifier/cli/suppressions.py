"""The list of addresses that get nothing. It shows none: who looks for one gives it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from notifier.cli.base import Command, group, out_json, say, table
from notifier.cli.faults import Fault

app = group("Show, add and remove addresses that get nothing.")
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The e-mail address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command("list", cls=Command)
def list_(
    address: Annotated[str, typer.Option("--address", metavar="ADDRESS", help="Only that of this one.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what holds: why, since when and until when, by number. It shows no address; who looks for one gives it."""
    from config import clock
    from notifier import addresses, suppressions

    rows = suppressions.standing(clock.now()).order_by("-at", "-pk")
    if address:
        rows = rows.filter(address=addresses.encrypt(addresses.normalise(address)))
    found = [_facts(row) for row in rows[:limit]]
    if as_json:
        out_json(found)
    elif found:
        table(tuple(found[0]), [tuple("" if v is None else v for v in facts.values()) for facts in found])


@app.command(cls=Command)
def add(
    address: Address,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "by hand",
    days: Annotated[int, typer.Option(min=0, help="For how many days; 0: for good.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Let an address get nothing, subscribed or not."""
    from config import clock
    from notifier import suppressions

    now = clock.now()
    row = suppressions.add(
        address, reason, "command:suppressions add", "command", now, suppressions.until(now, days)
    )
    if as_json:
        out_json(_facts(row))
    else:
        say(f"{row} added")


@app.command(cls=Command)
def remove(
    address: Address,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the audit log.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let an address get mail again. What bounced until now counts no more."""
    from config import clock
    from notifier import suppressions

    row = suppressions.find(address)
    if row is None:
        raise Fault("this address is not suppressed")
    facts = _facts(row)
    suppressions.lift(row, note, "command:suppressions remove", "command", clock.now())
    if as_json:
        out_json(facts)
    else:
        say(f"suppression {facts['number']} removed")


def _facts(row: Any) -> dict[str, Any]:
    return {
        "number": row.pk,
        "kind": row.kind,
        "reason": row.reason,
        "at": row.at,
        "expires_at": row.expires_at,
    }
