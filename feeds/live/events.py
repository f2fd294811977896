"""What a change means for who listens to a selection, and its bytes on the wire (WHATWG HTML, 9.2.5). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from feeds.formats import jsonfeed
from feeds.formats.values import EntryValue, rfc3339
from feeds.selection import Facts, Rule, Selection

RELEASE, CORRECTION, CHANGE = "release", "correction", "change"
WITHDRAWAL, REMOVAL, RESET = "withdrawal", "removal", "reset"
KINDS = (RELEASE, CORRECTION, CHANGE, WITHDRAWAL, REMOVAL, RESET)

Frame = tuple[int, str, bytes]
"""An event to be sent: number of its change, its kind ("" for a heartbeat), and its bytes."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A release, as readers could see it before and as they can see it after. None: not at all.

    `significant`: a reader should see what was changed between. `loose`: it was deleted, and what it said is unknown.
    """

    seq: int
    guid: str
    before: Facts | None
    after: Facts | None
    entry: EntryValue | None = None
    corrected_at: datetime | None = None
    significant: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """All that changed for readers after change `after` up to `upto`. `happenings` is None where there were too many.

    `told` is the last number of a change to something readers know of: no other is ever given out. `terms`: offices,
    topics, types or saved feeds were changed. `saved` are the saved feeds' selections by path, where one was changed.
    """

    after: int
    upto: int
    told: int
    happenings: tuple[Happening, ...] | None = ()
    terms: bool = False
    saved: Mapping[str, Selection] | None = None
    _rendered: dict[tuple[int, str], bytes] = field(default_factory=dict, compare=False, repr=False)
    _matched: dict[Selection, tuple[Frame, ...]] = field(default_factory=dict, compare=False, repr=False)

    def frames(self, selection: Selection) -> tuple[Frame, ...]:
        """What a stream of `selection` says of it, in order. Matched once, and rendered once for all selections."""
        found = self._matched.get(selection)
        if found is None:
            found = tuple(self._frames(selection))
            self._matched[selection] = found
        return found

    def _frames(self, selection: Selection) -> Iterable[Frame]:
        for happening in self.happenings or ():
            what = kind(selection, happening)
            if what:
                place = happening.seq, what
                if place not in self._rendered:
                    self._rendered[place] = render(what, happening)
                yield happening.seq, what, self._rendered[place]


def kind(selection: Selection, happening: Happening) -> str:
    """What a stream of `selection` calls it; "" if it says nothing of it."""
    before, after = happening.before, happening.after
    known = before is not None and _held(selection, before, happening.loose)
    if after is None:
        return WITHDRAWAL if known else ""
    if not selection.matches(after):
        return REMOVAL if known else ""
    if not known:
        return RELEASE
    return CORRECTION if happening.significant else CHANGE


def render(what: str, happening: Happening) -> bytes:
    """One event. Of what was withdrawn or left the selection it says no more than the id."""
    if what in {WITHDRAWAL, REMOVAL} or happening.entry is None:
        return block(what, happening.seq, {"id": happening.guid, what: True})
    return block(what, happening.seq, item(happening.entry, happening.corrected_at))


def reset(seq: int, items: Iterable[dict[str, Any]]) -> bytes:
    """The state of a stream, newest first: what a client held before is to be forgotten."""
    return block(RESET, seq, {"items": list(items)})


def item(entry: EntryValue, corrected_at: datetime | None) -> dict[str, Any]:
    """An item of JSON Feed 1.1 in short: its text is the summary. `_herald.corrected_at`: it carries a correction."""
    brief = jsonfeed.item(replace(entry, content=""))
    if corrected_at:
        brief["_herald"] = {**brief.get("_herald", {}), "corrected_at": rfc3339(corrected_at)}
    return brief


def block(what: str, seq: int, data: Mapping[str, Any]) -> bytes:
    text = json.dumps(
        data, ensure_ascii=False, separators=(",", ":")
    )  # holds no line break that is not escaped
    return f"id: {seq}\nevent: {what}\ndata: {text}\n\n".encode("utf-8", "replace")


def opening(retry: int) -> bytes:
    """The beginning of every stream; `retry` in milliseconds."""
    return f"retry: {retry}\n\n".encode()


def mark(seq: int) -> bytes:
    """No event, but a client now resumes after `seq`; it keeps the line busy too (9.2.6: nothing is dispatched)."""
    return f":\nid: {seq}\n\n".encode()


def _held(selection: Selection, before: Facts, loose: bool) -> bool:
    return (without_words(selection) if loose else selection).matches(before)


def without_words(selection: Selection) -> Selection:
    """What it selects, whatever the words."""
    return Selection(tuple(_wordless(rule) for rule in selection.rules))


def _wordless(rule: Rule) -> Rule:
    return replace(rule, words=(), not_words=())
