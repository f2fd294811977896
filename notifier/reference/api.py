"""docs/reference/api.md, from the OpenAPI document that `/api/openapi.json` gives."""

from __future__ import annotations

from typing import Any

from feeds.api import document
from feeds.api.problems import PROBLEMS
from notifier.reference.words import code, plain, table

_INTRODUCTION = """\
The same as OpenAPI 3.1 is at `/api/openapi.json`, for programs. [Pushing releases](../api.md) shows how it is used,
with examples."""
_SHOWN = ("Record", "Release", "Label", "Page", "Withdrawal", "ProblemDetails", "ProblemError")


def body() -> str:
    whole = document.make()
    parts = [_INTRODUCTION, plain(document.ABOUT), "## Requests"]
    for path, operations in whole["paths"].items():
        parts += [_operation(verb, path, operation) for verb, operation in operations.items()]
    parts.append("## What bodies hold")
    parts += [_schema(name, whole["components"]["schemas"][name]) for name in _SHOWN]
    parts += ["## Problems", _problems()]
    return "\n\n".join(parts)


def _operation(verb: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f"### {verb.upper()} {path}",
        f"{plain(operation['summary'])}. {plain(operation['description'])}",
    ]
    if rows := [_parameter(one) for one in operation["parameters"]]:
        parts.append(table(("parameter", "in", "what it is"), rows))
    good = [(status, told) for status, told in operation["responses"].items() if status[0] in "23"]
    parts.append(
        table(("answer", "what it means"), [(status, plain(told["description"])) for status, told in good])
    )
    others = [status for status in operation["responses"] if status[0] in "45"]
    parts.append(f"Or one of the [problems](#problems) with status {', '.join(others)}.")
    return "\n\n".join(parts)


def _parameter(one: dict[str, Any]) -> tuple[str, str, str]:
    return code(one["name"]), one["in"], plain(one.get("description", ""))


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        (code(member), _type(told), "yes" if member in required else "", plain(told.get("description", "")))
        for member, told in schema["properties"].items()
    ]
    return "\n\n".join(
        (
            f"### {name}",
            plain(schema.get("description", "")),
            table(("member", "type", "always there", "what it is"), rows),
        )
    )


def _type(told: dict[str, Any]) -> str:
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in told:
        return " or ".join(map(_type, told["anyOf"]))
    if told.get("type") == "array":
        return f"list of {_type(told['items'])}"
    kinds = told.get("type", "any")
    names = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return str(told.get("format", names))


def _problems() -> str:
    rows = [
        (code(one.name), str(one.status), plain(f"{one.title}. {one.meaning}")) for one in PROBLEMS.values()
    ]
    return table(("problem", "status", "what it means"), sorted(rows, key=lambda row: (row[1], row[0])))
