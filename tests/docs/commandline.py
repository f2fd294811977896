"""What the command line would say to a line that somebody types. Runs nothing."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import typer
from typer._click.exceptions import UsageError

from notifier.cli.app import app

_EVERYWHERE = {"--help", "-h", "--version"}


@cache
def root() -> tuple[Any, Any]:
    command: Any = typer.main.get_command(app)
    return command, command.make_context("herald", [], resilient_parsing=True)


def faults(line: str) -> str:
    """What is wrong with `line` ("herald build --all"), or "". What comes after a pipe, > or ; is not Herald's."""
    words = shlex.split(re.split(r"[|;>]|&&|\s#\s|…", line)[0].replace("NUMBER", "1"))
    command, context = root()
    for number, word in enumerate(words[1:], 1):
        inner = getattr(command, "commands", {})
        if word not in inner:
            return _wrong(command, context, words[number:])
        command = inner[word]
        context = command.make_context(word, [], parent=context, resilient_parsing=True)
    return _wrong(command, context, [])


def is_mentioned(line: str) -> bool:
    """Whether `line` names a command or a group of them, with options it has; prose leaves out what one gives it."""
    said = faults(line)
    return not said or said.startswith(("Missing", "no word"))


def _wrong(command: Any, context: Any, rest: list[str]) -> str:
    if set(rest) & _EVERYWHERE:
        return ""
    if getattr(command, "commands", {}) and not (command.invoke_without_command and context.parent):
        return f"{rest[0]} is no command" if rest else "no word says what to do"
    try:
        with command.make_context(command.name, list(rest), parent=context.parent):
            return ""
    except UsageError as error:
        return str(error.format_message())
