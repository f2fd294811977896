"""Our side of `notifier.bench.feeds`, a program: a store with its feeds in HERALD_HOME; what it does, line by line of
stdin: `publish` one more release, `rebuild` the current documents of all feeds, `grow N` the store N-fold.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from config import environment
from feeds.sources.item import RawItem
from notifier.bench import growing, storing
from notifier.bench.cores import one_core

ANOTHER_SEED = 7


def main(releases: int) -> None:
    """One line of JSON for each line of stdin."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    from feeds.workshop import Workshop
    from notifier import installation
    from notifier.bench import data

    now = storing.now()
    installation.prepare(now)
    storing.fill(data.releases(releases), now)
    more, workshop = _more(), Workshop()
    for line in sys.stdin:
        word, *times = line.split()
        if word == "publish":
            answer = _publish(next(more), workshop)
        elif word == "grow":
            answer = {"releases": growing.grow(int(*times))}
        else:
            answer = _rebuild()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps(answer | {"peak_mb": peak}) + "\n")
        sys.stdout.flush()


def _more() -> Iterator[RawItem]:
    """Releases labelled as those in the store are, for ever."""
    from notifier.bench import data

    for seed in count(ANOTHER_SEED):
        yield from data.releases(500, seed)


def _publish(item: RawItem, workshop: Any) -> dict[str, Any]:
    """One release, from its commit to the files, without the quiet that a scheduler waits for."""
    from django.conf import settings

    from feeds import membership, notice, publisher

    storing.write([item])
    now = storing.now()
    used, began = time.process_time(), time.perf_counter()
    notice.take(now)
    membership.keep(now)
    noticed = time.perf_counter()
    done = publisher.publish(Path(settings.FEED_FOLDER), now, workshop)
    ended = time.perf_counter()
    if not done.files:
        return {"error": "a release was published, and no file was written"}
    return {
        "noticed_ms": (noticed - began) * 1000,
        "published_ms": (ended - noticed) * 1000,
        "cpu_ms": (time.process_time() - used) * 1000,
        "feeds": done.feeds,
        "files": done.files,
    }


def _rebuild() -> dict[str, Any]:
    """The current document of every feed, into an empty folder, on one core. Archive pages are left out: the reference
    knows none.
    """
    from django.conf import settings

    from feeds import documents, publisher
    from feeds.folder import Folder

    shutil.rmtree(settings.FEED_FOLDER, ignore_errors=True)
    target, show = Folder(Path(settings.FEED_FOLDER)), documents.presentation()
    with one_core(), target.held():
        used, began = time.process_time(), time.perf_counter()
        target.begin()
        library, press = publisher.anew(show)
        feeds = publisher.together(library.catalogue)
        made = documents.current(feeds, show, library, press.prints)
        files = sum(publisher.write(target, made, press, storing.now()))
        target.commit(publisher.goal_of(show))
        return {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - used,
            "feeds": len(feeds),
            "files": files,
        }


if __name__ == "__main__":
    main(int(sys.argv[1]))
