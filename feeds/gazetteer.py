"""What the words in one search box mean: offices and topics by their names and aliases, offices by country and region.

    text -> folded words -> each against every word a term is known by -> hits, the best first

In six languages at once, whatever the page's. Case, accents and script do not matter ("Бишкек" is "Bishkek"), the last
letters may still be missing, and a longer word may have one slip. `Gazetteer` is pure; `find` asks the newsroom's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feeds import geography, normalise, store
from feeds.models import Office, Topic
from feeds.naming import pick

MOST = 20
LONGEST = 200  # characters that are looked at
_MOST_WORDS = 8
_FORGIVING = 5  # letters a word must have for a slip to be forgiven
_WORD = re.compile(r"\w+")
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "zh", "з": "z", "и": "i",
    "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ø": "o", "ł": "l",
    "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ʻ": "", "ʼ": "", "'": "", "’": "",
}  # fmt: skip
_TO_LATIN = str.maketrans(_LATIN)
_WHOLE, _BEGINNING, _SLIP = 3, 2, 1


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind` is office or topic; `name` in the page's language, itself in the language `tongue`. `why`: by which other
    name, country or region it was found, "" where its name says it. A `closed` one cannot be chosen any more.
    """

    kind: str
    slug: str
    name: str
    why: str = ""
    tongue: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A term, and what it lies in; `names` are (language, name), `usual` first."""

    kind: str
    slug: str
    names: tuple[tuple[str, str], ...]
    aliases: tuple[str, ...] = ()
    country: str = ""
    region: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Phrase:
    """`area` is a country's code or a region; "" for what the term itself is called. `said`: an alias, as written."""

    words: tuple[str, ...]
    area: str = ""
    said: str = ""


class Gazetteer:
    def __init__(self, places: Sequence[Place]) -> None:
        self._places = [(place, tuple(_phrases(place))) for place in places]
        known = {word for _, phrases in self._places for phrase in phrases for word in phrase.words}
        self._known = sorted(known)

    def find(self, text: str, language: str, most: int = MOST) -> list[Hit]:
        """What each of the words fits; none for a text without words. Never raises, whatever the text."""
        fitting = [self._fitting(word) for word in _sought(text)]
        if not fitting or not all(fitting):
            return []
        found = []
        for place, phrases in self._places:
            judged = _judged(phrases, fitting)
            if judged:
                found.append((judged[0], place, judged[1]))
        # Sorting is stable: of equals the order of lists stands.
        found.sort(key=lambda one: (one[1].closed, -one[0]))
        return [_hit(place, why, language) for _, place, why in found[:most]]

    def _fitting(self, word: str) -> dict[str, int]:
        """The known words it may mean, and how well; slips only count where nothing fits without."""
        exact = {one: _WHOLE if one == word else _BEGINNING for one in self._known if one.startswith(word)}
        if exact or len(word) < _FORGIVING:
            return exact
        return {one: _SLIP for one in self._known if _nearly(word, one)}


def find(text: str, language: str) -> list[Hit]:
    """The offices and topics that `text` means, the best first; `language` is that of the page."""
    return _made(_places()).find(text, language)


def fold(text: str) -> str:
    """Without case and accents, in Latin letters where the script is Cyrillic."""
    plain = unicodedata.normalize("NFKD", normalise.line(text).casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)).translate(_TO_LATIN)


@lru_cache(maxsize=2)
def _made(places: tuple[Place, ...]) -> Gazetteer:
    """Made anew only when a term has changed, whoever wrote it."""
    return Gazetteer(places)


def _places() -> tuple[Place, ...]:
    usual = store.newsroom().language
    offices = Office.objects.values_list("slug", "name", "names", "aliases", "country", "region", "closed")
    topics = Topic.objects.values_list("slug", "name", "names", "aliases", "closed")
    return (
        *(
            Place("office", slug, _names(name, names, usual), _aliases(aliases), country, region, closed)
            for slug, name, names, aliases, country, region, closed in offices
        ),
        *(
            Place("topic", slug, _names(name, names, usual), _aliases(aliases), closed=closed)
            for slug, name, names, aliases, closed in topics
        ),
    )


def _names(name: str, names: object, usual: str) -> tuple[tuple[str, str], ...]:
    """SQL may write anything into `names`."""
    others = names.items() if isinstance(names, Mapping) else ()
    return ((usual, name), *((code, said) for code, said in others if isinstance(said, str) and said))


def _aliases(aliases: object) -> tuple[str, ...]:
    return tuple(one for one in aliases if isinstance(one, str)) if isinstance(aliases, list) else ()


def _phrases(place: Place) -> Iterator[_Phrase]:
    for _, name in place.names:
        yield _Phrase(_words(name))
    yield _Phrase(_words(place.slug))
    for alias in place.aliases:
        yield _Phrase(_words(alias), said=alias)
    if place.country:
        names = (*geography.country_names(place.country).values(), *geography.country_aliases(place.country))
        yield from (_Phrase(_words(name), area=place.country) for name in names)
    for region in geography.regions_of(place.country, place.region):
        names = (*geography.region_names(region).values(), *geography.region_aliases(region))
        yield from (_Phrase(_words(name), area=region) for name in names)


def _judged(phrases: Sequence[_Phrase], fitting: Sequence[Mapping[str, int]]) -> tuple[float, _Phrase] | None:
    """How well the words fit a term, and the phrase that says most of them; None unless each fits some phrase."""
    missing = set(range(len(fitting)))
    best: tuple[float, _Phrase] = (0, _Phrase(()))
    for phrase in phrases:
        score = 0.0
        for number, known in enumerate(fitting):
            fit = max((known.get(word, 0) for word in phrase.words), default=0)
            if fit:
                missing.discard(number)
                score += fit
        whole = score == _WHOLE * len(phrase.words)
        if score + whole > best[0]:
            best = score + whole, phrase
    return None if missing else best


def _hit(place: Place, why: _Phrase, language: str) -> Hit:
    (usual, name), *others = place.names
    shown = pick(name, dict(others), language, usual)
    reason = why.said
    if why.area:
        named = geography.country_names if why.area == place.country else geography.region_names
        names = named(why.area)
        reason = names.get(language) or names.get("en", "")
    return Hit(place.kind, place.slug, shown.text, reason, shown.language, place.closed)


def _sought(text: str) -> list[str]:
    """The words that must fit. Short ones ("in", "la", "в") only where there is nothing else."""
    words = list(dict.fromkeys(_words(text[:LONGEST])))[:_MOST_WORDS]
    return [word for word in words if len(word) > 2] or words


@lru_cache(maxsize=5_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))


def _nearly(word: str, known: str) -> bool:
    """Whether one letter too many, too few, another one, or two swapped make `word` the beginning of `known`."""
    if known[:1] != word[:1] and known[1:2] != word[1:2]:
        return False
    at = next(
        (n for n, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known))
    )
    rest, beyond = word[at:], known[at:]
    if len(known) < len(word) - 1 or len(known) < _FORGIVING - 1:
        return False
    return (
        beyond.startswith(rest[1:])
        or beyond[1:].startswith(rest)
        or beyond[1:].startswith(rest[1:])
        or (rest[1:2] == beyond[:1] and rest[:1] == beyond[1:2] and beyond[2:].startswith(rest[2:]))
    )
