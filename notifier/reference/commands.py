"""docs/reference/commands.md, from the command line itself: what `--help` says, and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from notifier.cli.app import app
from notifier.reference.examples import EXAMPLES
from notifier.reference.words import code, plain, table

_INTRODUCTION = """\
Results go to stdout, talk to stderr. Exit codes: 0; 1, something is wrong with the input or the world, said on stderr
in one line for each fault; 2, wrong usage; 130, interrupted. `--json` prints facts as JSON, with instants in ISO 8601
and UTC. A TIME is ISO 8601 with an offset (`2026-11-24T07:00+01:00`, `2026-11-24T06:00Z`) or the newsroom's local time
(`2026-11-24T07:00`). `herald COMMAND --help` says the same as this page; `herald --version` prints the version."""

SECTIONS = {
    "Running": ("run", "web", "scheduler", "worker", "replies", "setup", "demo"),
    "Releases and feeds": ("import", "sources", "tokens", "releases", "feeds", "build"),
    "Mail": ("digest", "dispatch", "stop", "resume"),
    "Subscribers": ("subscribers", "suppressions"),
    "Configuration": ("config",),
    "Looking after it": ("check", "backup", "restore", "database", "admin", "audit", "bench"),
}
"""The first word of a command -> under which heading it stands; the others come last."""

Found = tuple[Any, Any]
"""A command as Typer reads it, and the context it is read in."""


def commands() -> dict[str, Found]:
    """All that can be run, by the words that run it ("herald digest preview")."""
    root: Any = typer.main.get_command(app)
    return dict(_walk(root, root.make_context("herald", [], resilient_parsing=True)))


def _walk(command: Any, context: Any) -> Iterator[tuple[str, Found]]:
    inner = getattr(command, "commands", {})
    if not inner or (command.invoke_without_command and context.parent):
        yield context.command_path, (command, context)
    for name, one in inner.items():
        yield from _walk(one, one.make_context(name, [], parent=context, resilient_parsing=True))


def body() -> str:
    found = commands()
    named = {word for words in SECTIONS.values() for word in words}
    others = tuple(dict.fromkeys(word for path in found if (word := path.split()[1]) not in named))
    parts = [_INTRODUCTION]
    for title, words in (*SECTIONS.items(), ("Others", others)):
        mine = [path for word in words for path in found if path.split()[1] == word]
        if mine:
            parts.append(f"## {title}")
            parts += [_command(path, *found[path]) for path in mine]
    return "\n\n".join(parts)


def _command(path: str, command: Any, context: Any) -> str:
    parts = [f"### {path}", plain(command.help or "")]
    rows = [_parameter(one, context) for one in command.params if not one.hidden]
    if rows:
        parts.append(f"```text\n{' '.join((path, *command.collect_usage_pieces(context)))}\n```")
        parts.append(table(("option", "default", "what it is"), rows))
    if examples := EXAMPLES.get(path):
        parts.append("```sh\n" + "\n".join(examples) + "\n```")
    return "\n\n".join(part for part in parts if part)


def _parameter(one: Any, context: Any) -> tuple[str, str, str]:
    if one.param_type_name == "argument":
        return code(one.metavar or one.name.upper()), "", plain(one.help or "")
    names = [*one.opts, *one.secondary_opts]
    takes = "" if one.is_flag else f" {one.metavar or _kind(one, context)}"
    text, _, said = (one.help or "").removesuffix("]").partition("  [default: ")
    default = plain(said.strip()) or _default(one)
    return ", ".join(code(name + takes) for name in names), default, plain(text)


def _kind(one: Any, context: Any) -> str:
    """What an option without a metavar takes, as the help shows it: `<int range>` is a number."""
    shown: str = one.get_help_record(context)[0].rpartition(" <")[2].rstrip(">")
    return {
        "str": "TEXT",
        "int": "N",
        "int range": "N",
        "float": "N",
        "float range": "N",
        "path": "PATH",
    }.get(shown, shown)


def _default(one: Any) -> str:
    if isinstance(one.show_default, str):
        return plain(one.show_default)
    value = getattr(one.default, "value", one.default)
    return "" if one.is_flag or value is None or value == [] or callable(value) else code(value)
