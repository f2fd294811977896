"""What a way in hands to intake: releases as their source tells them, and what it could not read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RawItem:
    """One release as one source tells it, before any cleaning. Empty means: the source does not say.

    `key` is its name at the source (an entry's id, an address); without one, title and date stand for it. `type`,
    `offices` and `topics` are labels as they stand there; one label may hold several ("A, B"). `summary` is plain
    text, `body` HTML. `dated` is false when the date is only the feed's own: good for a new release, no correction.

    `whole`: the item says everything, so what is empty is meant to be empty (a PUT, a file with front matter); without
    it an empty value changes nothing. `visible_at` (aware, UTC): an embargo. `withdrawn`: why it is withdrawn; only a
    source that says so in words withdraws. `translation_of`: key or address, at this source, of the original;
    `alternates`: (language, address) of its other language versions. `warnings`: what the reader of the item had to
    cut, in words.
    """

    title: str
    published_on: date
    key: str = ""
    url: str = ""
    summary: str = ""
    body: str = ""
    type: str = ""
    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str = ""
    author: str = ""
    image_url: str = ""
    dated: bool = True
    whole: bool = False
    visible_at: datetime | None = None
    silent: bool = False
    editors_note: str = ""
    withdrawn: str = ""
    translation_of: str = ""
    alternates: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read: where (file and line, from 1, where there are lines), what was found and expected."""

    file: str
    line: int | None
    found: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return " ".join(f"{place}: {self.found}; expected {self.expected}".split())


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document gave, in its own order, and its faults.

    `complete` means that nothing of *this document* was cut off: a file handed over by hand counts as a complete
    fetch of what it is, whatever pages follow it upstream. Whoever follows pages has all when `next_page` (an
    address as it stands there) is empty.
    """

    items: tuple[RawItem, ...] = ()
    faults: tuple[Fault, ...] = ()
    complete: bool = True
    next_page: str = ""


def excerpt(text: str, limit: int = 60) -> str:
    """The beginning of `text` on one line, for messages."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
