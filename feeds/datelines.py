"""Which office a release speaks of, by its dateline and its title. Pure: texts and names in, reasons out.

"Bishkek, 31 January 2025 – …"  -> places ("Bishkek",) -> offices in whose name or alias that stands as whole words
"OSCE Mission to BiH statement" -> an office's name in the title, in full or with its end given by initials
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.dates import get_month_names

from feeds import normalise

LANGUAGES = (
    "en", "fr", "de", "it", "ru", "es", "pt", "nl", "pl", "tr", "uk", "be", "kk", "ky", "tg", "tk", "uz", "az", "hy",
    "ka", "sq", "mk", "bs", "hr", "sr", "sr_Latn", "ro", "hu", "el",
)  # fmt: skip
"""Whose month names are known."""

WITHIN = 200  # characters of a text's beginning in which a dateline can stand
LONGEST_PLACE = 4  # words; more are a sentence
MOST_OFFICES = 3  # a place that more of them share says nothing

_WORD = re.compile(r"[^\W_]+")
_DAY = r"\d{1,2}(?:\.|st|nd|rd|th|er|º|°)?"
_DATE = (
    rf"(?P<day>{_DAY}\s+(?:of\s+|de\s+|d['’])?(?P<month>[^\W\d_]{{3,}})\.?(?:,?\s+(?:de\s+|del\s+)?\d{{4}})?"
    rf"|(?P<first>[^\W\d_]{{3,}})\.?\s+{_DAY},?\s+\d{{4}}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d{2}-\d{2})(?!\w)"
)
_DATED = re.compile(rf"(?P<places>[^\W\d_][^\d\n.:;!?()–—]{{1,80}}?)\s*[,(–—-]?\s*{_DATE}")
_SHOUTED = re.compile(
    r"(?P<places>[^\W\d_][^\d\n.:;!?()–—]{1,60}?)\s*(?:\([^()\d]{1,20}\)\s*)?(?:[–—]|(?<=\s)-)\s"
)
_BETWEEN = re.compile(r"\s*[/,&]\s*|\s+[-–—]\s+|\s+(?:and|et|und|e|y|и|і)\s+")


@dataclass(frozen=True, slots=True)
class Names:
    """An office's slug, its name and aliases, and whether it is closed."""

    slug: str
    names: tuple[str, ...]
    closed: bool = False


def suggest(title: str, texts: Iterable[str], offices: Sequence[Names]) -> dict[str, str]:
    """{slug: reason} for a release with this title and these plain texts, the first with a dateline counting."""
    found: dict[str, list[str]] = {}
    for slug, name in named_in(title, offices).items():
        found.setdefault(slug, []).append(f"the title names “{normalise.excerpt(name, 120)}”")
    line = next((line for text in texts if (line := dateline(text))), None)
    if line is not None:
        for slug in _located(line.places, offices):
            found.setdefault(slug, []).append(f"it begins with the dateline “{line.text}”")
    return {slug: "; ".join(reasons) for slug, reasons in found.items()}


@dataclass(frozen=True, slots=True)
class Dateline:
    """The beginning of a text that says where, and when, it was written."""

    text: str
    places: tuple[str, ...]


def dateline(text: str) -> Dateline | None:
    """The dateline at the beginning of a plain text. Without a date: places in capitals, and a dash after them."""
    beginning = normalise.line(text[: WITHIN * 4])[:WITHIN]
    found = _DATED.match(beginning)
    if found and not _is_month(found["month"] or found["first"]):
        found = None
    if found is None:
        found = _SHOUTED.match(beginning)
        if found and not found["places"].isupper():
            found = None
    pieces = _BETWEEN.split(found["places"]) if found else []
    if found is None or any(len(piece.split()) > LONGEST_PLACE for piece in pieces):
        return None
    places = tuple(piece for piece in pieces if piece[:1].isalpha() and not piece[0].islower())
    return Dateline(found.group().rstrip(" –—-"), places) if places else None


def named_in(title: str, offices: Iterable[Names]) -> dict[str, str]:
    """{slug: the name as it stands in the title}; a name within a longer one that stands there does not count."""
    words = _words(title)
    folded = [word.casefold() for word in words]
    spans = [
        (span, office.slug)
        for office in offices
        for name in office.names
        for span in _spans(name, words, folded)
    ]
    return {
        slug: " ".join(words[begin:end])
        for (begin, end), slug in spans
        if not _is_within((begin, end), spans)
    }


def _is_within(span: tuple[int, int], spans: Iterable[tuple[tuple[int, int], str]]) -> bool:
    return any(other != span and other[0] <= span[0] and span[1] <= other[1] for other, _ in spans)


def _spans(name: str, title: Sequence[str], folded: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where a name stands in the title's words: whole, or its end as initials, as in "Mission to BiH" and "RFoM"."""
    words, sought = _name(name)
    for begin, word in enumerate(folded):
        if not sought or word != sought[0]:
            continue
        alike = 1
        while alike < len(sought) and folded[begin + alike : begin + alike + 1] == [sought[alike]]:
            alike += 1
        end = begin + alike
        if alike == len(sought):
            if alike > 1 or not words[0].isupper() or title[begin].isupper():  # "IT" is not "it"
                yield begin, end
        elif end < len(title) and _abbreviates(title[end], words[alike:]):
            yield begin, end + 1


def _abbreviates(word: str, words: Sequence[str]) -> bool:
    capitals = "".join(sign for sign in word if sign.isupper())
    initials = "".join(each[0] for each in words if each[0].isupper())
    return len(capitals) >= 2 and capitals == initials and len(word) <= 2 * len(capitals)


def _located(places: Iterable[str], offices: Sequence[Names]) -> dict[str, None]:
    """Slugs, in the order of the places. Where an open office is there, closed ones are not meant."""
    found: dict[str, None] = {}
    for place in places:
        there = [office for office in offices if any(_stands_in(place, name) for name in office.names)]
        there = [office for office in there if not office.closed] or there
        if len(there) <= MOST_OFFICES:
            found |= {office.slug: None for office in there}
    return found


def _stands_in(place: str, name: str) -> bool:
    sought, words = _words(place.casefold()), _words(name.casefold())
    size = len(sought)
    return bool(sought) and any(words[at : at + size] == sought for at in range(len(words) - size + 1))


@lru_cache(maxsize=10_000)
def _name(name: str) -> tuple[list[str], list[str]]:
    """The words of an office's name, and how they are compared."""
    words = _words(name)
    return words, [word.casefold() for word in words]


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise.line(text))


def _is_month(word: str | None) -> bool:
    """Dates in digits alone have none, and are dates all the same."""
    return word is None or word.casefold() in _months()


@cache
def _months() -> frozenset[str]:
    """Full and short, as in a date and alone. Takes some 0.1 s once."""
    tables: list[Mapping[int, str]] = [
        get_month_names(width, context, language)
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
    ]
    return frozenset(
        word
        for table in tables
        for name in table.values()
        for word in _WORD.findall(name.casefold())
        if len(word) > 2
    )
