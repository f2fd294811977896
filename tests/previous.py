"""The version before this one, as scripts/previous names it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _lines() -> list[str]:
    text = (ROOT / "scripts" / "previous").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def commit() -> str:
    """Its tag or commit."""
    return _lines()[0]


def migrations() -> list[tuple[str, str]]:
    """The last migration of each app in it."""
    return [(app, name) for app, name in (line.split() for line in _lines()[1:])]
