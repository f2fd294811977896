"""Releases in, feeds out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import out, out_json, progress, say
from notifier.cli.faults import Fault

if TYPE_CHECKING:
    from feeds.models import Source


def import_(
    what: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE|FILE",
            help="A source by its slug, to fetch it now; or a file or folder: a listing as text or HTML, a feed, "
            "Markdown, JSON, NDJSON or CSV. - reads standard input; ./NAME is always a file.",
        ),
    ],
    source: Annotated[str, typer.Option(metavar="SLUG", help="The source a file belongs to.")] = "",
    announce: Annotated[
        bool,
        typer.Option(
            "--announce/--no-announce",
            help="Send what is new in a file to subscribers, where it is recent; a fetch always does.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Take releases from a source, a file or a folder into the store. The same again changes nothing.

    By its slug a source is fetched now. A file, a folder or `-` (standard input) may be a listing (text or HTML), a
    feed (Atom, RSS, JSON Feed), Markdown, JSON, NDJSON or CSV. What could be read is kept; each fault is said with
    file, line and what was expected, and the exit code is then 1. Files are silent unless `--announce`. Ctrl-C ends
    it with 130, and the same command goes on.
    """
    from config import auditing, clock
    from notifier.cli import importing

    fetched = importing.source_called(what)
    if fetched is None:
        done = importing.take(what, _source(source), announce=announce)
    elif source:
        raise typer.BadParameter(f"{what} is a source itself; ./{what} is a file", param_hint="--source")
    else:
        done = importing.fetch(fetched)
    facts = {"new": done.new, "changed": done.changed, "same": done.same}
    if done.new or done.changed:
        of = fetched or _source(source)
        auditing.record(
            "command:import",
            "command",
            "imported",
            f"source {of.slug}",
            before=None,
            after=facts,
            now=clock.now(),
        )
    if as_json:
        out_json({**facts, "faults": done.faults, **({"held": done.held} if fetched else {})})
    else:
        out(", ".join(f"{count} {word}" for word, count in facts.items()))
        for kind, label in done.pending:
            say(f"no {kind} is called {label!r} yet: kept as pending")
        if done.new and done.silence:
            say("what is new appears in feeds and is not sent to subscribers" + _why(done.silence))
    if done.faults or done.held:
        held = (f"held until an admin decides: {reason}" for reason in done.held)
        raise Fault("\n".join((*held, *done.faults)))


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
