"""Dispatches: what is being sent; hold one, look at it, send oneself a test, release or cancel it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from notifier.cli.base import Command, group, out, out_json, say, table
from notifier.cli.faults import Fault

app = group("See what is being sent; hold a dispatch, send yourself a test of it, release or cancel it.")

Number = Annotated[
    int, typer.Argument(metavar="DISPATCH", help="Its number, as `herald dispatch list` has it.")
]


@app.command("list", cls=Command)
def list_(
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a decision.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List dispatches, the newest first: how each stands, and to how many people it goes."""
    from config import clock
    from notifier.dispatches import Board
    from notifier.models import Dispatch

    found = Dispatch.objects.exclude(lane=Dispatch.Lane.LETTER).select_related("chain").order_by("-pk")
    if held:
        found = found.filter(held=True, cancelled_at=None)
    shown = list(found[:limit])
    board = Board(shown, clock.now())
    rows = [_facts(dispatch, board) for dispatch in shown]
    if as_json:
        out_json(rows)
    elif rows:
        table(("dispatch", "what", "made", "recipients", "condition"), [_row(facts) for facts in rows])
    else:
        say("no dispatch waits for a decision" if held else "nothing was sent yet")


@app.command(cls=Command)
def hold(
    dispatch: Number, because: Annotated[str, typer.Option(help="Why; it is recorded.")] = "by command"
) -> None:
    """Let nothing more of a dispatch begin until it is released or cancelled."""
    from config import clock
    from notifier import holds

    with _refusals():
        holds.hold(dispatch, "command:dispatch hold", "command", because, clock.now())
    out(f"dispatch {dispatch} is held")


@app.command(cls=Command)
def release(dispatch: Number) -> None:
    """Let a dispatch leave that was held."""
    from config import clock
    from notifier import holds

    with _refusals():
        holds.release(dispatch, "command:dispatch release", "command", clock.now())
    out(f"dispatch {dispatch} is released")


@app.command(cls=Command)
def cancel(dispatch: Number) -> None:
    """Send nothing more of a dispatch, ever. What it held comes by no other message."""
    from config import clock
    from notifier import holds

    with _refusals():
        ended = holds.cancel(dispatch, "command:dispatch cancel", "command", clock.now())
    out(f"dispatch {dispatch} is cancelled; {ended:,} messages will not be sent")


@app.command("test", cls=Command)
def send_test(
    dispatch: Number,
    address: Annotated[str, typer.Argument(help="Where to send it.")],
    edition: Annotated[int, typer.Option(help="Which edition.  [default: the first]")] = 0,
) -> None:
    """Send a test of a dispatch to one address, past the queue: the message as it will leave, with [Test] before its
    subject.
    """
    from config import kept_relay
    from notifier import proofs
    from notifier.models import Edition

    editions = (
        Edition.objects.filter(dispatch=dispatch).exclude(dispatch__lane=0).select_related("dispatch__chain")
    )
    found = (editions.filter(pk=edition) if edition else editions.order_by("pk")).first()
    if found is None:
        raise Fault(f"dispatch {dispatch} has no such edition: `herald dispatch list` shows what there is")
    try:
        reply = proofs.send(found, address, kept_relay.url())
    except proofs.NotSent as error:
        raise Fault(f"the test was not sent: {error}") from None
    out(f"edition {found.pk} was sent to {address}: {reply}")


@contextmanager
def _refusals() -> Iterator[None]:
    from notifier import holds

    try:
        yield
    except holds.Refused as error:
        raise Fault(str(error)) from None


def _facts(dispatch: Any, board: Any) -> dict[str, Any]:
    return {
        "dispatch": dispatch.pk,
        "what": board.what(dispatch),
        "made": dispatch.made_at,
        "recipients": dispatch.recipients,
        "held": dispatch.held,
        "condition": board.condition(dispatch),
        "deliveries": board.counts(dispatch),
        "ends": board.ends(dispatch),
        "archived": dispatch.archived_at,
        "editions": list(dispatch.editions.order_by("pk").values_list("pk", flat=True)[:100]),
    }


def _row(facts: dict[str, Any]) -> tuple[Any, ...]:
    recipients = "" if facts["recipients"] is None else f"{facts['recipients']:,}"
    return (
        facts["dispatch"],
        facts["what"],
        f"{facts['made']:%Y-%m-%d %H:%M} UTC",
        recipients,
        facts["condition"],
    )
