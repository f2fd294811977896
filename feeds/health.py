"""Whether feeds are being kept: the folder can be written, changes are noticed and published in time."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction

from config import health
from feeds import notice
from feeds.folder import Folder
from feeds.models import Change, Standing
from feeds.search import index, keeping

PATIENCE = timedelta(seconds=30)


def register() -> None:
    """Called when the apps are ready."""
    health.register("feed folder", writable)
    health.register("notice", noticed)
    health.register("publisher", published)
    health.register("search", searchable)


def writable(_now: datetime) -> str | None:
    """Whether files can be written where feeds lie, or where their folder will be."""
    folder = Path(settings.FEED_FOLDER)
    place = folder if folder.exists() else folder.parent
    return None if os.access(place, os.W_OK | os.X_OK) else "cannot be written"


def noticed(now: datetime) -> str | None:
    """Whether changes are taken notice of."""
    waiting = Change.objects.filter(seq=None, written_at__lt=now - PATIENCE).count()
    return f"{waiting} changes have been waiting for more than {PATIENCE.seconds} s" if waiting else None


def published(now: datetime) -> str | None:
    """Whether this host's folder has come to what was noticed."""
    folder = Folder(Path(settings.FEED_FOLDER))
    position = folder.position()
    if position is None and _touched_since(folder.path, now - PATIENCE):
        return None  # a batch is being written, or the first one is about to be
    reached = position.seq if position else 0
    behind = Change.objects.filter(seq__gt=reached, noticed_at__lt=now - PATIENCE).count()
    return f"{behind} changes are not in the feeds yet" if behind else None


def _touched_since(folder: Path, instant: datetime) -> bool:
    try:
        return folder.stat().st_mtime > instant.timestamp()
    except FileNotFoundError:
        return False


def searchable(now: datetime) -> str | None:
    """Whether the index for searching can be read, and holds anything where there is something to find."""
    try:
        with transaction.atomic():
            empty = not index.holds_any()
    except DatabaseError as error:
        return f"the index cannot be read ({error}); `herald releases reindex` makes it anew"
    filled = notice.reached(keeping.NAME) is not None and not keeping.is_filling()
    if empty and filled and Standing.objects.filter(shown=True, first_seen_at__lt=now - PATIENCE).exists():
        return "the index is empty; `herald releases reindex` makes it anew"
    return None
