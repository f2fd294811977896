"""Releases in, feeds out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import out, out_json, progress, say
from notifier.cli.faults import Fault

if TYPE_CHECKING:
    from feeds.models import Source


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A listing as text or HTML, an Atom or an RSS file.")
    ],
    source: Annotated[str, typer.Option(metavar="SLUG", help="The source it belongs to.")] = "",
    announce: Annotated[
        bool,
        typer.Option("--announce/--no-announce", help="Send what is new to subscribers, where it is recent."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Take releases from a file into the store. Importing the same again changes nothing."""
    from config import clock
    from feeds import intake
    from feeds.sources.files import read

    now = clock.now()
    origin = _source(source)
    reading = read(file, origin)
    with progress("Releases") as bar:
        report = intake.take_in(
            reading.items,
            origin,
            now,
            complete=reading.complete,
            announce=announce,
            progress=lambda done: bar(done, len(reading.items)),
        )
    facts = {"new": len(report.new), "changed": len(report.changed), "same": report.same}
    faults = [str(fault) for fault in (*reading.faults, *report.faults)]
    if as_json:
        out_json({**facts, "faults": faults})
    else:
        out(", ".join(f"{count} {word}" for word, count in facts.items()))
        for kind, label in report.pending:
            say(f"no {kind} is called {label!r} yet: kept as pending")
        if report.new and report.silence:
            say("what is new appears in feeds and is not sent to subscribers" + _why(report.silence))
    if faults:
        raise Fault("\n".join(faults))


def build(
    everything: Annotated[bool, typer.Option("--all", help="Write every feed anew, changed or not.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the feeds that changed to HERALD_HOME/feeds."""
    from django.conf import settings

    from config import clock
    from feeds import membership, notice, publisher

    now = clock.now()
    notice.take(now)
    membership.keep(now)
    with progress("Feeds") as bar:
        if everything:
            done = publisher.rebuild(settings.FEED_FOLDER, now, bar)
        else:
            done = publisher.publish(settings.FEED_FOLDER, now)
    if as_json:
        out_json({"feeds": done.feeds, "files": done.files})
    else:
        out(f"{done.feeds} feeds in {done.files} files written")


def _why(silence: str) -> str:
    return {
        "first_fetch": ", because it is what the source brought first",
        "import": "; with --announce it would have been, where it is recent",
    }.get(silence, "")


def _source(slug: str) -> Source:
    """The source named, or the one there is."""
    from feeds.models import Source

    found = list(Source.objects.filter(slug=slug) if slug else Source.objects.order_by("pk"))
    if slug and not found:
        known = (
            ", ".join(Source.objects.values_list("slug", flat=True)) or "none yet; `herald setup` makes one"
        )
        raise typer.BadParameter(f"there is no source {slug!r}; there is {known}", param_hint="--source")
    if not found:
        raise Fault("there is no source yet: `herald setup` makes the one that ships")
    if not slug and len(found) > 1:
        say(f"taken as from {found[0].slug}; --source names another")
    return found[0]
