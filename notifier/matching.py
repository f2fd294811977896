"""What each group of people gets out of what was announced, and why. Plain values in and out: no database, no clock.

    Candidate, Candidate, …  --Matcher.hits(interest, minus)-->  Hits  --entries(language, since, …)-->  Entry, Entry, …

Candidates are matched once for all selections, by an index of their rules; hits are put together once for a distinct
(interest, minus), entries once for different hits in each language and from each beginning.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from feeds.inverted import Inverted
from feeds.selection import Facts, Reason, Selection


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release that was announced at `at` (UTC), as it is now.

    `group` joins the language versions of one text. `before` are the labels it had when it was announced earlier: this
    announcement is then for those who match only now. `steady`: nothing has touched it since this announcement.
    """

    release: int
    group: int
    at: datetime
    published_on: date
    facts: Facts
    before: Facts | None = None
    steady: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate that an interest selects, and by what. `again`: it did so before the release had its new labels."""

    candidate: Candidate
    because: tuple[Reason, ...]
    again: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """All that an interest selects, in order of announcement; `at_once`: when `minus` last selected a group of it.

    `translated`: a group is there in several versions, so that language makes a difference.

    `minus` judges by what a release is now, so it speaks only for releases that are steady. Whether a person already
    has one of the others, the ledger knows.
    """

    found: tuple[Hit, ...]
    at_once: Mapping[int, datetime]
    translated: bool

    def groups(self) -> set[int]:
        return {hit.candidate.group for hit in self.found}

    def instants(self) -> list[datetime]:
        """Where it makes a difference from when on a person is owed: each once, in order."""
        return sorted({hit.candidate.at for hit in self.found}.union(self.at_once.values()))


@dataclass(frozen=True, slots=True)
class Entry:
    """One release of an edition, with every reason that any language version of it gave."""

    release: int
    group: int
    because: tuple[Reason, ...]


_Suffix = tuple[tuple[Hit, ...], int, tuple[int, ...]]
"""The hits of an interest from some instant on, a number that equal ones share, and their groups in order."""


class Matcher:
    """What each of many selections, by number, has to do with `candidates`, which are in order of `at`.

    Equal hits are one object, so what follows from them needs to be worked out only once.
    """

    def __init__(self, selections: Mapping[int, Selection], candidates: Sequence[Candidate]) -> None:
        self._found: dict[int, list[Hit]] = defaultdict(list)
        self._at_once: dict[int, dict[int, datetime]] = defaultdict(dict)
        self._known: dict[object, Hits] = {}
        self._suffixes: dict[tuple[int, datetime], _Suffix] = {}
        self._equal: dict[tuple[int, ...], _Suffix] = {}
        index = Inverted(selections)
        for candidate in candidates:
            before = index.fitting(candidate.before) if candidate.before is not None else set()
            made: dict[object, Hit] = {}
            for number, because in index.reasons(candidate.facts).items():
                again = number in before
                hit = made.setdefault((because, again), Hit(candidate, because, again))
                self._found[number].append(hit)
                if candidate.steady and not again:
                    self._at_once[number][candidate.group] = candidate.at

    def hits(self, interest: int, minus: int, since: datetime) -> Hits:
        """What is for those who chose `interest`, of what was announced from `since` on."""
        found, same, groups = self._since(interest, since)
        taken = self._at_once.get(minus)
        at_once = {group: taken[group] for group in groups if group in taken} if taken else {}
        key = (same, tuple(at_once.items()))
        hits = self._known.get(key)
        if hits is None:
            hits = self._known[key] = Hits(found, at_once, len(groups) < len(found))
        return hits

    def _since(self, interest: int, since: datetime) -> _Suffix:
        known = self._suffixes.get((interest, since))
        if known is None:
            hits = self._found.get(interest, [])
            found = tuple(hits[bisect_left(hits, since, key=_announced) :])
            same = tuple(map(id, found))
            groups = tuple(dict.fromkeys(hit.candidate.group for hit in found))
            known = self._equal.setdefault(same, (found, len(self._equal), groups))
            self._suffixes[interest, since] = known
        return known


def entries(
    hits: Hits,
    languages: Sequence[str],
    since: datetime,
    joined_at: datetime,
    had: Collection[int] = (),
) -> tuple[Entry, ...]:
    """What a person gets to whom everything announced from `since` on is owed, newest first.

    Of a group the version in the first of `languages` that it has, else the first announced. From `joined_at` on, what
    `minus` selects comes by the person's quicker cadence, and late labels are for those who match only now. Of the time
    before, when they had chosen otherwise, only the groups they `had` tell what they got.
    """
    start = bisect_left(hits.found, since, key=_announced)
    groups: dict[int, list[Hit]] = {}
    for hit in hits.found[start:]:
        if hit.again and hit.candidate.at >= joined_at:
            continue
        groups.setdefault(hit.candidate.group, []).append(hit)
    chosen = [
        (_version(versions, languages), group, versions)
        for group, versions in groups.items()
        if group not in had and not _comes_at_once(hits, group, max(since, joined_at))
    ]
    chosen.sort(key=lambda item: _newest_first(item[0]))
    return tuple(Entry(version.release, group, _reasons(versions)) for version, group, versions in chosen)


def _announced(hit: Hit) -> datetime:
    return hit.candidate.at


def _comes_at_once(hits: Hits, group: int, since: datetime) -> bool:
    at = hits.at_once.get(group)
    return at is not None and at >= since


def _version(versions: Sequence[Hit], languages: Sequence[str]) -> Candidate:
    def preference(candidate: Candidate) -> int:
        spoken = candidate.facts.language.split("-")[0].lower()
        return languages.index(spoken) if spoken in languages else len(languages)

    return min((hit.candidate for hit in versions), key=preference)


def _reasons(versions: Iterable[Hit]) -> tuple[Reason, ...]:
    return tuple(sorted({reason for hit in versions for reason in hit.because}))


def _newest_first(candidate: Candidate) -> tuple[int, float, int]:
    return -candidate.published_on.toordinal(), -candidate.at.timestamp(), candidate.release
