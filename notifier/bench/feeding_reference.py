"""The reference of `notifier.bench.feeds`, a program: at each line of stdin makes every feed that is in the store of
HERALD_HOME with bare feedgen, as Atom and RSS, from the same entries, which are in memory already.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from config import environment
from notifier.bench.cores import one_core


def main() -> None:
    """One line of JSON for each line of stdin."""
    environment.load_django()
    beside = environment.home_of_this_process()  # on the same file system as ours
    feeds = _feeds()
    for _ in sys.stdin:
        with tempfile.TemporaryDirectory(prefix="reference-", dir=beside) as folder, one_core():
            used, began = time.process_time(), time.perf_counter()
            for number, (head, entries) in enumerate(feeds):
                made = _feed(head, entries)
                made.atom_file(str(Path(folder) / f"{number}.atom"))
                made.rss_file(str(Path(folder) / f"{number}.rss"))
            answer = {
                "seconds": time.perf_counter() - began,
                "cpu": time.process_time() - used,
                "entries": sum(len(entries) for _, entries in feeds),
            }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _feeds() -> list[tuple[Any, list[Any]]]:
    """Head and entries of each feed; an entry that several feeds carry is held once."""
    from feeds import documents
    from feeds.library import Library

    show = documents.presentation()
    library = Library(show, kept=100_000)
    made = documents.current(list(library.catalogue), show, library)
    return [(one.value, [entry.value for entry in one.entries if entry.value]) for one in made]


def _feed(head: Any, entries: list[Any]) -> FeedGenerator:
    made = FeedGenerator()
    made.id(head.id)
    made.title(head.title)
    made.subtitle(head.subtitle)
    made.updated(head.updated)
    made.author(name=head.author)
    made.link(href=head.page, rel="alternate")
    for entry in entries:
        made.add_entry(_entry(entry), order="append")
    return made


def _entry(entry: Any) -> FeedEntry:
    made = FeedEntry()
    made.id(entry.id)
    made.title(entry.title)
    made.link(href=entry.url)
    made.updated(entry.updated)
    made.published(entry.published)
    made.author(name=entry.author)
    made.summary(entry.summary)
    made.content(entry.content, type="html")
    for one in entry.categories:
        made.category(term=one.term, scheme=one.scheme, label=one.label)
    return made


if __name__ == "__main__":
    main()
