"""The compose files that ship, read as `docker compose` reads them, with every variable at its default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ONE, MANY = ROOT / "docker-compose.yml", ROOT / "docker-compose.many.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$\$")


@dataclass(frozen=True)
class Service:
    """`raw` is all that the file says of it, merged. `command` and `health` are words, empty where there are none."""

    name: str
    raw: dict[str, Any]

    @property
    def command(self) -> list[str]:
        return list(self.raw.get("command", []))

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.raw.get("environment", {}))

    @property
    def health(self) -> list[str]:
        """The program and its words, a shell if it is for one."""
        kind, *words = self.raw.get("healthcheck", {}).get("test", ["NONE"])
        kinds: dict[str, list[str]] = {"NONE": [], "CMD": words, "CMD-SHELL": ["/bin/sh", "-c", *words]}
        return kinds[kind]

    @property
    def is_herald(self) -> bool:
        return "build" in self.raw

    def mounted(self, at: str) -> str:
        """The named volume at a path; "" if there is none."""
        pairs = (volume.split(":")[:2] for volume in self.raw.get("volumes", []))
        return next((name for name, path in pairs if path == at), "")


def read(path: Path) -> dict[str, Any]:
    filled: dict[str, Any] = _filled(yaml.safe_load(path.read_text(encoding="utf-8")))
    return filled


def services(path: Path) -> dict[str, Service]:
    return {name: Service(name, raw) for name, raw in read(path)["services"].items()}


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: found[2] or "" if found[1] else "$", value)
    return value
