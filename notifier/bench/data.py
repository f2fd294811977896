"""Made-up releases for benchmarks and drills, as NDJSON: twenty years of them, the same for the same seed. They are
written as they are made, so their number costs no memory. Run by `herald bench data`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, Any

from feeds.sources.item import RawItem
from notifier.demo import made_up

SEED = 20250217
UNTIL = date(2025, 2, 17)
DAYS = 20 * 365
DEFAULTS = Path(__file__).resolve().parents[2] / "config" / "defaults"
_FIELDS = (
    "key",
    "title",
    "published_on",
    "url",
    "summary",
    "body",
    "type",
    "offices",
    "topics",
    "language",
    "author",
)


def releases(count: int, seed: int = SEED, days: int = DAYS) -> Iterator[RawItem]:
    """`count` of them, of the last `days`, with bodies of 2 to 8 kB, oldest first, under Herald's own labels."""
    labels = (_names("offices", "office"), _names("topics", "topic"), _names("newsroom", "type"))
    for number, item in enumerate(
        made_up.releases(seed, count, *labels, until=UNTIL, days=days, bodies=True)
    ):
        yield replace(item, url=f"https://newsroom.example.org/news/{number}")


def write(out: IO[str], count: int, seed: int = SEED) -> dict[str, Any]:
    """One release a line; returns how many, how many characters, and from when to when."""
    size, first, last = 0, "", ""
    for item in releases(count, seed):
        values = {name: getattr(item, name) for name in _FIELDS}
        last = values["published_on"] = item.published_on.isoformat()
        first = first or last
        size += out.write(json.dumps(values, ensure_ascii=False) + "\n")
    return {"releases": count, "characters": size, "first": first, "last": last, "seed": seed}


def _names(file: str, table: str) -> list[str]:
    rows = tomllib.loads((DEFAULTS / f"{file}.toml").read_text("utf-8"))[table]
    return [row["name"] for row in rows]
