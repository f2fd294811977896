"""Dates as listings write them, in words of any language and in figures. Pure.

The words are those of CLDR (by babel), never those of the machine's locale. Nothing is guessed: 03/02/2025 is a date
only where somebody has said which figure comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from feeds import normalise

YEARS = range(1900, 2200)
LANGUAGES = ("en", "fr", "de", "it", "ru", "es")
A_DATE = "a date such as 17 February 2025"
DAY, MONTH = "day", "month"
_MORE = {
    "en": {"sept": 9},
    "fr": {"fév": 2, "fevr": 2, "fevrier": 2, "aout": 8, "decembre": 12},
    "de": {"jänner": 1, "jän": 1, "feber": 2, "mrz": 3},
    "es": {"set": 9, "setiembre": 9},
}
"""Usual words that CLDR does not have."""
_LONGEST = 300  # characters of a text in which a date is looked for
_ORDINAL = r"(?:st|nd|rd|th|er|re|[º°ª.])?"
_YEAR = r"(?P<year{n}>[0-9]{{4}})"
_AFTER = r"\s*(?:г\.|г\b|года\b)?"
_TIME = r"(?:[t\s,|–—-]+(?:[^\W\d]+\s+){0,3}[0-9]{1,2}[:.h][0-9]{2}.{0,40})?"


@dataclass(frozen=True, slots=True)
class Writing:
    """How dates are written. `languages`: of months, tags that CLDR knows; where two have the same word, the first
    counts. `first`: which figure comes first in 03/02/2025, "day" or "month"; "": such a date is none.
    """

    languages: tuple[str, ...] = LANGUAGES
    first: str = ""


def parse_date(value: str, writing: Writing = Writing()) -> date | None:
    """A text that is a date: "17 February 2025", "17. Februar 2025", "February 17, 2025", "17.02.2025", "2025-02-17".

    A weekday before it and a time of day after it are passed over: it is the day that was written, in whatever zone.
    None for what is no date, for one that does not exist, and for years out of reason.
    """
    if len(value) > _LONGEST:
        return None
    found = _patterns(writing.languages)[0].fullmatch(_plain(value))
    return _day(found, writing) if found else None


def find_date(value: str, writing: Writing = Writing()) -> date | None:
    """The earliest date in a text, whatever stands around it: what was published may have been updated later. None if
    there is none, or if one of them cannot be read.
    """
    found = _patterns(writing.languages)[1].finditer(_plain(value[:_LONGEST]))
    days = [_day(one, writing) for one in found]
    return min((day for day in days if day), default=None) if all(days) else None


def unknown_language(tag: str) -> str:
    """Why no months can be had of this language; "" if they can."""
    try:
        _words(tag)
    except (UnknownLocaleError, ValueError, TypeError):
        return f"{tag!r} is no language whose months are known; expected a tag such as en or pt"
    return ""


def _day(found: re.Match[str], writing: Writing) -> date | None:
    year, month, day = next(_figures(found.groupdict(), writing))
    try:
        known = date(year, month, day)
    except ValueError:
        return None
    return known if known.year in YEARS else None


def _figures(given: dict[str, str | None], writing: Writing) -> Iterator[tuple[int, int, int]]:
    """(year, month, day) of the way of writing that matched; zeros for what nobody can tell."""
    months = _months(writing.languages)
    for n, word in (("1", given["word1"]), ("2", given["word2"])):
        if word:
            yield int(given[f"year{n}"] or 0), months[word], int(given[f"day{n}"] or 0)
    if given["year3"]:
        yield int(given["year3"]), int(given["month3"] or 0), int(given["day3"] or 0)
    one, other, year = (int(given[name] or 0) for name in ("one4", "other4", "year4"))
    if given["mark4"] == "." or writing.first == DAY or one == other or (not writing.first and one > 12):
        yield year, other, one
    elif writing.first == MONTH or other > 12:
        yield year, one, other
    yield 0, 0, 0


@lru_cache(maxsize=32)
def _patterns(languages: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """For a text that is a date, and for one that has a date in it."""
    month, weekday = _any(_months(languages)), _any(_weekdays(languages))
    day = r"(?P<day{n}>[0-9]{{1,2}})" + _ORDINAL
    ways = (
        day.format(n=1) + rf"[\s/-]*(?:(?:of|de|del|di)\s+)?(?P<word1>{month})\.?,?[\s/-]*(?:(?:of|de|del)\s+)?"
        + _YEAR.format(n=1) + _AFTER,
        rf"(?P<word2>{month})\.?\s*" + day.format(n=2) + r",?\s+" + _YEAR.format(n=2),
        _YEAR.format(n=3) + r"(?P<mark3>[./-])(?P<month3>[0-9]{1,2})(?P=mark3)(?P<day3>[0-9]{1,2})",
        r"(?P<one4>[0-9]{1,2})(?P<mark4>[./-])\s?(?P<other4>[0-9]{1,2})(?P=mark4)\s?" + _YEAR.format(n=4) + _AFTER,
    )  # fmt: skip
    any_way = r"(?<![\w])(?:" + "|".join(ways) + r")(?![0-9])"
    whole = rf"(?:(?:{weekday})\.?,?\s+)?{any_way}\.?{_TIME}"
    return re.compile(whole), re.compile(any_way)


@lru_cache(maxsize=32)
def _months(languages: tuple[str, ...]) -> dict[str, int]:
    """The number of a month by its word; of two languages with the same word, the first counts."""
    known: dict[str, int] = {}
    for tag in languages:
        for word, number in (*_words(tag), *_MORE.get(tag, {}).items()):
            known.setdefault(word, number)
    return known


def _words(tag: str) -> Iterator[tuple[str, int]]:
    names = Locale.parse(tag, sep="-").months
    return iter(
        [
            (_plain(word).rstrip("."), number)
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            for number, word in names[context][width].items()
            if not word.isdecimal()
        ]
    )


def _weekdays(languages: tuple[str, ...]) -> dict[str, int]:
    return {
        _plain(word).rstrip("."): number
        for tag in languages
        for width in ("wide", "abbreviated")
        for number, word in Locale.parse(tag, sep="-").days["format"][width].items()
    }


def _any(words: dict[str, int]) -> str:
    """Longer words first, since "mar" begins "march"."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _plain(value: str) -> str:
    return normalise.line(value).casefold()
