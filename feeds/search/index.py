"""The index in the database: FTS5 on SQLite, a column of tsvector on PostgreSQL. One table, `feeds_search`.

Words are our own tokens, so no extension and no dictionary is needed, and both find the same. Whether a reader may see
a release is asked of its row and its standing each time, never of the index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from feeds.search.query import Phrase, Query

TABLE = "feeds_search"
_WEIGHTS = "ABCD"  # of title, summary, labels, body on PostgreSQL
_MOST = (300, 2_000, 500, 12_000)  # tokens of each; PostgreSQL's positions end at 16,383
_A_YEAR = 365.0  # a release that is so many days old counts half

_VISIBLE = (
    " JOIN feeds_standing t ON t.release_id = {key} AND t.shown"
    " JOIN feeds_release r ON r.id = {key} AND r.state = 'published'"
)


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens of one release."""

    release_id: int
    title: Sequence[str]
    summary: Sequence[str]
    labels: Sequence[str]
    body: Sequence[str]

    @property
    def fields(self) -> list[Sequence[str]]:
        parts = (self.title, self.summary, self.labels, self.body)
        return [part[:most] for part, most in zip(parts, _MOST, strict=True)]


def create(conn: Any = connection) -> None:
    """Make the table where it is missing."""
    with conn.cursor() as cursor:
        if conn.vendor == "postgresql":
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {TABLE} (release_id bigint PRIMARY KEY, words tsvector NOT NULL)"
            )
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {TABLE}_words ON {TABLE} USING gin (words)")
        else:
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5(title, summary, labels, body, "
                "tokenize='unicode61 remove_diacritics 2', prefix='3')"
            )


def drop(conn: Any = connection) -> None:
    with conn.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def remove(ids: Collection[int]) -> None:
    key = "release_id" if _postgresql() else "rowid"
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {TABLE} WHERE {key} = %s", [(pk,) for pk in ids])


def write(rows: Iterable[Words]) -> None:
    """Put these in, or in the place of what was there."""
    some = list(rows)
    remove([row.release_id for row in some])
    with connection.cursor() as cursor:
        if _postgresql():
            cursor.executemany(
                f"INSERT INTO {TABLE}(release_id, words) VALUES (%s, %s::tsvector) "
                "ON CONFLICT (release_id) DO UPDATE SET words = excluded.words",
                [(row.release_id, _vector(row)) for row in some],
            )
        else:
            cursor.executemany(
                f"INSERT INTO {TABLE}(rowid, title, summary, labels, body) VALUES (%s, %s, %s, %s, %s)",
                [(row.release_id, *map(" ".join, row.fields)) for row in some],
            )


def holds_any() -> bool:
    """Raises DatabaseError where the table is missing or damaged."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {TABLE} LIMIT 1")
        return cursor.fetchone() is not None


def check() -> None:
    """Raises DatabaseError where the index is missing or damaged: the word of FTS5 itself, on SQLite."""
    holds_any()
    if not _postgresql():
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE}({TABLE}) VALUES ('integrity-check')")


def count(query: Query) -> int:
    """How many releases that a reader may see fit."""
    source, asked = _source(query)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {source}", asked)
        return int(cursor.fetchone()[0])


def find(query: Query, today: date, first: int, size: int) -> list[int]:
    """Ids of the releases that fit, the best first: how well the words fit, and how new it is."""
    source, asked = _source(query)
    if _postgresql():
        key, age = "s.release_id", "greatest(0, %s::date - r.published_on)"
        rank, more = "-ts_rank(s.words, %s::tsquery, 1)", [asked[0], today.isoformat()]
    else:
        key, age = f"{TABLE}.rowid", "max(0, julianday(%s) - julianday(r.published_on))"
        rank, more = f"bm25({TABLE}, 10.0, 4.0, 3.0, 1.0)", [today.isoformat()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key} {source} ORDER BY {rank} / (1 + {age} / {_A_YEAR}), {key} DESC LIMIT %s OFFSET %s",
            [*asked, *more, size, first],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _source(query: Query) -> tuple[str, list[str]]:
    if _postgresql():
        joined = _VISIBLE.format(key="s.release_id")
        return f"FROM {TABLE} s{joined} WHERE s.words @@ %s::tsquery", [_tsquery(query)]
    joined = _VISIBLE.format(key=f"{TABLE}.rowid")
    return f"FROM {TABLE}{joined} WHERE {TABLE} MATCH %s", [_match(query)]


def _match(query: Query) -> str:
    """In the language of FTS5. Tokens are letters and digits alone, so that quotes are enough."""
    wanted = [f'"{" ".join(phrase)}"' for phrase in query.wanted]
    wanted[-1] += " *" if query.is_open else ""
    without = "".join(f' NOT "{" ".join(phrase)}"' for phrase in query.without)
    return f"({' AND '.join(wanted)}){without}"


def _tsquery(query: Query) -> str:
    wanted = [_phrase(one) for one in query.wanted]
    if query.is_open:
        wanted[-1] = _phrase(query.wanted[-1], ":*")
    return " & ".join([*wanted, *(f"!{_phrase(one)}" for one in query.without)])


def _phrase(words: Phrase, end: str = "") -> str:
    return "('" + "' <-> '".join(words) + f"'{end})"


def _vector(row: Words) -> str:
    places: dict[str, list[str]] = {}
    at = 0
    for weight, part in zip(_WEIGHTS, row.fields, strict=True):
        for at, token in enumerate(part, at + 1):  # noqa: B020 - goes on from the part before
            places.setdefault(token, []).append(f"{at}{weight}")
        at += 10  # a phrase does not reach from one part into the next
    return " ".join(_lexemes(places))


def _lexemes(places: dict[str, list[str]]) -> Iterator[str]:
    for token, where in places.items():
        yield f"'{token}':{','.join(where[:250])}"


def _postgresql() -> bool:
    return connection.vendor == "postgresql"
