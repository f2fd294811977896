"""The reference of `notifier.bench.intake`, a program: at each line of stdin parses the feed with bare feedparser."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import feedparser


def main(feed: Path) -> None:
    """One line of JSON for each line of stdin."""
    content = feed.read_bytes()
    for _ in sys.stdin:
        began = time.perf_counter()
        entries = len(feedparser.parse(content).entries)
        sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, "entries": entries}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
