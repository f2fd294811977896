"""What the text and the HTML of a newsroom's listing have in common: labelled values, and dates in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from feeds.models import Source
from feeds.sources.item import Fault, RawItem, excerpt

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
A_DATE = "a date such as 17 February 2025"
YEARS = range(1900, 2200)
_IN_WORDS = re.compile(r"(\d{1,2})\s+([A-Za-z]+)\.?\s+(\d{4})")
_IN_FIGURES = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


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


def parse_date(value: str) -> date | None:
    """A date as listings write it: "17 February 2025" or "2025-02-17". None for what is none.

    By our own table of months: what `strptime` understands depends on the machine's locale.
    """
    try:
        if found := _IN_WORDS.fullmatch(value.strip()):
            day = date(int(found[3]), _month(found[2]), int(found[1]))
        elif found := _IN_FIGURES.fullmatch(value.strip()):
            day = date(int(found[1]), int(found[2]), int(found[3]))
        else:
            return None
    except ValueError:
        return None
    return day if day.year in YEARS else None


def item_or_fault(
    title: str,
    values: Mapping[str, tuple[str, int]],
    labels: Labels,
    file: str,
    line: int,
    *,
    summary: str = "",
    key: str = "",
    url: str = "",
) -> RawItem | Fault:
    """One release of a listing from its labelled values, each with its line; a Fault if title or date is none."""
    if not title.strip():
        return Fault(file, line, "a release without a title", "a title before its labels")
    if "date" not in values:
        return Fault(file, line, f'no "{labels.date}:" for "{excerpt(title)}"', A_DATE)
    written, its_line = values["date"]
    day = parse_date(written)
    if day is None:
        return Fault(file, its_line, f'"{labels.date}: {excerpt(written)}" is no date', A_DATE)
    return RawItem(
        title=title,
        published_on=day,
        key=key,
        url=url,
        summary=summary,
        type=values["type"][0] if "type" in values else "",
        offices=_filled(values.get("offices")),
        topics=_filled(values.get("topics")),
        line=line,
    )


def _filled(value: tuple[str, int] | None) -> tuple[str, ...]:
    return (value[0],) if value and value[0] else ()


def _month(name: str) -> int:
    return MONTHS.index(name.lower()) + 1


def _plain(label: str) -> str:
    return " ".join(label.rstrip(": \t\xa0").split()).casefold()
