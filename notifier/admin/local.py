"""Instants as the pages of people and mail show them: in the newsroom's zone, to the minute."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from feeds import store


class Clock:
    """The newsroom's zone, read once for a page."""

    def __init__(self) -> None:
        self.zone = store.newsroom().zone
        self._zone = ZoneInfo(self.zone)

    def shown(self, at: datetime | None) -> str:
        """ "17 Feb 2025, 12:00"; "" for None. The page says once which zone that is."""
        return f"{at.astimezone(self._zone):%-d %b %Y, %H:%M}" if at else ""
