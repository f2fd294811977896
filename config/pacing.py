"""How fast recipients' domains are written to and when what was deferred is tried again, as settings say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

EVERY_OTHER = "*"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_RATE = re.compile(r"(\d{1,8})/(min|hour)")
_DOMAIN = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+|\*")


@dataclass(frozen=True, slots=True)
class DomainPace:
    """What one domain takes: messages a minute, an hour, and at one time. 0: as many as there are."""

    per_minute: int = 0
    per_hour: int = 0
    at_once: int = 0


def domains(text: str) -> dict[str, DomainPace]:
    """`gmail.com=20/min,4 example.org=2 *=100/hour`: the pace of each domain, "*" of others. Raises ValueError."""
    found: dict[str, DomainPace] = {}
    for entry in text.split():
        name, _, limits = entry.partition("=")
        name = name.lower()
        if not _DOMAIN.fullmatch(name) or not limits:
            raise ValueError(f"{entry!r}: expected such as gmail.com=20/min,4, several separated by spaces")
        if name in found:
            raise ValueError(f"{name} is given twice")
        found[name] = _pace(entry, limits.split(","))
    return found


def _pace(entry: str, limits: list[str]) -> DomainPace:
    values: dict[str, int] = {}
    for limit in limits:
        rate = _RATE.fullmatch(limit)
        if rate:
            kind, value = "per_minute" if rate[2] == "min" else "per_hour", int(rate[1])
        elif limit.isascii() and limit.isdigit():
            kind, value = "at_once", int(limit)
        else:
            raise ValueError(
                f"{entry!r}: {limit!r} is none of 20/min, 500/hour, or a number of messages at one time"
            )
        if kind in values or value < 1:
            raise ValueError(f"{entry!r}: each limit once, and at least 1")
        values[kind] = value
    return DomainPace(**values)


def duration(text: str) -> timedelta:
    """`5m`, `30s`, `2h`, `5d`. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise ValueError(f"{text.strip()!r} is no time such as 30s, 5m, 2h or 5d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def schedule(text: str) -> tuple[timedelta, ...]:
    """`5m 30m 1h`: the pause after each try; the last one goes on. Raises ValueError."""
    found = tuple(duration(word) for word in text.split())
    if not found:
        raise ValueError("must hold at least one time, such as 5m 30m 1h 2h 3h")
    return found
