"""What the text and the HTML of a newsroom's listing have in common: labelled values, and how they become a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from feeds.models import Source
from feeds.sources.item import Fault, RawItem, excerpt
from feeds.sources.listing_dates import A_DATE, Writing, parse_date


@dataclass(frozen=True, slots=True)
class Labels:
    """The words before each value. A source's `options["labels"]` may say others: {"date": "Date de publication"}."""

    date: str = "Publishing date"
    type: str = "Content type"
    offices: str = "Where we are"
    topics: str = "What we do"

    def field_of(self, label: str) -> str | None:
        """ "date", "type", "offices" or "topics" for a label as it stands on the page, with or without its colon."""
        wanted = _plain(label)
        return next((name for name in self.__slots__ if _plain(getattr(self, name)) == wanted), None)

    def split(self, line: str) -> tuple[str, str] | None:
        """A line "Content type: News" as ("type", "News"); None for a line without one of the labels."""
        label, colon, value = line.partition(":")
        name = self.field_of(label) if colon else None
        return (name, value.strip()) if name else None


def labels_of(source: Source | None) -> Labels:
    """The labels of a source: the usual ones, or those of its options."""
    options = source.options if source is not None and isinstance(source.options, dict) else {}
    given = options.get("labels")
    given = given if isinstance(given, dict) else {}
    return Labels(**{name: str(given[name]) for name in Labels.__slots__ if given.get(name)})


@dataclass(slots=True)
class Told:
    """What a listing says of one release. `labelled`: a value and its line by the name of its label.

    `day` is None where no element of the page gave the date; then it is looked for among the labelled values. `type`,
    `offices` and `topics` likewise.
    """

    title: str
    line: int
    labelled: Mapping[str, tuple[str, int]]
    day: date | None = None
    type: str = ""
    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    summary: str = ""
    key: str = ""
    url: str = ""
    image_url: str = ""
    language: str = ""
    unread: str = field(default="")  # what stood in the place of the date, and was none

    def list_of(self, name: str) -> tuple[str, ...]:
        given: tuple[str, ...] = getattr(self, name)
        value = self.labelled.get(name, ("", 0))[0]
        return given or ((value,) if value else ())


def item_or_fault(told: Told, labels: Labels, file: str, writing: Writing = Writing()) -> RawItem | Fault:  # noqa: B008
    """One release of a listing; a Fault if its title or its date is none."""
    if not told.title.strip():
        return Fault(file, told.line, "a release without a title", "a title before its labels")
    day = told.day or _labelled_day(told, labels, file, writing)
    if isinstance(day, Fault):
        return day
    return RawItem(
        title=told.title,
        published_on=day,
        key=told.key,
        url=told.url,
        summary=told.summary,
        type=told.type or told.labelled.get("type", ("", 0))[0],
        offices=told.list_of("offices"),
        topics=told.list_of("topics"),
        language=told.language,
        image_url=told.image_url,
        line=told.line,
    )


def _labelled_day(told: Told, labels: Labels, file: str, writing: Writing) -> date | Fault:
    if told.unread:
        return Fault(file, told.line, f'"{excerpt(told.unread)}" is no date', _expected(told.unread))
    if "date" not in told.labelled:
        return Fault(file, told.line, f'no "{labels.date}:" for "{excerpt(told.title)}"', A_DATE)
    written, line = told.labelled["date"]
    found = f'"{labels.date}: {excerpt(written)}" is no date'
    return parse_date(written, writing) or Fault(file, line, found, _expected(written))


def _expected(written: str) -> str:
    """Which of two figures is the day is a matter of the source's options."""
    if parse_date(written, Writing(first="day")) and parse_date(written, Writing(first="month")):
        return f'{A_DATE}, or dates.first = "day" or "month" in the options'
    return A_DATE


def _plain(label: str) -> str:
    return " ".join(label.rstrip(": \t\xa0").split()).casefold()
