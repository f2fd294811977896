"""The older pages of a feed (RFC 5005), followed back so that an archive is imported whole.

So many at a time, and the rest at the next fetch: what is to come stands in the source's memory. A page that fails is
tried again then, three times in all; what was read by then is kept. Where as many pages were read as may be, the
archive counts as read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from config import clock
from feeds.sources.item import Fault, RawItem, Reading
from feeds.sources.polite import refusal, shown
from feeds.sources.syndication_entry import resolved
from feeds.sources.way import Unusable
from feeds.web.answer import Answer, FetchError, Refused, Web

AT_ONCE, SECONDS_AT_ONCE = 25, 600
"""Pages, and when the last of them is asked for: well within the time for which a source is claimed."""
TRIES = 3
_LOST = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to come: the `address` of the next page, how many may follow, and how often it has failed."""

    address: str
    left: int
    failures: int = 0

    @classmethod
    def of(cls, memory: Mapping[str, Any]) -> Rest | None:
        kept = memory.get("older")
        return cls(*kept) if kept else None

    def to_json(self) -> list[Any]:
        return [self.address, self.left, self.failures]


@dataclass(slots=True)
class Older:
    """What older pages brought, and what is still to come; `not_before` as in `Fetched`."""

    items: list[RawItem] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rest: Rest | None = None
    not_before: datetime | None = None


def beyond(answer: Answer, reading: Reading, left: int) -> Rest | None:
    """What follows a page, if any may and does."""
    address = resolved(answer.url, reading.next_page)
    return Rest(address, left) if address and left else None


def follow(rest: Rest, web: Web, accept: str, read: Callable[[Answer], Reading], seen: set[str]) -> Older:
    """Up to AT_ONCE pages, one after the other. `seen`: addresses read before; a chain that bites its tail ends."""
    older, following, end = Older(), rest, clock.ticks() + SECONDS_AT_ONCE
    for _ in range(AT_ONCE):
        if clock.ticks() >= end:
            break
        if following.address in seen:
            return older
        seen.add(following.address)
        try:
            answer, reading = _page(following.address, web, accept, read)
        except (FetchError, Unusable) as error:
            older.rest = _after(error, following)
            older.not_before = getattr(error, "not_before", None)
            older.faults.append(_fault(error, following, older.rest))
            return older
        older.items += reading.items
        older.faults += reading.faults
        if not reading.complete and following.failures + 1 < TRIES:  # cut off in transit, perhaps
            older.rest = replace(following, failures=following.failures + 1)
            return older
        after = beyond(answer, reading, following.left - 1)
        if after is None:
            return older
        following = after
    older.rest = following
    return older


def _page(address: str, web: Web, accept: str, read: Callable[[Answer], Reading]) -> tuple[Answer, Reading]:
    web.pause(address)
    answer = web.get(address, accept=accept)
    if answer.status != 200:
        error = refusal(answer, "an older page of the feed")
        raise Refused(str(error)) if answer.status in _LOST else error
    return answer, read(answer)


def _after(error: Exception, rest: Rest) -> Rest | None:
    """What to try again the next time; None where that is no use."""
    if isinstance(error, Refused) or rest.failures + 1 >= TRIES:
        return None
    return replace(rest, failures=rest.failures + 1)


def _fault(error: Exception, at: Rest, rest: Rest | None) -> Fault:
    found = str(error).removeprefix(f"{shown(at.address)}: ")
    then = (
        "it is tried again at the next fetch" if rest else "this page and what lies behind it were not read"
    )
    return Fault(shown(at.address), None, f"{found}; {then}", "an older page")
