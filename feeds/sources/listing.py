"""A newsroom's list of releases on the web, as HTML or as text.

    memory -> first page (304: unchanged) -> further pages -> the releases' own pages -> items, new memory

What is read from the list is in `listing_html` and `listing_text`, how far it is followed in `listing_pager`, the
releases' own pages in `listing_bodies` and `release_page`, what is kept between fetches in `listing_memory`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from config import clock
from feeds.sources import listing_bodies, listing_memory
from feeds.sources.item import RawItem
from feeds.sources.listing_options import Options, Versions
from feeds.sources.listing_pager import kept_after, walk
from feeds.sources.way import Fetched, Memory, Origin, Tools

__all__ = ["EVERY_SECONDS", "Options", "fetch"]

EVERY_SECONDS = 600


def fetch(origin: Origin, memory: Memory, tools: Tools) -> Fetched:
    """What is new on the list, and what stands around it. The first fetch reads the list to its end (`max_pages`).

    Takes `max_seconds` and one answer more at the longest. A list without any release is `Unusable`, unless the page
    shows what `select.empty` names: a redesigned page must not pass for one without news. Raises FetchError.
    """
    options: Options = origin.options
    end = clock.ticks() + options.max_seconds

    def time_is_up() -> bool:
        return clock.ticks() >= end

    kept = listing_memory.read(memory, origin.address)
    if not options.pages:
        kept = kept.model_copy(update={"waiting": []})
    walked = walk(origin, kept, tools, time_is_up)
    if walked.first.status == 410:
        return Fetched(memory=memory, gone=True)
    kept_now = kept_after(walked, kept)
    if walked.first.status == 304:
        now = kept.model_copy(update={"moved_to": kept_now.moved_to})
        return Fetched(memory=now.to_json(), unchanged=True, not_before=walked.not_before)
    items, faults, not_before = walked.items, walked.faults, walked.not_before
    items = dict(zip(items, _in_versions(items.values(), options.versions), strict=True))
    if options.pages:
        bodies = listing_bodies.read(items, kept, options, tools, lambda: walked.pausing or time_is_up())
        items, faults, not_before = bodies.items, faults + bodies.faults, bodies.not_before or not_before
        kept_now = kept_now.model_copy(update={"seen": bodies.seen, "waiting": bodies.waiting})
    return Fetched(
        tuple(items.values()), tuple(faults), kept_now.to_json(), walked.whole, not_before=not_before
    )


def _in_versions(items: Iterable[RawItem], versions: Versions) -> Iterator[RawItem]:
    """Each with the language its address has, and the addresses that its other language versions would have."""
    pattern = re.compile(versions.pattern) if versions.pattern else None
    for item in items:
        found = pattern.search(item.url) if pattern else None
        if found is None:
            yield item
            continue
        before, after = item.url[: found.start(1)], item.url[found.end(1) :]
        others = [tag for tag in versions.languages if tag != found[1]]
        yield replace(
            item, language=found[1], alternates=tuple((tag, f"{before}{tag}{after}") for tag in others)
        )
