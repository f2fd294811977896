"""What the commands share: getting ready, printing, progress."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand

Progress = Callable[[int, int], None]
"""Told (done, of how many) now and then while long work goes on."""


class Command(TyperCommand):
    """A command that needs settings and Django: both are there when it begins, and not before its usage is right."""

    talkative = False

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # Typer's Context is what it gets
        begin(ctx.command_path.partition(" ")[2], talkative=self.talkative)
        from config import origin  # quick, and after the settings

        with origin.coming_from(ctx.command_path):
            return super().invoke(ctx)


class Process(Command):
    """A command that stays, and logs what it does."""

    talkative = True


def begin(role: str, *, talkative: bool = False) -> None:
    """Make HERALD_HOME if there is none, and set Django up. Raises WrongSettings with every fault at once.

    `role` names the process in the log. A command says what it did by itself; the log of what it used shows from
    warnings on, or wholly at LOG_LEVEL=DEBUG.
    """
    from config import environment, logs

    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    logs.play(role)
    root = logging.getLogger()
    if talkative:
        logs.take_all()
    elif root.level == logging.INFO:
        root.setLevel(logging.WARNING)


def group(help: str, **more: Any) -> typer.Typer:
    """A set of commands. Its help is in colours for people, and plain for programs, for which it is twice as quick."""
    return typer.Typer(
        help=help,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **{"no_args_is_help": True, **more},
    )


def out(line: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(line + "\n")


def out_json(value: Any) -> None:
    """The result as JSON; instants as ISO 8601 in UTC."""
    from django.core.serializers.json import DjangoJSONEncoder

    out(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def say(line: str) -> None:
    """Talk: what is going on, for a person."""
    sys.stderr.write(line + "\n")


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A progress bar on stderr while the block runs, if that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(),
    )  # fmt: skip
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


def table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Rows in columns; as wide as they need when nobody but a program reads them."""
    cells = [headings, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        out("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
