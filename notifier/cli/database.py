"""The database itself: moved to PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.base import Command, group, out, progress, say

app = group("Move the installation to PostgreSQL.")


@app.callback()
def _group() -> None:
    """Move the installation to PostgreSQL."""


@app.command("copy", cls=Command)
def copy(
    url: Annotated[
        str, typer.Argument(help="An empty PostgreSQL database: postgres://USER[:PASSWORD]@HOST:5432/NAME.")
    ],
) -> None:
    """Copy the SQLite database to PostgreSQL, compare every row, and have mail sent from there from now on.

    The one at URL must be empty, and nobody else may have the present one open. Any fault is said with its table, and
    leaves the new database empty. Afterwards set `DATABASE_URL`.
    """
    from config import clock
    from notifier.backups import copying

    with progress("copying and comparing") as told:
        done = copying.copy(url, clock.now(), told)
    out(f"{done.rows:,} rows in {done.tables} tables are now in {done.place}, each the same as here")
    if done.left_out:
        say(f"left out, as they are not Herald's: {', '.join(done.left_out)}")
    if done.stopped:
        say(f"mail had been stopped here, and is there as well: {done.stopped}")
    say(
        "Next: set DATABASE_URL to that database for every process, and start Herald. No mail leaves from the old"
    )
    say(
        "file any more; keep it, with a backup, until all is well. The index for searching is filled after the start."
    )
