"""Dates as feeds write them. Pure: RFC 3339 and W3C-DTF, RFC 822 in its many states of decay, asctime, and what
listings write (`feeds.sources.listing_dates`).

It is the day in UTC, where an instant with its zone was written; else the day that was written.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from feeds.sources.listing_dates import LANGUAGES, YEARS, Writing, parse_date, unknown_language

A_DATE = "a date as RFC 3339 (Atom) or RFC 822 (RSS) has it"
_LONGEST = 300
_LONGEST_DAY, _LONGEST_OFFSET = timedelta(hours=24), timedelta(hours=14)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {
    "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8, "cet": 1, "cest": 2,
    "eet": 2, "eest": 3, "msk": 3,
}  # fmt: skip
"""Hours from UTC: those of RFC 822, and what Europe's programs write. Others are taken for UTC, as RFC 5322 has it."""
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_TIME = r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?"
_INSTANT = re.compile(
    r"(?<![0-9])(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?\s*"
    r"(?:[a-z]{0,3}(?P<hours>[+-][0-9]{2}):?(?P<minutes>[0-9]{2})|(?P<zone>[a-z]{2,4})\b)"
)
_ISO = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})-|(?P<short>[0-9]{2}))(?P<day>[0-9]{2})(?![0-9])"
)
_RFC_822 = re.compile(
    rf"(?:[a-z]{{2,9}}[.,]*\s*)?(?P<day>[0-9]{{1,2}})[\s-]*{_MONTH}[\s,-]*(?P<year>[0-9]{{4}}|[0-9]{{2}})(?![0-9])"
    rf"(?:[\s,]+{_TIME})?.{{0,60}}",
    re.S,
)
_ASCTIME = re.compile(
    rf"(?:[a-z]{{2,9}}[.,]*\s+)?{_MONTH}\s+(?P<day>[0-9]{{1,2}}),?(?:\s+{_TIME})?(?:\s+[a-z]{{1,5}})?"
    r"(?:\s+[+-][0-9]{2}:?[0-9]{2})?\s+(?P<year>[0-9]{4})(?![0-9])",
)


def day(written: str, language: str = "") -> date | None:
    """The day of `written`; None for what is no date, or cannot be told: 03/02/2025, a month, a bare number of seconds.
    `language`: the feed's, for months in words.
    """
    text = written.strip().lower()
    if not text or len(text) > _LONGEST:
        return None
    for form in (_ISO.match, _RFC_822.fullmatch, _ASCTIME.match):
        if found := form(text):
            written_day = _made(found)
            return _in_utc(written_day, text[found.end("day") :]) if written_day else None
    known = parse_date(written, _writing(language))
    return _in_utc(known, text) if known else None


def _made(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    month = parts["month"] or parts["short"]
    try:
        known = date(_year(parts["year"]), _MONTHS.get(month) or int(month), int(parts["day"]))
    except ValueError:
        return None
    return known if known.year in YEARS else None


def _in_utc(day: date, rest: str) -> date | None:
    """The day on which it was in Greenwich; `rest` is what stands after the date: a time, and its zone."""
    found = _INSTANT.search(rest)
    if found is None:
        return day
    if found["zone"]:
        offset = timedelta(hours=_ZONES.get(found["zone"], 0))
    else:
        sign = -1 if found["hours"].startswith("-") else 1
        offset = timedelta(hours=int(found["hours"]), minutes=sign * int(found["minutes"]))
    time = timedelta(hours=int(found["hour"]), minutes=int(found["minute"]))
    if abs(offset) > _LONGEST_OFFSET or time > _LONGEST_DAY:
        return day
    return (datetime(day.year, day.month, day.day) + time - offset).date()  # noqa: DTZ001 - it is in UTC by then


def _year(digits: str) -> int:
    """Of two digits, 00 to 49 are of this century (RFC 5322, 4.3)."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def _writing(language: str) -> Writing:
    tag = language.partition("-")[0].partition("_")[0].lower()
    if not tag.isalpha() or tag in LANGUAGES or unknown_language(tag):
        return Writing()
    return Writing((tag, *LANGUAGES))
