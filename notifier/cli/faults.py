"""Faults as an operator reads them: what is wrong, where, and what to do; no traceback."""

from __future__ import annotations


class Fault(Exception):
    """Something is wrong with the input or the world. `str()` is the line, or the lines, to print."""


def explain(error: Exception) -> str | None:
    """What to print for an error that ended a command; None if it is a fault of Herald itself."""
    from config.environment import WrongSettings  # each of these costs time that help does not have

    if isinstance(error, (Fault, WrongSettings)):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return _of_the_database(error) or _of_a_value(error)


def _of_the_database(error: Exception) -> str | None:
    from django.db import DatabaseError

    if not isinstance(error, DatabaseError):
        return None
    first = (str(error).splitlines() or [type(error).__name__])[0]
    if "no such table" in first or "does not exist" in first:
        return f"database: {first}; `herald setup` makes the tables"
    return f"database: {first}"


def _of_a_value(error: Exception) -> str | None:
    from config.sections import ConfigurationError
    from feeds.selection import BadSelection
    from notifier.addresses import BadAddress
    from notifier.backups.dumping import BackupFault
    from notifier.bench import Unavailable
    from notifier.dkim import BadKey
    from notifier.web import PortTaken
    from notifier.wishes import BadWish

    known = (
        BackupFault,
        ConfigurationError,
        BadSelection,
        BadAddress,
        BadKey,
        BadWish,
        PortTaken,
        Unavailable,
    )
    return str(error) if isinstance(error, known) else None
