"""On a page without addresses: is the release that came the one that has gone, edited? Facts in, pairs out. Pure.

Of one day, and plainly the only candidate on either side. Two count as the same where the texts agree this closely:

- titles, letter by letter, by `TITLES`, unless both have summaries that differ wholly (below `STRANGERS`); or
- summaries of at least `SHORTEST_SUMMARY` words, word by word, by `SUMMARIES`, whatever the titles.

Never where the titles differ only in figures or parts ("Daily report 12/2025" and "13/2025", "Part I" and "Part II"):
a series words every issue alike. When in doubt there are two releases: a wrong pair would hide one of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from feeds import normalise

TITLES = 0.85
SUMMARIES = 0.85
STRANGERS = 0.3
SHORTEST_SUMMARY = 12
MOST_OF_A_DAY = 30  # more that came or went on one day are a new page, not edits
_COMPARED = 600  # characters of a text; upstream may cut the same one at another place
_NUMBER = re.compile(
    r"\d+|\b(?:[ivx]+|[a-h]|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|fourth|fifth|sixth|seventh"
    r"|eighth|ninth|tenth|morning|afternoon|evening|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Item:
    """A release as far as it matters here. `name` is whatever the caller knows it by."""

    name: str
    title: str
    summary: str
    day: date


def same_day_edits(gone: Iterable[Item], come: Iterable[Item]) -> list[tuple[str, str]]:
    """Pairs (name of what has gone, name of what came) that are one release, edited."""
    days: dict[date, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for side, items in enumerate((gone, come)):
        for item in items:
            days[item.day][side].append(item)
    return [pair for old, new in days.values() for pair in _pairs(old, new)]


def alike(one: Item, other: Item) -> bool:
    """Whether two releases of one day read as one that was edited."""
    titles = normalise.fold(one.title)[:_COMPARED], normalise.fold(other.title)[:_COMPARED]
    if not all(titles):
        return False
    if _NUMBER.findall(titles[0]) != _NUMBER.findall(titles[1]) and _masked(titles[0]) == _masked(titles[1]):
        return False
    summaries = _words(one.summary), _words(other.summary)
    if _NUMBER.findall(titles[0]) == _NUMBER.findall(titles[1]) and agree(*titles, TITLES):
        return not all(summaries) or agree(*summaries, STRANGERS)
    return min(map(len, summaries)) >= SHORTEST_SUMMARY and agree(*summaries, SUMMARIES)


def agree(one: Sequence[str], other: Sequence[str], ratio: float) -> bool:
    """Whether two texts agree to at least `ratio` (difflib's: twice what they share, over their lengths)."""
    first, second = sorted((one, other), key=list)  # difflib's answer depends on which comes first
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= ratio and matcher.quick_ratio() >= ratio and matcher.ratio() >= ratio


def _pairs(gone: Sequence[Item], come: Sequence[Item]) -> list[tuple[str, str]]:
    """Those that are alike with nobody else on either side."""
    if max(len(gone), len(come)) > MOST_OF_A_DAY:
        return []
    close = [(old, new) for old in gone for new in come if alike(old, new)]
    olds, news = [old for old, _ in close], [new for _, new in close]
    return [(old.name, new.name) for old, new in close if olds.count(old) == 1 and news.count(new) == 1]


def _masked(title: str) -> str:
    return " ".join(_NUMBER.sub("#", title).split())


def _words(summary: str) -> list[str]:
    return _WORD.findall(normalise.fold(summary)[:_COMPARED])
