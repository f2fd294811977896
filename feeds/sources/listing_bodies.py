"""The releases' own pages: which are to be fetched, and what to do when one fails.

    walked items + waiting ones -> queue -> fetched -> items completed, or waiting again

A page is fetched when the list says something else of its release than before, be it anything at all. One that fails
leaves the release as the list tells it; it is tried again later, after those that never failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from feeds.sources import release_page
from feeds.sources.item import Fault, RawItem
from feeds.sources.listing_memory import MOST_SEEN, Kept, Waiting, digest_of, name_of
from feeds.sources.listing_options import Options
from feeds.sources.listing_pager import key_of
from feeds.sources.polite import PAUSING, ask, shown, text_of, why
from feeds.sources.release_page import Page
from feeds.sources.way import Tools
from feeds.web.answer import FetchError, Refused

MOST_TRIES = 5
MOST_WAITING = 2000


@dataclass(slots=True)
class Bodies:
    """`items` by key, those of the walk and those that had waited; `seen` and `waiting` are for the memory."""

    items: dict[str, RawItem]
    faults: list[Fault] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    not_before: datetime | None = None


class _Stop(Exception):
    """The host wants to be left alone: (answer's status, until when)."""


def read(
    walked: Mapping[str, RawItem], kept: Kept, options: Options, tools: Tools, time_is_up: Callable[[], bool]
) -> Bodies:
    """Fetch what is due of the releases' own pages; at most `max_release_pages`, as long as there is time."""
    queue = _queue(walked, kept, options)
    bodies = Bodies(_as_listed(walked, queue), seen=_seen(walked, kept))
    due = sorted(queue, key=lambda key: queue[key].tries)  # stable: otherwise the newest first
    forbidden: list[str] = []
    for number, key in enumerate(due):
        if number >= options.max_release_pages or time_is_up():
            bodies.waiting += [queue[later] for later in due[number:]]
            break
        try:
            _one(key, queue[key], options, tools, bodies, forbidden)
        except _Stop as stop:
            status, bodies.not_before = stop.args
            bodies.faults.append(
                _fault(queue[key], f"an answer {status}", "the release's page; it is asked for later")
            )
            # It comes after the others next time: there are pages that always answer so.
            tries = min(queue[key].tries + 1, MOST_TRIES - 1)
            bodies.waiting += [queue[later] for later in due[number + 1 :]]
            bodies.waiting.append(Waiting(item=queue[key].item, tries=tries))
            break
    if forbidden:
        first, more = forbidden[0], len(forbidden) - 1
        found = first + (f" (and {more} more)" if more else "")
        bodies.faults.append(Fault("pages of releases", None, found, "pages that may be fetched"))
    _bound(bodies)
    return bodies


def _bound(bodies: Bodies) -> None:
    """So many wait at most. The page of any other is fetched when the list shows it again."""
    over = bodies.waiting[MOST_WAITING:]
    del bodies.waiting[MOST_WAITING:]
    for one in over:
        bodies.seen.pop(name_of(key_of(one.item)), None)
    if over:
        found = f"{len(over)} more than can wait for their turn"
        bodies.faults.append(Fault("pages of releases", None, found, f"at most {MOST_WAITING}"))


def _queue(walked: Mapping[str, RawItem], kept: Kept, options: Options) -> dict[str, Waiting]:
    """By key, the newest first: what waits, what the list tells anew, and what is to be refreshed."""
    waiting = {key_of(one.item): one for one in kept.waiting}
    queue: dict[str, Waiting] = {}
    for number, (key, item) in enumerate(walked.items()):
        before = waiting.pop(key, None)
        told_anew = kept.seen.get(name_of(key)) != digest_of(item)
        if item.url and (told_anew or before or number < options.refresh):
            queue[key] = Waiting(item=item, tries=before.tries if before and not told_anew else 0)
    return queue | {key: one for key, one in waiting.items() if key}


def _as_listed(walked: Mapping[str, RawItem], queue: Mapping[str, Waiting]) -> dict[str, RawItem]:
    """What the list says. Of a release whose own page was read before, that page has said which picture is its own."""
    return {key: item if key in queue else replace(item, image_url="") for key, item in walked.items()}


def _seen(walked: Mapping[str, RawItem], kept: Kept) -> dict[str, str]:
    now = {name_of(key): digest_of(item) for key, item in walked.items()}
    before = ((name, digest) for name, digest in kept.seen.items() if name not in now)
    return dict([*now.items(), *before][:MOST_SEEN])


def _one(
    key: str, one: Waiting, options: Options, tools: Tools, bodies: Bodies, forbidden: list[str]
) -> None:
    """Fetch and read one page. Raises _Stop."""
    try:
        page = _page(one.item, options, tools)
    except Refused as error:
        forbidden.append(str(error))
        return
    except FetchError as error:
        page = _fault(one, why(error, one.item.url), "the release's page")
    if isinstance(page, Page):
        bodies.items[key] = release_page.complete(one.item, page, options)
        return
    tries = one.tries + 1
    if tries < MOST_TRIES:
        bodies.waiting.append(Waiting(item=one.item, tries=tries))
    else:
        page = replace(page, found=f"{page.found}, for the {MOST_TRIES}th and last time")
    bodies.faults.append(page)


def _page(item: RawItem, options: Options, tools: Tools) -> Page | Fault:
    """Raises FetchError, _Stop."""
    answer = ask(tools.web, item.url)
    if answer.status in PAUSING:
        raise _Stop(answer.status, answer.not_before)
    file = shown(item.url)
    if answer.status != 200:
        return Fault(file, None, f"an answer {answer.status}", "the release's page")
    text = text_of(answer, file)
    if isinstance(text, Fault):
        return text
    return release_page.read(text, file, answer.url, options.release_page)


def _fault(one: Waiting, found: str, expected: str) -> Fault:
    return Fault(shown(one.item.url), None, found, expected)
