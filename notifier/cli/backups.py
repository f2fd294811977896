"""A backup of everything as one file, and putting it back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.base import out, out_json, progress, say
from notifier.cli.faults import Fault

Folder = Annotated[Path | None, typer.Argument(help="Where the file goes.  [default: HERALD_HOME/backups]")]
Keep = Annotated[int, typer.Option(min=0, help="Remove all but the newest N of that folder; 0: none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what is in it as JSON.")]


def backup(folder: Folder = None, keep: Keep = 0, as_json: AsJson = False) -> None:
    """Write database, erasures and configuration files to one file, while everything runs. The keys are not in it.

    It is readable by its owner alone. On PostgreSQL it needs `pg_dump`.
    """
    from django.conf import settings

    from config import clock
    from notifier.backups import archive, making

    with progress("backup") as told:
        made = making.make(folder or Path(settings.HERALD_HOME) / making.FOLDER, clock.now(), told, keep)
    if as_json:
        out_json(_facts(made, archive.manifest_of(made)))
        return
    out(str(made))
    say("keep keys.env, or the keys in your environment, apart from it: without them nobody can use a backup")


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `herald backup` made.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is in it, and what hinders.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back, if every byte is as it was, the keys are those of then, and this Herald is no older.

    Nobody may work on the database. On SQLite the present one is put aside; on PostgreSQL it must be empty. No mail
    leaves until `herald resume --after-restore`.
    """
    from config import clock
    from notifier.backups import archive, restoring

    manifest = archive.manifest_of(source)
    if as_json:
        out_json(_facts(source, manifest))
    else:
        out(
            f"{source}: of {manifest.made_at:%Y-%m-%d %H:%M} UTC, by Herald {manifest.herald} on {manifest.kind}; "
            f"releases: {manifest.releases:,}, subscribers: {manifest.subscribers:,}"
        )
    if wrong := restoring.refusals(manifest):
        raise Fault("\n".join(f"{source}: {reason}" for reason in wrong))
    if dry_run:
        return
    if not yes and not typer.confirm("Put it in the place of what is there?", err=True):
        raise Fault("nothing was done")
    done = restoring.restore(source, clock.now())
    if done.aside:
        say(f"what was there is now {done.aside}")
    for name in done.files:
        say(f"{name} is as it was")
    say(
        "restored. Start Herald, then `herald resume --after-restore` shows what mail waits, and lets it leave"
    )


def _facts(file: Path, manifest: Any) -> dict[str, Any]:
    return {"file": str(file), "bytes": file.stat().st_size, **asdict(manifest)}
