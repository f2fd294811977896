"""Sources: how fetching them goes, and fetches that are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import Command, group, out, out_json, say, table
from notifier.cli.faults import Fault

if TYPE_CHECKING:
    from feeds.models import HeldFetch

app = group("Where releases come from: how fetching goes, and what is held for you to look at.")
Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="Its number, from `herald sources held`.")]
ACTOR = "command:sources"


@app.command("list", cls=Command)
def list_(as_json: Json = False) -> None:
    """List all sources, each with what it does just now. `herald import SLUG` fetches one at once."""
    from config import clock
    from feeds.harvest import standing
    from feeds.models import HeldFetch, Source

    now = clock.now()
    held = {one.source_id: one for one in HeldFetch.objects.filter(decision=HeldFetch.Decision.OPEN)}
    rows = []
    for source in Source.objects.select_related("fetching"):
        state = getattr(source, "fetching", None)
        waiting = int(held[source.pk].differences.get("new", 0)) if source.pk in held else -1
        rows.append(
            {
                "slug": source.slug, "kind": source.kind, "address": source.address, "active": source.active,
                "state": standing.in_words(source, state, waiting, now),
                "succeeded": state.succeeded_at if state else None, "next": state.next_at if state else None,
                "failures": state.failures if state else 0, "error": state.error if state else "",
                "held": held[source.pk].pk if source.pk in held else None,
            }
        )  # fmt: skip
    if as_json:
        out_json(rows)
    else:
        table(("source", "kind", "state"), [(row["slug"], row["kind"], row["state"]) for row in rows])


@app.command(cls=Command)
def held(as_json: Json = False) -> None:
    """Show the fetches that are held: why, and what they would make new and change."""
    from feeds.models import HeldFetch

    found = HeldFetch.objects.filter(decision=HeldFetch.Decision.OPEN).select_related("source")
    if as_json:
        rows = [
            {
                "id": one.pk, "source": one.source.slug, "held": one.held_at, "fetched": one.fetched_at,
                "reasons": one.reasons, **one.differences,
            }
            for one in found
        ]  # fmt: skip
        out_json(rows)
        return
    for one in found:
        out(f"{one.pk}: {one.source.slug}, held since {one.held_at:%Y-%m-%d %H:%M} UTC")
        for reason in one.reasons:
            out(f"  {reason}")
        for new in one.differences.get("listed_new", ()):
            out(f"  + {new['date']} {new['title']}")
        for changed in one.differences.get("listed_changed", ()):
            out(f"  ~ {changed['title']} ({', '.join(changed['fields'])})")
    if not found:
        say("nothing is held")


@app.command(cls=Command)
def accept(
    number: Number,
    silent: Annotated[bool, typer.Option("--silent", help="Announce nothing of it.")] = False,
) -> None:
    """Take a held fetch in after all."""
    from config import clock
    from feeds.harvest import quarantine

    report = quarantine.accept(_open(number), ACTOR, clock.now(), announce=not silent, way="command")
    if report is None:
        raise Fault(_overtaken(number))
    out(f"{len(report.new)} new, {len(report.changed)} changed, {report.same} same")


@app.command(cls=Command)
def discard(number: Number) -> None:
    """Leave a held fetch; it is not held again until it changes."""
    from config import clock
    from feeds.harvest import quarantine

    if not quarantine.discard(_open(number), ACTOR, clock.now(), way="command"):
        raise Fault(_overtaken(number))
    say(f"fetch {number} discarded")


def _open(number: int) -> HeldFetch:
    from feeds.models import HeldFetch

    found = HeldFetch.objects.select_related("source").filter(pk=number).first()
    if found is None:
        raise Fault(f"there is no held fetch {number}; `herald sources held` lists them")
    return found


def _overtaken(number: int) -> str:
    return (
        f"fetch {number} was decided already, or a later one has taken its place; see `herald sources held`"
    )
