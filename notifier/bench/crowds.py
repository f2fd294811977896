"""Subscribers by the million for `notifier.bench.planning`: choices are drawn one by one, rows are made by SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from feeds.models import Office, ReleaseType, Topic
from feeds.selection import NOTHING, Rule, Selection, of
from notifier import interests
from notifier.models import Chain, Interest
from notifier.pages.zones import ZONES

LANGUAGES = (("en", 46), ("ru", 18), ("fr", 10), ("de", 12), ("it", 6), ("es", 8))
FREQUENCIES = (("instant", 30), ("daily", 50), ("weekly", 20))
WORDS = (
    "border",
    "training",
    "journalists",
    "human rights",
    "seminar",
    "mission",
    "“canine”",
    "ministers",
    "mines",
)
KINDS = 100_000
"""How many different people there are; all others are like one of them. (A prime step walks through them.)"""

_STEP = 7919
_PEOPLE = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
INSERT INTO notifier_subscriber (id, address, domain, state, language, zone, origin, created_at, letters_today)
SELECT i, CAST('bench ' || i AS {bytes}), 'domain' || (i %% 2000) || '.example.org', 'active', 'en', 'UTC', 'demo',
    %s, 0
FROM n
"""
_CADENCES = """
INSERT INTO notifier_cadence
    (subscriber_id, frequency, chain_id, interest_id, minus_id, language, since, joined_at)
SELECT s.id, k.frequency, k.chain_id, k.interest_id, k.minus_id, k.language, %s, %s
FROM notifier_subscriber s JOIN bench_kind k ON k.id = (s.id * {step}) %% {kinds}
ORDER BY s.id
"""


def fill(count: int, spread: bool, served_until: datetime, selections: int = 10_000) -> None:
    """`count` subscribers with a cadence each, who joined a day before the window that begins at `served_until`.
    `spread`: over zones and frequencies, else one daily chain for all."""
    chance = Random(count)  # noqa: S311 - not for secrets
    numbers = [interests.interest_for(NOTHING).pk, *_interests(chance, selections)]
    chains = _chains(spread, served_until)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_kind (id bigint PRIMARY KEY, frequency varchar(10), chain_id bigint,"
            " interest_id bigint, minus_id bigint, language varchar(10))"
        )
        cursor.executemany(
            "INSERT INTO bench_kind VALUES (%s, %s, %s, %s, %s, %s)",
            [(n, *kind) for n, kind in enumerate(_kinds(chance, numbers, chains))],
        )
        kind = "bytea" if connection.vendor == "postgresql" else "blob"
        at = connection.ops.adapt_datetimefield_value(served_until - timedelta(days=1))
        cursor.execute(_PEOPLE.format(bytes=kind), [count, at])
        cursor.execute(_CADENCES.format(step=_STEP, kinds=KINDS), [at, at])
        cursor.execute("DROP TABLE bench_kind")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _kinds(chance: Random, numbers: Sequence[int], chains: dict[str, list[int]]) -> Iterator[tuple[Any, ...]]:
    """Half choose one topic; one in six gets something else at once, which a digest then leaves out."""
    nothing, topics, others = numbers[0], numbers[1:28], numbers[28:]
    shares = [1 / rank for rank in range(1, len(topics) + 1)]
    for number in range(KINDS):
        frequency = _draw(chance, FREQUENCIES) if len(chains) > 1 else "daily"
        # The first kinds name each selection once, so that all of them are used.
        rare = others[number % len(others)] if number < 2 * len(others) else chance.choice(others)
        interest = chance.choices(topics, weights=shares)[0] if number % 2 else rare
        quick = frequency != "instant" and chance.random() < 1 / 6
        yield (
            frequency,
            chance.choice(chains[frequency]),
            interest,
            chance.choice(topics) if quick else nothing,
            _draw(chance, LANGUAGES),
        )


def _interests(chance: Random, count: int) -> list[int]:
    """The numbers of `count` distinct selections: each topic alone first, then any mixture."""
    # People choose oftenest what most is written about.
    topics, offices = (
        list(
            model.objects.annotate(used=Count("releases"))
            .order_by("-used", "slug")
            .values_list("slug", flat=True)
        )
        for model in (Topic, Office)
    )
    types = list(ReleaseType.objects.values_list("slug", flat=True))
    found = {chosen.digest: chosen for chosen in (of(topics=[slug]) for slug in topics[:27])}
    while len(found) < count:
        chosen = _mixture(chance, offices, topics, types)
        found.setdefault(chosen.digest, chosen)
    rows = [Interest(digest=digest, selection=chosen.to_json()) for digest, chosen in found.items()]
    return [row.pk for row in Interest.objects.bulk_create(rows, batch_size=500)]


def _mixture(chance: Random, offices: list[str], topics: list[str], types: list[str]) -> Selection:
    some = _some(chance, topics, chance.randint(1, 4)), _some(chance, offices, chance.randint(1, 3))
    kind = chance.random()
    if kind < 0.4:
        return of(topics=_some(chance, topics, chance.randint(2, 4)))
    if kind < 0.6:
        return of(some[1], some[0])
    if kind < 0.75:
        return of(some[1], some[0], either=True)
    if kind < 0.9:
        words = tuple(chance.sample(WORDS, chance.randint(1, 2)))
        return Selection((Rule(topics=tuple(some[0])), Rule(offices=tuple(some[1]), words=words)))
    return Selection(
        (Rule(topics=tuple(some[0]), types=(chance.choice(types),), not_offices=tuple(some[1])),)
    )


def _chains(spread: bool, served_until: datetime) -> dict[str, list[int]]:
    """Chains by frequency: one daily, or the instant one and a daily and a weekly one in each of 24 zones."""
    wanted = [("daily", "Europe/Vienna", "07:00", "1234567")]
    if spread:
        wanted = [("instant", "UTC", "00:00", "1234567")]
        for zone in ZONES[:: len(ZONES) // 24][:24]:
            wanted += [("daily", zone, "07:00", "1234567"), ("weekly", zone, "07:00", "1")]
    found: dict[str, list[int]] = {}
    for frequency, zone, times, weekdays in wanted:
        chain = Chain.objects.create(
            frequency=frequency, zone=zone, times=times, weekdays=weekdays, served_until=served_until
        )
        found.setdefault(frequency, []).append(chain.pk)
    return found


def _some(chance: Random, slugs: list[str], count: int) -> list[str]:
    shares = [1 / rank for rank in range(1, len(slugs) + 1)]
    return list(set(chance.choices(slugs, weights=shares, k=count)))


def _draw(chance: Random, table: tuple[tuple[str, int], ...]) -> str:
    return chance.choices([value for value, _ in table], weights=[weight for _, weight in table])[0]
