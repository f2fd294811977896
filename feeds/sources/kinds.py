"""The kinds of source there are, by name, and what may stand in the options of each.

A new kind is a module beside this one that is a `feeds.sources.way.Way`, and a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from feeds.models import Source
from feeds.sources.way import Options, Way

# Loaded when they are needed: parsers of markup and of feeds cost time and memory that a web page does without.
_MODULES = {
    "listing": "feeds.sources.listing",
    "syndication": "feeds.sources.upstream",
    "folder": "feeds.sources.folder",
}
FETCHED = frozenset(_MODULES)
ON_THE_WEB = frozenset({"listing", "syndication"})


def way_of(kind: str) -> Way:
    """The module that fetches sources of this kind. Raises KeyError for one that is not fetched ("api")."""
    return cast(Way, import_module(_MODULES[kind]))


def options_of(source: Source) -> Options:
    """A source's options, checked. Raises pydantic.ValidationError for options that its kind does not know."""
    given = source.options if isinstance(source.options, dict) else {}
    return _model(source.kind).model_validate_json(_json(given))


def every_seconds(source: Source) -> int:
    """How often it is looked at: as configured, or as is usual for its kind."""
    return source.every_seconds or way_of(source.kind).EVERY_SECONDS


def faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a source's configuration for its kind, as (field, sentence)."""
    kind, address = row["kind"], row["address"]
    if address and kind in ON_THE_WEB and urlsplit(address).scheme not in {"http", "https"}:
        yield "address", f"address of a {kind} must begin with http:// or https://, or be empty"
    if address and kind == "api":
        yield "address", "address must be empty: programs push to /api/releases"
    try:
        _model(kind).model_validate_json(_json(row["options"]))
    except ValidationError as error:
        for fault in error.errors():
            place = ".".join(map(str, ("options", *fault["loc"])))
            yield "options", f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _model(kind: str) -> type[Options]:
    return way_of(kind).Options if kind in FETCHED else Options


def _json(options: Any) -> bytes:
    """As JSON, where strict models take lists for tuples."""
    import json

    return json.dumps(options).encode()
