"""Subscribers as lists: those of another system looked through, brought in, taken back; ours printed."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from notifier.cli.base import out, out_json, progress, say, table
from notifier.cli.faults import Fault
from notifier.cli.importing import INTERRUPTED
from notifier.cli.subscribers import AsJson, Either, How, Offices, Query, Topics, selection_of

if TYPE_CHECKING:
    from notifier.imports.deciding import Found
    from notifier.models import Import

ACTOR = "command:subscribers import"


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A CSV, or an address a line.")],
    column: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=NAME",
            help="Which column holds address, status, language, zone, topics, offices or agreed; NAME empty: none.",
        ),
    ] = [],  # noqa: B006
    topic: Topics = [],  # noqa: B006
    office: Offices = [],  # noqa: B006
    either: Either = False,
    selection: Query = "",
    frequency: How = "daily",
    language: Annotated[str, typer.Option(help="Of those whose row names none.")] = "en",
    zone: Annotated[str, typer.Option(help="Of those whose row names none.  [default: the newsroom's]")] = "",
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="Ask nobody: all have agreed already.")
    ] = False,
    basis: Annotated[
        str, typer.Option(metavar="WORDS", help="With --confirmed: to what they agreed, where and when.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each row; write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring in subscribers of Mailman, Mailchimp, listmonk or any CSV. Those who have left here stay away.

    Shows first what would become of each row. Everybody is asked by a letter to confirm, unless `--confirmed` says on
    what basis they have agreed already.
    """

    if confirmed and not basis.strip():
        raise typer.BadParameter("--confirmed needs --basis: to what they agreed, where and when")
    made = _take_up(file, dict(_pair(one) for one in column))
    try:
        selection_ = selection_of(topic, office, either, selection)
        _arrange(made, selection_, frequency, language, zone, confirmed=confirmed, basis=basis)
        done = _look_and_ask(made, dry_run=dry_run, yes=yes, as_json=as_json)
    except BaseException:
        made.delete()
        raise
    if not done:
        made.delete()
        return
    _run(made)
    if as_json:
        out_json(done)
    else:
        said = f"import {made.pk}: {made.counts.get('new', 0):,} brought in"
        say(f"{said}; `herald subscribers undo {made.pk}` takes it back")


def _take_up(file: str, said: dict[str, str]) -> Import:
    from config import clock
    from notifier.imports import batches, reading

    try:
        with _opened(file) as source, progress("Reading") as bar:
            return batches.take_up(
                source, Path(file).name, ACTOR, clock.now(), said, lambda rows: bar(rows, 0)
            )
    except (reading.Unreadable, ValueError) as error:
        raise Fault(str(error)) from None


def _look_and_ask(made: Import, *, dry_run: bool, yes: bool, as_json: bool) -> dict[str, Any]:
    """Show what would become of it. What to print at the end; empty if it is not to be begun."""
    from config import clock
    from notifier.imports import deciding

    found = deciding.look_through(made, clock.now())
    facts = _facts(made, found)
    if not as_json:
        _show(made, found)
    if dry_run or not found.counts.get(deciding.NEW):
        if as_json:
            out_json(facts)
        return {}
    if not yes and sys.stdin.isatty() and not typer.confirm(_question(made, found), err=True):
        raise Fault("nothing was done")
    return facts


def imports(as_json: AsJson = False) -> None:
    """List the imports, the newest first."""
    from notifier.models import Import

    rows = list(Import.objects.all()[:40])
    if as_json:
        out_json([_facts(row, None) for row in rows])
        return
    table(
        ("NUMBER", "FILE", "STATE", "ROWS", "NEW"),
        [(row.pk, row.name, row.get_state_display(), row.rows, row.counts.get("new", "")) for row in rows],
    )


def list_(
    form: Annotated[str, typer.Option("--as", metavar="csv|ndjson", help="How it is written.")] = "ndjson",
    with_address: Annotated[bool, typer.Option("--addresses", help="Print the addresses, too.")] = False,
) -> None:
    """Print all subscribers by number, state and what they get how often."""
    from config import auditing, clock, exports
    from notifier import extracts

    if form not in exports.FORMS:
        raise typer.BadParameter("expected csv or ndjson", param_hint="--as")
    after = {"as": form, "addresses": with_address}
    auditing.record(
        "command:subscribers list",
        "command",
        "exported",
        "subscribers",
        before=None,
        after=after,
        now=clock.now(),
    )
    for line in exports.lines(form, *extracts.subscribers(with_address=with_address)):
        sys.stdout.write(line)


