"""All commands, put together."""

from __future__ import annotations

import typer

from notifier.cli import (
    accounts,
    audit,
    backups,
    benches,
    channel,
    checks,
    configuration,
    database,
    digests,
    dispatches,
    imports,
    newsroom,
    processes,
    readership,
    releases,
    replies,
    sources,
    subscribers,
    suppressions,
    tokens,
)
from notifier.cli.base import Command, Process, group

app = group("Herald turns a newsroom's releases into feeds and e-mail.")

for name, action, kind in (
    ("run", processes.run, Process),
    ("setup", processes.setup, Command),
    ("web", processes.web, Process),
    ("scheduler", processes.scheduler, Process),
    ("worker", processes.worker, Process),
    ("import", newsroom.import_, Command),
    ("build", newsroom.build, Command),
    ("stop", channel.stop, Command),
    ("resume", channel.resume, Command),
    ("backup", backups.backup, Command),
    ("restore", backups.restore, Command),
):
    app.command(name, cls=kind)(action)
app.command("demo")(processes.demo)  # it makes its own home, and so gets ready by itself

app.add_typer(digests.app, name="digest")
app.add_typer(dispatches.app, name="dispatch")
app.add_typer(releases.app, name="releases")
subscribers.app.command("import", cls=Command)(imports.import_)
subscribers.app.command("list", cls=Command)(imports.list_)
subscribers.app.command("imports", cls=Command)(imports.imports)
subscribers.app.command("undo", cls=Command)(imports.undo)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(replies.app, name="replies")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(sources.app, name="sources")
app.add_typer(readership.app, name="feeds")
app.add_typer(configuration.app, name="config")
app.add_typer(database.app, name="database")
app.add_typer(checks.app, name="check")
app.add_typer(accounts.app, name="admin")
app.add_typer(audit.app, name="audit")
app.add_typer(tokens.app, name="tokens")
app.add_typer(benches.app, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"herald {version('herald')}")
        raise typer.Exit


@app.callback()
def herald(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Herald turns a newsroom's releases into feeds and e-mail."""
