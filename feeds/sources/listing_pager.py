"""Following a list from page to page, until it is back at what is known.

    first page -> items -> back at known ones? at its end? -> next page … -> Walk

The newest stand first. Releases that come in while pages are being turned push others on to the next page, where they
are seen twice and taken once. A page that fails ends the walk: what was read is good, and the memory says how far that
was. The next walk reads what is new on top, and then goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from feeds.drafting import Named, name
from feeds.sources import listing_html, listing_text
from feeds.sources.item import Fault, RawItem, Reading
from feeds.sources.listing_memory import MOST_FRESH, Kept, name_of
from feeds.sources.listing_options import Options
from feeds.sources.polite import PAUSING, ask, refusal, shown, text_of, why
from feeds.sources.way import Origin, Tools, Unusable
from feeds.sources.webpage import resolve
from feeds.web.answer import Answer, FetchError, Refused, Validators

NEXT_PAGE = "the next page of the list; it is asked for again"


@dataclass(slots=True)
class Walk:
    """What a walk brought: items by key, the newest first, each once. `new`: keys the source had never brought.

    `first` is the answer to the first page. `whole` is false if the walk broke off before it was back at known
    releases or at the list's end; the last page it read was `at`, the list's page `number`.
    """

    first: Answer
    items: dict[str, RawItem] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    whole: bool = True
    at: str = ""
    number: int = 1
    pausing: bool = False  # the host wants to be left alone
    not_before: datetime | None = None

    def say(self, where: str, found: str, expected: str) -> None:
        self.faults.append(Fault(shown(where), None, found, expected))


def walk(origin: Origin, kept: Kept, tools: Tools, time_is_up: Callable[[], bool]) -> Walk:
    """Read a list; with 304 and 410 there are no items. Raises FetchError or Unusable if its first page is no use."""
    options: Options = origin.options
    settled = kept.settled and not options.refresh
    validators = kept.validators if settled else Validators()
    first = ask(tools.web, kept.moved_to or origin.address, validators)
    walked = Walk(first, not_before=first.not_before)
    if first.status == 410 or (first.status == 304 and validators):
        return walked
    if first.status != 200:
        raise refusal(first, "200 and the list; is the source's address right?")
    reader = _Reader(options, kept, tools, walked)
    reading = reader.page(first)
    if reading.faults and not reading.items:
        more = len(reading.faults) - 1
        raise Unusable(f"{reading.faults[0]}" + (f" (and {more} more like it)" if more else ""))
    reader.turn(first.url, reading, time_is_up)
    return walked


def kept_after(walked: Walk, kept: Kept) -> Kept:
    """What to keep of a walk, its validators and how to go on."""
    first = walked.first
    validators = first.validators if walked.whole else Validators()
    fresh = [] if walked.whole or kept.whole else [*map(name_of, walked.new), *kept.fresh]
    return kept.model_copy(
        update={
            "moved_to": first.moved_to or kept.moved_to,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "whole": kept.whole and not walked.whole,
            "fresh": list(dict.fromkeys(fresh))[:MOST_FRESH],
            "resume": "" if walked.whole else walked.at,
            "number": 1 if walked.whole else walked.number,
        }
    )


def key_of(item: RawItem) -> str:
    """As intake names it; "" for what it will not take."""
    named = next(iter(name([item], "")))
    return named.key if isinstance(named, Named) else ""


@dataclass(slots=True)
class _Reader:
    """Reads the pages of one list into `walk`."""

    options: Options
    kept: Kept
    tools: Tools
    walk: Walk
    catching_up: bool = False  # still above what the last walk had read when it broke off
    repeats: int = 0  # pages in a row that had nothing which an earlier one had not

    def page(self, answer: Answer) -> Reading:
        """One page of the list as its releases."""
        number, options = self.walk.number, self.options
        file = shown(answer.url) + (f" (page {number})" if number > 1 else "")
        text = text_of(answer, file)
        if isinstance(text, Fault):
            return Reading(faults=(text,), complete=False)
        if options.format == "html" or (options.format == "auto" and text.lstrip().startswith("<")):
            return listing_html.read(text, file, options.words, options.base_url or answer.url, options)
        return listing_text.read(text, file, options.words, options.writing)

    def turn(self, at: str, reading: Reading, time_is_up: Callable[[], bool]) -> None:
        """Take the first page, which was found `at`, and go on from there as far as it makes sense."""
        self.catching_up = bool(self.kept.resume)
        visited = {at}
        while True:
            following, number = self._take(at, reading)
            if not following or following in visited:
                return
            if number > self.options.max_pages:
                found = f"more than {self.options.max_pages} pages (max_pages)"
                self.walk.say(at, found, "fewer; older releases are not read")
                return
            if time_is_up():
                self._break_off(at)
                return
            answer = self._next(at, following)
            if answer is None:
                return
            visited |= {following, answer.url}
            self.walk.number = number
            at, reading = answer.url, self.page(answer)

    def _take(self, at: str, reading: Reading) -> tuple[str, int]:
        """Take a page; the address and the number of the one to read next, "" where the walk is at its end."""
        known, back = self._add(reading)
        if not reading.complete:
            self._break_off(at)
            return "", 0
        self.catching_up = self.catching_up and at != self.kept.resume
        if self.catching_up and known:
            self.catching_up = False
            return self.kept.resume, self.kept.number
        ended = (back and not self.kept.whole) or self.repeats > 1
        return "" if ended else resolve(at, reading.next_page), self.walk.number + 1

    def _add(self, reading: Reading) -> tuple[bool, bool]:
        """Whether all that stands on the page was brought before, and whether nothing unknown can stand behind it."""
        listed = {key: item for item in reading.items if (key := key_of(item))}
        known = self.tools.known(list(listed)) if listed else set()
        unseen = [key for key in listed if key not in self.walk.items]
        self.walk.items |= {key: listed[key] for key in unseen}
        self.walk.new += [key for key in unseen if key not in known]
        self.walk.faults += reading.faults
        self.repeats = 0 if unseen else self.repeats + 1
        all_known = bool(listed) and known >= listed.keys()
        return all_known, all_known and not {name_of(key) for key in listed} & set(self.kept.fresh)

    def _next(self, at: str, following: str) -> Answer | None:
        """The next page; None where the walk ends, which is said."""
        try:
            answer = ask(self.tools.web, following)
        except Refused as error:  # as far as it may be read, the list ends here
            self.walk.say(following, why(error, following), "a next page that may be fetched")
            return None
        except FetchError as error:
            self.walk.say(following, why(error, following), NEXT_PAGE)
            self._break_off(at)
            return None
        self.walk.not_before = answer.not_before or self.walk.not_before
        if answer.status == 200:
            return answer
        self.walk.pausing = answer.status in PAUSING
        self.walk.say(following, f"an answer {answer.status}", NEXT_PAGE)
        self._break_off(at)
        return None

    def _break_off(self, at: str) -> None:
        self.walk.whole, self.walk.at = False, at
