"""Digests: what one would look like, which are due, and sending those."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs

import typer

from notifier.cli.base import Command, group, out, out_json, progress, say, table
from notifier.cli.faults import Fault
from notifier.cli.subscribers import Address, Either, Offices, Topics, find, selection_of
from notifier.cli.times import or_now

if TYPE_CHECKING:
    from feeds.selection import Selection
    from notifier.preview import Preview

app = group("Preview digests, list those that are due, send them.")

At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="As if it were that time.  [default: now]")
]


class Form(StrEnum):
    """What a preview is printed as."""

    TEXT = "text"
    HTML = "html"
    EML = "eml"


@app.command(cls=Command)
def due(
    at: At = None, as_json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False
) -> None:
    """List the runs that are due, each with its window. Changes nothing."""
    from notifier import planner

    runs = planner.due(or_now(at))
    if as_json:
        out_json(
            [
                {
                    "frequency": run.frequency,
                    "zone": run.zone,
                    "local_date": run.local_date,
                    "starts_at": run.starts_at,
                    "ends_at": run.ends_at,
                }
                for run in runs
            ]
        )
    elif runs:
        rows = [
            (r.frequency, r.zone, r.local_date, r.starts_at.isoformat(), r.ends_at.isoformat()) for r in runs
        ]
        table(("frequency", "zone", "local date", "from", "to"), rows)
    else:
        say("nothing is due")


@app.command(cls=Command)
def preview(
    subscriber: Annotated[
        str, typer.Option(metavar="ADDRESS", help="What this person would get if it were due now.")
    ] = "",
    frequency: Annotated[
        str, typer.Option(metavar="instant|daily|weekly", help="Which of their mails.")
    ] = "",
    selection: Annotated[
        str,
        typer.Option(metavar="QUERY", help="As in a feed's address: topic=elections&office=odihr&q=media."),
    ] = "",
    topic: Topics = [],  # noqa: B006 - Typer copies it
    office: Offices = [],  # noqa: B006
    either: Either = False,
    language: Annotated[str, typer.Option(help="Of the frame texts: en, fr, de, it, ru or es.")] = "en",
    form: Annotated[
        Form, typer.Option("--as", help="What to print: a body, or the whole message.")
    ] = Form.TEXT,
    to: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there instead.")] = None,
    at: At = None,
) -> None:
    """Print a digest: a subscriber's next one, or the newest releases of a selection."""
    from django.conf import settings

    from notifier import preview as previews

    if language not in settings.HERALD_LANGUAGES:
        raise Fault(f"language {language!r}: expected one of {', '.join(settings.HERALD_LANGUAGES)}")
    if subscriber:
        shown = _of_subscriber(subscriber, frequency, at)
    else:
        chosen = _selection(selection) if selection else selection_of(topic, office, either)
        shown = previews.of_selection(chosen, language, or_now(at))
    if shown is None:
        raise Fault("nothing to send: no release matches")
    whole = {
        Form.TEXT: f"Subject: {shown.subject}\n\n{shown.text}".encode(),
        Form.HTML: shown.html.encode(),
        Form.EML: shown.raw,
    }[form]
    if to is None:
        sys.stdout.write(whole.decode())
        return
    try:
        to.write_bytes(whole)
    except OSError as error:
        raise Fault(f"{to}: {error.strerror}") from None
    say(f"written to {to}")


@app.command(cls=Command)
def send(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what became of the messages as JSON.")
    ] = False,
) -> None:
    """Plan what is due now, and send all that waits, here and now."""
    from config import clock
    from notifier import jobs
    from notifier.models import Channel

    jobs.look(clock.now())
    counts = _drain()
    if as_json:
        out_json(counts)
    else:
        out(", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing to send")
    channel = Channel.objects.get(pk=1)
    if channel.stopped_at:
        raise Fault("mail is stopped: `herald resume` lets it leave")
    if channel.fault:
        raise Fault(channel.fault)


def _selection(query: str) -> Selection:
    """The selection that a query means. Raises Fault for names and terms that do not exist."""
    from feeds import selecting
    from feeds.catalogue import Catalogue
    from feeds.selection import BadSelection

    given = parse_qs(query.partition("?")[2] or query, keep_blank_values=True)
    if strange := given.keys() - selecting.FIELDS.keys():
        raise Fault(f"selection: {', '.join(sorted(strange))}; expected {', '.join(selecting.FIELDS)}")
    try:
        found = selecting.read(given)
    except BadSelection as error:
        raise Fault(f"selection: {error}") from None
    if unknown := selecting.unknown(found, Catalogue().names):
        raise Fault(f"there is no {', no '.join(unknown)}")
    return found


def _drain() -> dict[str, int]:
    """Send all that is due, with a bar; by state, how many deliveries ended in it. Killed, it loses nothing."""
    from notifier.models import Delivery
    from notifier.sender import Worker

    waiting = Delivery.objects.filter(state__in=(Delivery.State.PENDING, Delivery.State.DEFERRED)).count()
    worker = Worker()
    sending = ThreadPoolExecutor(1).submit(worker.drain)
    with progress("Messages") as bar:
        while not wait([sending], timeout=0.2).done:
            bar(worker.counts.total(), waiting)
    return dict(sending.result())


def _of_subscriber(address: Address, frequency: str, at: str | None) -> Preview | None:
    from notifier import preview as previews

    cadences = find(address).cadences.select_related("chain", "interest", "minus").order_by("frequency")
    chosen = [c for c in cadences if not frequency or c.frequency == frequency]
    if not chosen:
        raise Fault(f"this subscriber gets no {frequency or 'mail'}")
    shown = [p for c in chosen if (p := previews.of_cadence(c, or_now(at)))]
    return shown[0] if shown else None
