"""docs/reference/configuration.md, from the sections of the configuration and the options of each kind of source."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from config import fields as f
from config.sections import Section, sections
from feeds.sources import kinds
from notifier.reference.words import code, plain, table

_INTRODUCTION = """\
What the newsroom *is* lies in the database, with a revision for every change; it is edited in the admin site, and goes
out and in as TOML by [`herald config export`, `diff` and `apply`](commands.md#herald-config-export). Each table below
stands in the file that is named with it. A file that is there says all about its tables; one that is missing leaves
them as they are. Where no default is given, the field must be there. What ships stands in `config/defaults/`."""
_OPTIONS = """\
A source has options of its kind, as `[source.options]` in `sources.toml`. The pages on [lists](../listing.md),
[other systems' feeds](../syndication.md) and [folders](../files.md) say how they are used."""


def body() -> str:
    parts = [_INTRODUCTION, *(_section(one) for one in sections()), "## Options of sources", _OPTIONS]
    for kind in sorted(kinds.FETCHED):
        parts += [f"### {kind}", table(("option", "default", "what it is"), _options(_model(kind), ""))]
    return "\n\n".join(parts)


def _section(one: Section) -> str:
    brackets = f"[{one.name}]" if one.single else f"[[{one.name}]]"
    known = "There is one." if one.single else f"Rows are known by their `{one.key}`, which never changes."
    rows = [
        (code(field.name), _default(field.default), _takes(field.kind), plain(about(one, field)))
        for field in one.fields
    ]
    return "\n\n".join(
        (
            f"## {one.name}",
            f"`{brackets}` in `{one.file}.toml`. {known}",
            table(("field", "default", "takes", "what it is"), rows),
        )
    )


def _default(value: Any) -> str:
    return "" if value is None else code(json.dumps(value, ensure_ascii=False))


def _takes(kind: f.Kind) -> str:
    """What it says of a value that it cannot take, as every kind names what it expects."""
    return plain((kind(object()) or "").removeprefix("must be ").removeprefix("must have "))


def about(section: Section, field: f.Field) -> str:
    """What a field is for."""
    known = {one.name: one for one in section.model._meta.get_fields()}
    return field.about or str(getattr(known.get(field.name), "help_text", ""))


def _model(kind: str) -> type[BaseModel]:
    return kinds.way_of(kind).Options


def _options(model: type[BaseModel], within: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        path = f"{within}{name}"
        inner = _inner(field.annotation)
        if inner is None:
            value = field.get_default(call_default_factory=True)
            given = "" if value in (PydanticUndefined, None) else code(_plainly(value))
            yield code(path), given, plain(field.description or "")
        else:
            yield from _options(inner, f"{path}.")


def _inner(kind: Any) -> type[BaseModel] | None:
    """The model that an option consists of, also where it may be left out."""
    choices = get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,)
    return next((one for one in choices if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _plainly(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