def undo(
    number: Annotated[int, typer.Argument(help="Of the import.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take an import back: whoever came by it and has done nothing since goes, with all that is held about them."""
    from config import clock
    from notifier.imports import running
    from notifier.models import Import

    made = Import.objects.filter(pk=number).first()
    if made is None:
        raise Fault(f"there is no import {number}; `herald subscribers imports` lists them")
    people = made.people.count()
    if not yes and sys.stdin.isatty() and not typer.confirm(f"Let {people:,} people go?", err=True):
        raise Fault("nothing was done")
    try:
        running.undo(made, ACTOR, "command", clock.now())
    except running.Refused as error:
        raise Fault(f"import {number}: {error}") from None
    _run(made, people)
    stayed = made.counts.get("stayed", 0)
    say(
        f"import {number} is taken back: {people - stayed:,} went, {stayed:,} have done something since and stay"
    )


def _run(made: Import, total: int = 0) -> None:
    """Step by step, here and now; whoever interrupts it leaves the rest to the scheduler."""
    from config import clock
    from notifier.imports import deciding, running

    known = deciding.usual(made)
    if made.state == made.State.DRAFT:
        running.begin(made, ACTOR, "command", clock.now())
    try:
        with progress("Subscribers") as bar:
            while running.step(made, clock.now(), known):
                bar(made.done, total or made.rows)
    except KeyboardInterrupt:
        say(
            f"interrupted: import {made.pk} goes on where a scheduler runs; `herald subscribers imports` shows it"
        )
        raise typer.Exit(INTERRUPTED) from None


def _arrange(
    made: Import, selection: Any, frequency: str, language: str, zone: str, *, confirmed: bool, basis: str
) -> None:
    """What all get whose rows say nothing. Raises BadWish."""
    from django.conf import settings

    from feeds import store
    from notifier import offers
    from notifier.wishes import Wish, checked, known_zone

    wishes = checked([Wish(selection, frequency)])
    if language not in settings.HERALD_LANGUAGES:
        raise Fault(f"{language}: expected one of {', '.join(settings.HERALD_LANGUAGES)}")
    made.wishes, made.frequency = [offers.to_json(wish) for wish in wishes], frequency
    made.language, made.zone = language, known_zone(zone or store.newsroom().zone)
    made.asks, made.basis = not confirmed, basis.strip()
    made.save()


def _show(made: Import, found: Found) -> None:
    columns = ", ".join(
        f"{field} from {made.head[at] if made.head else 'each line'}" for field, at in made.columns.items()
    )
    out(f"{made.name}: {made.system}, {made.rows:,} rows; {columns}")
    for kind, count in found.counts.items():
        out(f"{count:>9,} {kind}")
    for line, why in found.refusals[:20]:
        out(f"line {line}: {why}")
    if len(found.refusals) > 20:
        out("… --json lists more")
    if found.labels:
        out(f"no office or topic is called {', '.join(sorted(found.labels)[:10])}")


def _question(made: Import, found: Found) -> str:
    how = "and ask each by a letter to confirm" if made.asks else "as confirmed already"
    return f"Bring in {found.counts.get('new', 0):,} people, {how}?"


def _facts(made: Import, found: Found | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "import": made.pk, "file": made.name, "system": made.system, "state": made.state, "rows": made.rows,
        "asks": made.asks, "counts": found.counts if found else made.counts,
    }  # fmt: skip
    if found:
        facts["refused"] = [{"line": line, "why": why} for line, why in found.refusals]
        facts["unknown"] = sorted(found.labels)
    return facts


def _pair(said: str) -> tuple[str, str]:
    field, equals, name = said.partition("=")
    if not equals:
        raise typer.BadParameter(f"--column {said}: expected FIELD=NAME, such as address=Email")
    return field, name


def _opened(file: str) -> BinaryIO:
    return io.BytesIO(sys.stdin.buffer.read()) if file == "-" else Path(file).open("rb")
