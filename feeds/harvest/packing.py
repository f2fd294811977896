"""Raw items as bytes and back: a fetch that is held for an admin keeps all it brought."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from feeds.sources.item import RawItem

_LISTS = {field.name for field in fields(RawItem) if str(field.type).startswith("tuple")}


def pack(items: Iterable[RawItem]) -> bytes:
    """Compressed JSON; texts of any characters, lone surrogates included."""
    rows = [{name: _plain(value) for name, value in asdict(item).items()} for item in items]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 6)


def unpack(data: bytes) -> list[RawItem]:
    """What `pack` was given."""
    return [RawItem(**{name: _value(name, value) for name, value in row.items()}) for row in _rows(data)]


def _rows(data: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(zlib.decompress(data))
    return rows


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _value(name: str, value: Any) -> Any:
    if name == "published_on":
        return date.fromisoformat(value)
    if name == "visible_at" and value:
        return datetime.fromisoformat(value)
    if name == "alternates":
        return tuple(tuple(pair) for pair in value)
    return tuple(value) if name in _LISTS else value
