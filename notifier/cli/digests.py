"""Digests: what one would look like, which are due, and sending those."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.base import Command, group, out, out_json, progress, say, table
from notifier.cli.faults import Fault
from notifier.cli.subscribers import (
    FREQUENCIES,
    Address,
    AsJson,
    Either,
    Offices,
    Query,
    Topics,
    find,
    selection_of,
)
from notifier.cli.times import or_now

if TYPE_CHECKING:
    from feeds.selection import Selection
    from notifier.foresight import Foresight
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
    from notifier import daytimes, planner

    runs = planner.due(or_now(at))
    if as_json:
        out_json(
            [
                {
                    "frequency": run.frequency,
                    "zone": run.zone,
                    "local_date": run.local_date,
                    "local_time": None if run.minute is None else daytimes.spell(run.minute),
                    "starts_at": run.starts_at,
                    "ends_at": run.ends_at,
                }
                for run in runs
            ]
        )
    elif runs:
        rows = [
            (
                r.frequency,
                r.zone,
                "" if r.local_date is None else f"{r.local_date} {daytimes.spell(r.minute or 0)}",
                r.starts_at.isoformat(),
                r.ends_at.isoformat(),
            )
            for r in runs
        ]
        table(("frequency", "zone", "local time", "from", "to"), rows)
    else:
        say("nothing is due")


@app.command(cls=Command)
def preview(
    subscriber: Annotated[
        str, typer.Option(metavar="ADDRESS", help="What this person would get if it were due now.")
    ] = "",
    frequency: Annotated[str, typer.Option(metavar=FREQUENCIES, help="Which of their mails.")] = "",
    selection: Query = "",
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
    """Print a digest: a subscriber's next one, or the newest releases of a selection.

    A selection is written as in a feed's address: `topic=elections&office=odihr`.
    """
    from django.conf import settings

    from notifier import preview as previews

    if language not in settings.HERALD_LANGUAGES:
        raise Fault(f"language {language!r}: expected one of {', '.join(settings.HERALD_LANGUAGES)}")
    if subscriber:
        shown = _of_subscriber(subscriber, frequency, at)
    else:
        chosen = selection_of(topic, office, either, selection)
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
def explain(
    subscriber: Address,
    release: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE", help="Its key, its id, or the address of its page or of the original."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Print why a person did, or didn't, get a release. True also when they have changed their choice since.

    The release is named by its key, its id, or the address of its page or of the original.
    """
    from config import clock
    from notifier import explaining

    who, standing = find(subscriber), explaining.find(release)
    if standing is None:
        raise Fault(f"there is no release {release!r}, or it was not noticed yet")
    told = explaining.explain(who, standing, clock.now())
    if as_json:
        out_json(explaining.to_json(told))
        return
    out(f"{told.title} ({told.release})")
    for sentence in told.sentences:
        out(sentence)


@app.command(cls=Command)
def foresight(
    topic: Topics = [],  # noqa: B006 - Typer copies it
    office: Offices = [],  # noqa: B006
    either: Either = False,
    selection: Query = "",
    as_json: AsJson = False,
) -> None:
    """Print what a selection would have brought over the last 90 days: releases, messages, the last three."""
    from config import clock
    from feeds import store
    from notifier import recent
    from notifier.pages import timing

    now, chosen = clock.now(), selection_of(topic, office, either, selection)
    found = recent.foresee(chosen, timing.offered(), store.newsroom().zone, now)
    facts = _foreseen(chosen, found)
    if as_json:
        out_json(facts)
        return
    out(f"{facts['what']}: {found.total} releases in {found.days} days")
    if not found.enough:
        out("too little history to say how much that is a week")
    for frequency, rate in (facts["messages_a_week"] or {}).items():
        out(f"{frequency}: {rate} messages a week")
    for release in facts["latest"]:
        out(f"{release['published_on']} {release['title']}")


@app.command(cls=Command)
def send(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what became of the messages as JSON.")
    ] = False,
) -> None:
    """Plan what is due now, and send all that waits, here and now."""
    from config import auditing, clock
    from notifier import jobs
    from notifier.installation import unmigrated
    from notifier.models import Channel

    if waiting := unmigrated():
        raise Fault(f"database: {len(waiting)} migrations are not applied; `herald setup` applies them")
    jobs.look(clock.now())
    counts = _drain()
    auditing.record(
        "command:digest send", "command", "sent", "what was due", before=None, after=counts, now=clock.now()
    )
    if as_json:
        out_json(counts)
    else:
        out(", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing to send")
    channel = Channel.objects.get(pk=1)
    if channel.stopped_because:
        raise Fault(
            f"{channel.stopped_because}: `herald resume --after-restore` shows what waits, and lets it leave"
        )
    if channel.stopped_at:
        raise Fault("mail is stopped: `herald resume` lets it leave")
    if channel.fault:
        raise Fault(channel.fault)


def _foreseen(selection: Selection, found: Foresight) -> dict[str, Any]:
    from feeds import selecting
    from notifier import interests, recent

    rates = {name: round(found.messages_a_week(name), 2) for name in found.messages}
    return {
        "selection": selecting.write(selection),
        "what": interests.describe(selection, "en"),
        "days": found.days,
        "enough_history": found.enough,
        "releases": found.total,
        "releases_a_week": round(found.a_week, 2) if found.enough else None,
        "messages": {name: messages.count for name, messages in found.messages.items()},
        "messages_a_week": rates if found.enough else None,
        "latest": [
            {"key": r.standing.key, "published_on": r.published_on, "title": r.title}
            for r in recent.latest(selection, found)
        ],
    }


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
    from notifier.models import QUICKEST_FIRST

    cadences = find(address).cadences.select_related("chain", "interest", "minus")
    chosen = [c for c in cadences if not frequency or c.frequency == frequency]
    chosen.sort(key=lambda cadence: QUICKEST_FIRST.index(cadence.frequency))
    if not chosen:
        raise Fault(f"this subscriber gets no {frequency or 'mail'}")
    shown = [p for c in chosen if (p := previews.of_cadence(c, or_now(at)))]
    return shown[0] if shown else None
