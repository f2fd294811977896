"""Made-up releases, as uneven as life: pure, seeded, plainly marked. For the demo and for benchmarks.

Shares of offices, topics and types fall by Zipf's law, 12 % carry no tag, there are days with none and days
with many. Titles have 60 to 140 characters, with curly quotes, diacritics and, one in twenty-five, Cyrillic;
summaries have 180 to 520.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate, islice
from random import Random

from feeds.sources.item import RawItem
from notifier.demo import words

AUTHOR = "Made up for the demo"
MARK = "Made up: "
TITLE_LENGTH = (60, 140)
SUMMARY_LENGTH = (180, 520)

_OFFICES = ((0, 6), (1, 72), (2, 15), (3, 5), (4, 2))
_TOPICS = ((0, 6), (1, 42), (2, 30), (3, 13), (4, 5), (6, 2), (9, 1), (18, 1))
_SHARE_UNTAGGED = 0.12
_SHARE_UNTYPED = 0.15
_SHARE_RUSSIAN = 0.04


def releases(
    seed: int,
    count: int,
    offices: Sequence[str],
    topics: Sequence[str],
    types: Sequence[str],
    *,
    until: date,
    days: int = 730,
    bodies: bool = False,
) -> Iterator[RawItem]:
    """`count` releases of the `days` up to and with `until`, oldest first; equal arguments, equal releases.

    `offices`, `topics` and `types` are labels; any of them may occur. `bodies` adds 2 to 8 kB of HTML to each.
    """
    random = Random(seed)  # noqa: S311 - not for secrets
    pick_office, pick_topic, pick_type = (_Zipf(random, labels) for labels in (offices, topics, types))
    titles: set[tuple[date, str]] = set()
    for number, day in enumerate(_days(random, count, until, days)):
        chosen_offices, chosen_topics = _tags(random, pick_office, pick_topic)
        language = "ru" if random.random() < _SHARE_RUSSIAN else "en"
        while True:
            place = random.choice(words.PLACES)
            title = _title(random, chosen_offices, chosen_topics, language, place)
            if (day, title) not in titles:
                break
        titles.add((day, title))
        yield RawItem(
            key=f"made-up-{seed}-{number}",
            title=title,
            published_on=day,
            summary=_summary(random, chosen_topics, language, place),
            body=_body(random, chosen_topics, language, place) if bodies else "",
            type="" if random.random() < _SHARE_UNTYPED else pick_type.one(),
            offices=chosen_offices,
            topics=chosen_topics,
            language=language,
            author=AUTHOR,
        )


class _Zipf:
    """Draws labels, the n-th most frequent with a share of 1/n; which one that is depends on the seed."""

    def __init__(self, random: Random, labels: Sequence[str]) -> None:
        self._random = random
        self._labels = random.sample(list(labels), len(labels))
        self._weights = list(accumulate(1 / rank for rank in range(1, len(labels) + 1)))

    def one(self) -> str:
        return self._random.choices(self._labels, cum_weights=self._weights)[0] if self._labels else ""

    def some(self, count: int) -> tuple[str, ...]:
        """`count` different labels, or all there are."""
        found: dict[str, None] = {}
        while len(found) < min(count, len(self._labels)):
            found[self.one()] = None
        return tuple(found)


def _days(random: Random, count: int, until: date, days: int) -> list[date]:
    """`count` days in order: few at weekends, some very busy."""
    all_days = [until - timedelta(days=back) for back in reversed(range(days))]
    busy = [random.lognormvariate(0, 1) * (0.04 if day.isoweekday() > 5 else 1) for day in all_days]
    return sorted(random.choices(all_days, weights=busy, k=count))


def _tags(random: Random, offices: _Zipf, topics: _Zipf) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if random.random() < _SHARE_UNTAGGED:
        return (), ()
    how_many_offices, how_many_topics = _draw(random, _OFFICES), _draw(random, _TOPICS)
    if not how_many_offices and not how_many_topics:
        how_many_topics = 1
    return offices.some(how_many_offices), topics.some(how_many_topics)


def _draw(random: Random, table: tuple[tuple[int, int], ...]) -> int:
    return random.choices([value for value, _ in table], weights=[weight for _, weight in table])[0]


def _title(
    random: Random, offices: tuple[str, ...], topics: tuple[str, ...], language: str, place: str
) -> str:
    while True:
        title = MARK + (
            random.choice(words.RUSSIAN_TITLES).format(place=place)
            if language == "ru"
            else _english_title(random, offices, topics, place)
        )
        if TITLE_LENGTH[0] <= len(title) <= TITLE_LENGTH[1]:
            return title


def _english_title(random: Random, offices: tuple[str, ...], topics: tuple[str, ...], place: str) -> str:
    verb, event = random.choice(words.EVENTS)
    office = offices[0] if offices and len(offices[0]) < 60 else ""
    happening = f"{office} {verb} {event}" if office else _capital(event)
    if random.random() < 0.3:
        happening += f" {random.choice(words.NICKNAMES)}"
    about = f" on {_running(topics[0])}" if topics and random.random() < 0.7 else ""
    return f"{happening}{about} for {random.choice(words.AUDIENCES)} in {place}"


def _summary(random: Random, topics: tuple[str, ...], language: str, place: str) -> str:
    least, most = SUMMARY_LENGTH
    wanted = random.randint(least, most - 120)
    text = ""
    for sentence in _sentences(random, topics, language, place):
        if len(text) >= wanted or (len(text) >= least and len(text) + 1 + len(sentence) > most):
            break
        text = f"{text} {sentence}".strip()
    return text


def _body(random: Random, topics: tuple[str, ...], language: str, place: str) -> str:
    wanted = random.randint(2_000, 7_600)
    html = ""
    while len(html.encode()) < wanted:
        html += f"<p>{' '.join(islice(_sentences(random, topics, language, place), 3))}</p>\n"
    return html


def _sentences(random: Random, topics: tuple[str, ...], language: str, place: str) -> Iterator[str]:
    """The opening sentence, then the others in an order of chance."""
    opening, *others = words.RUSSIAN_SENTENCES if language == "ru" else words.SENTENCES
    origin, other = random.sample(words.PLACES, 2)
    values = {
        "people": random.randint(12, 90),
        "origin": origin,
        "other": other,
        "place": place,
        "topic": _running(topics[0]) if topics else "everyday practice",
        "audience": random.choice(words.AUDIENCES),
        "series": random.choice(("three", "four", "five", "six")),
        "length": random.choice(("two", "three", "four", "five")),
    }
    for sentence in (opening, *random.sample(others, len(others))):
        yield sentence.format(**values)


def _running(label: str) -> str:
    """A label within a sentence: "border management", but "Roma and Sinti" and "Cyber/ICT Security"."""
    ordinary = label[:1].isupper() and label[1:] == label[1:].lower()
    return label[:1].lower() + label[1:] if ordinary else label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
