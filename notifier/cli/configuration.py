"""The newsroom's configuration as TOML files, which can be kept, compared and reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.base import Command, group, out, out_json, say
from notifier.cli.faults import Fault

if TYPE_CHECKING:
    from config.revisions import Difference, Document

app = group("Export the configuration to TOML files, compare it with them, apply them.")

Folder = Annotated[Path | None, typer.Argument(help="Where the files lie.  [default: HERALD_HOME/config]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")]


@app.command(cls=Command)
def export(
    folder: Folder = None,
    revision: Annotated[
        int | None, typer.Option(help="As it was at that revision; the files still say what they came from.")
    ] = None,
) -> None:
    """Write the configuration to the folder as TOML, and to `base.txt` from which it came.

    Comments in files that are there stay.
    """
    from config import base, files, revisions

    place = _folder(folder)
    document = revisions.document() if revision is None else revisions.at(revision)
    for path in (*files.write(place, document), base.write(place, document)):
        out(str(path))


@app.command(cls=Command)
def diff(folder: Folder = None, as_json: AsJson = False) -> None:
    """Print what applying the folder would change, and what that would mean for feeds and mail."""
    wanted = _read(_folder(folder))
    differences = _differences(wanted)
    _print(differences, wanted, as_json)
    if not differences and not as_json:
        say("no difference")


@app.command(cls=Command)
def apply(
    folder: Folder = None,
    note: Annotated[str, typer.Option(help="Why, for the list of revisions.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it only; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Even where that undoes what changed since the export.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the configuration what the folder says, as one revision. Prints the differences first, and asks.

    Refused where it would undo what somebody else changed since the folder was exported.
    """
    import sys

    from config import base, clock, revisions

    place = _folder(folder)
    wanted = _read(place)
    if not overwrite:
        base.check(place, wanted)
    differences = _differences(wanted)
    _print(differences, wanted, as_json, consequences=dry_run)
    if not differences:
        say("nothing to change")
    if not differences or dry_run:
        return
    if not yes and sys.stdin.isatty() and not typer.confirm("Apply?", err=True):
        raise Fault("not applied")
    now, me = clock.now(), "command:config apply"
    with revisions.recording(me, "command", note, now=now) as made:
        if _differences(wanted) != differences:
            raise Fault("the configuration changed meanwhile; nothing was applied")
        revisions.apply(wanted, me, "command", now=now)
    revision = made.revision
    if (place / base.FILE).exists():
        base.write(place, revisions.document())
    say(f"applied as revision {revision.number}" if revision else "nothing to change")


@app.command(cls=Command)
def restore(
    number: Annotated[int, typer.Argument(help="Of the revision.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it only; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the configuration what it was at a revision, as a new one. Prints the differences first, and asks."""
    import sys

    from config import clock, revisions

    wanted = revisions.at(number)
    differences = _differences(wanted)
    _print(differences, wanted, as_json=False)
    if not differences:
        say(f"the configuration is as it was at revision {number} already")
    if not differences or dry_run:
        return
    if not yes and sys.stdin.isatty() and not typer.confirm("Restore?", err=True):
        raise Fault("not restored")
    revision = revisions.restore(number, "command:config restore", "command", now=clock.now())
    say(f"restored as revision {revision.number}" if revision else "nothing to change")


def _folder(given: Path | None) -> Path:
    from django.conf import settings

    return given or Path(settings.HERALD_HOME) / "config"


def _read(folder: Path) -> Document:
    from config import files

    if not any(folder.glob("*.toml")):
        raise Fault(f"{folder}: no .toml files there; `herald config export` writes them")
    return files.read(folder)


def _differences(wanted: Document) -> list[Difference]:
    from config import revisions

    return revisions.diff(revisions.document(), wanted)


def _print(
    differences: list[Difference], wanted: Document, as_json: bool, *, consequences: bool = False
) -> None:
    """What differs and what that would mean; as JSON the second only if it is asked for (`consequences`)."""
    from config import clock
    from notifier import drafts
    from notifier.drafting import words

    changes = [
        {"action": d.action, "subject": d.subject, "before": d.before, "after": d.after} for d in differences
    ]
    if as_json and not consequences:
        out_json(changes)
        return
    found = drafts.consequences_of(wanted, clock.now())
    if as_json:
        out_json({"changes": changes, "consequences": words.to_json(found)})
        return
    for line in (*map(str, differences), *(words.lines(found) if differences else ())):
        out(line)
