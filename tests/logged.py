"""What was logged, as events with their values."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

_OF_ALL = ("timestamp", "level", "logger", "exc_info")


def events(records: Iterable[logging.LogRecord], logger: str = "") -> list[dict[str, Any]]:
    """Each event of ours with the values that are its own; with `logger`, of that alone."""
    ours = [record.msg for record in records if isinstance(record.msg, dict)]
    return [
        {name: value for name, value in event.items() if name not in _OF_ALL}
        for event in ours
        if logger in ("", event["logger"])
    ]
