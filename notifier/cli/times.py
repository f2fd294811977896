"""Instants as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import typer

EXPECTED = (
    "expected ISO 8601 with an offset, as in 2026-11-24T07:00+01:00 or 2026-11-24T06:00Z, "
    "or the newsroom's local time, as in 2026-11-24T07:00"
)


def instant(text: str, zone: tzinfo) -> datetime:
    """The instant in UTC; a time without offset is local in `zone`. Raises typer.BadParameter."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no time; {EXPECTED}", param_hint="TIME") from None


def minute_of_day(text: str) -> int:
    """Minutes after midnight of "07:30". Raises typer.BadParameter."""
    from notifier import daytimes

    try:
        return daytimes.read(text)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None


def day_of_month(text: str) -> int:
    """1 to 28 of "15", 31 of "last". Raises typer.BadParameter."""
    from notifier.windows import LAST

    if text == "last":
        return LAST
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 28:
        return int(text)
    raise typer.BadParameter(f"{text!r} is no day of the month; expected 1 to 28, or last")


def or_now(text: str | None) -> datetime:
    """The instant given on the command line, or the present."""
    from config import clock
    from feeds import store

    if text is None:
        return clock.now()
    instant(text, UTC)  # wrong usage is said before the database is asked for the newsroom's zone
    return instant(text, ZoneInfo(store.newsroom().zone))
