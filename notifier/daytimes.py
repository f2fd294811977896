"""Times of day: minutes after local midnight in the code, "07:00" for people, "08:00 13:00 18:00" in a column. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


def read(text: str) -> int:
    """The minute of "07:00" or "7:00". Raises ValueError."""
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"{text!r} is no time of day; expected hours and minutes, as in 07:30")
    return int(found[1]) * 60 + int(found[2])


def spell(minute: int) -> str:
    """ "07:00" """
    return f"{minute // 60:02}:{minute % 60:02}"


def read_all(text: str) -> tuple[int, ...]:
    """The minutes of times with spaces or commas between them: each once, in order. Raises ValueError."""
    return tuple(sorted({read(part) for part in text.replace(",", " ").split()}))


def spell_all(minutes: Iterable[int]) -> str:
    """ "08:00 13:00 18:00": equal times are equal text."""
    return " ".join(spell(minute) for minute in sorted(set(minutes)))
