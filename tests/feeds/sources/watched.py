"""A folder to watch, with real files, and a clock that is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.sources import folder
from feeds.sources.way import Fetched, Origin, Tools

NOON = datetime(2025, 2, 17, 12, tzinfo=UTC)
RELEASE = "---\ntitle: {}\ndate: 2025-02-17\n---\nText.\n"


class Watched:
    """A folder, and the looks at it: each remembers what the last one did."""

    def __init__(self, root: Path) -> None:
        self.root, self.now, self.memory = root, NOON, {}

    def lay(self, name: str, content: str | bytes, seconds_ago: float = 60) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.touch(path, seconds_ago)

    def touch(self, path: Path, seconds_ago: float) -> Path:
        at = int((self.now - timedelta(seconds=seconds_ago)).timestamp() * 1e9)
        os.utime(path, ns=(at, at))
        return path

    def look(self, after: float = 5, **options) -> Fetched:
        self.now += timedelta(seconds=after)
        origin = Origin("folder", str(self.root), "", folder.Options(**options))
        fetched = folder.fetch(origin, self.memory, Tools(None, self.now, set))
        self.memory = json.loads(json.dumps(fetched.memory))  # as the database gives it back
        return fetched

    def aside(self) -> dict[str, str]:
        """What has been moved aside: name -> content."""
        place = self.root / "rejected"
        return {path.name: path.read_text() for path in place.iterdir()} if place.exists() else {}


def titles(fetched: Fetched) -> list[str]:
    return [item.title for item in fetched.items]


def keys(fetched: Fetched) -> list[str]:
    return [item.key for item in fetched.items]


def said(fetched: Fetched) -> list[str]:
    return [str(fault) for fault in fetched.faults]


@contextmanager
def only(root: Path, mode: int, access: int) -> Iterator[None]:
    """A folder with other rights for a while. Skips the test for who may do anything, as root mostly may."""
    root.chmod(mode)
    try:
        if os.access(root, access):
            pytest.skip("rights do not bind this user")
        yield
    finally:
        root.chmod(0o755)
