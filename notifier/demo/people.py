"""Made-up subscribers: pure, seeded. Addresses under example.org, .net and .com (RFC 2606), which nobody can own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from feeds.selection import EVERYTHING, UNTAGGED, Selection, of

HOUSES = (
    "gazette",
    "courier",
    "observer",
    "wire",
    "bulletin",
    "review",
    "radio",
    "archive",
    "monitor",
    "weekly",
)
DESKS = (
    "desk",
    "editor",
    "planning",
    "news",
    "research",
    "night",
    "foreign",
    "regions",
    "features",
    "library",
)
DOMAINS = ("example.org", "example.net", "example.com")
LANGUAGES = (("en", 46), ("ru", 18), ("fr", 10), ("de", 12), ("it", 6), ("es", 8))
FREQUENCIES = (("instant", 28), ("several", 6), ("daily", 46), ("weekly", 16), ("monthly", 4))
ZONES = {
    "en": ("Europe/London", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe"),
    "ru": ("Asia/Almaty", "Asia/Bishkek", "Europe/Chisinau"),
    "fr": ("Europe/Paris",),
    "de": ("Europe/Vienna",),
    "it": ("Europe/Rome",),
    "es": ("Europe/Madrid",),
}
HOURS = (7, 7, 7, 8)  # with the zones some thirty chains: each is a run of its own at the first start


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person asked for. `minute` is local time after midnight; `weekdays` are ISO weekdays.

    None: as the newsroom's schedule has it.
    """

    selection: Selection
    frequency: str
    minute: int | None
    weekdays: str | None


@dataclass(frozen=True, slots=True)
class Person:
    address: str
    language: str
    zone: str
    choices: tuple[Choice, ...]


def people(
    seed: int, count: int, offices: Sequence[str], topics: Sequence[str], weekday: int
) -> Iterator[Person]:
    """`count` people who choose among these slugs, the first ones oftener; weekly digests come on `weekday` or Monday.

    One in six has a second choice at another frequency.
    """
    random = Random(seed)  # noqa: S311 - not for secrets
    for number in range(1, count + 1):
        language = _draw(random, LANGUAGES)
        first = _choice(random, _draw(random, FREQUENCIES), offices, topics, weekday)
        choices = [first]
        if random.random() < 1 / 6:
            other = random.choice([name for name, _ in FREQUENCIES if name != first.frequency])
            choices.append(_choice(random, other, offices, topics, weekday))
        yield Person(
            f"{random.choice(DESKS)}-{number:03}@{random.choice(HOUSES)}.{random.choice(DOMAINS)}",
            language,
            random.choice(ZONES[language]),
            tuple(choices),
        )


def _choice(
    random: Random, frequency: str, offices: Sequence[str], topics: Sequence[str], weekday: int
) -> Choice:
    minute = 60 * random.choice(HOURS) if frequency in {"daily", "weekly"} else None
    weekdays = random.choice((str(weekday), "1")) if frequency == "weekly" else None
    return Choice(_selection(random, offices, topics), frequency, minute, weekdays)


def _selection(random: Random, offices: Sequence[str], topics: Sequence[str]) -> Selection:
    """Half choose one area; others several, or offices, or either, or all that nobody has labelled too."""
    kind = random.random()
    if kind < 0.5:
        return of(topics=_some(random, topics, 1))
    if kind < 0.7:
        return of(topics=_some(random, topics, random.randint(2, 4)))
    if kind < 0.82:
        return of(offices=_some(random, offices, random.randint(1, 3)))
    if kind < 0.92:
        return of(_some(random, offices, 2), _some(random, topics, 2), either=True)
    if kind < 0.97:
        return of(topics=[*_some(random, topics, 2), UNTAGGED])
    return EVERYTHING


def _some(random: Random, slugs: Sequence[str], count: int) -> list[str]:
    weights = [1 / rank for rank in range(1, len(slugs) + 1)]
    found: dict[str, None] = {}
    while len(found) < min(count, len(slugs)):
        found[random.choices(slugs, weights=weights)[0]] = None
    return list(found)


def _draw(random: Random, table: tuple[tuple[str, int], ...]) -> str:
    return random.choices([value for value, _ in table], weights=[weight for _, weight in table])[0]
