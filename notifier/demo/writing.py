"""What the desk does to the store: plain SQL, as any other program would write it. Herald is not asked and not told.

The statements are for both databases, and the desk shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

Statement = tuple[str, list[Any]]

_INSERT = (
    "INSERT INTO feeds_release (title, summary, author, published_on) VALUES (%s, %s, %s, %s) RETURNING id"
)
_OFFICES = (
    "INSERT INTO feeds_release_offices (release_id, office_id) "
    "SELECT %s, id FROM feeds_office WHERE slug IN ({})"
)
_TOPICS = "INSERT INTO feeds_release_topics (release_id, topic_id) SELECT %s, id FROM feeds_topic WHERE slug IN ({})"
_CORRECT = "UPDATE feeds_release SET summary = %s, editors_note = %s WHERE id = %s"
_WITHDRAW = "UPDATE feeds_release SET state = 'withdrawn', withdrawn_reason = %s WHERE id = %s"


def publish(
    title: str, summary: str, author: str, day: date, offices: Sequence[str], topics: Sequence[str]
) -> tuple[int, list[Statement]]:
    """Insert a release with its labels (slugs) in one transaction; returns its id and what was run."""
    first: Statement = (_INSERT, [title, summary, author, day])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*first)
        release = int(cursor.fetchone()[0])
        links = [*_links(_OFFICES, release, offices), *_links(_TOPICS, release, topics)]
        _run(links)
    return release, [first, *links]


def correct(release: int, summary: str, note: str) -> list[Statement]:
    """Change the summary and say so in an editor's note."""
    return _run([(_CORRECT, [summary, note, release])])


def withdraw(release: int, reason: str) -> list[Statement]:
    """Take it back, with the reason readers are told."""
    return _run([(_WITHDRAW, [reason, release])])


def _links(statement: str, release: int, slugs: Sequence[str]) -> list[Statement]:
    if not slugs:
        return []
    return [(statement.format(", ".join(["%s"] * len(slugs))), [release, *slugs])]


def _run(statements: Iterable[Statement]) -> list[Statement]:
    done = list(statements)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, values in done:
            cursor.execute(statement, values)
    return done


def readable(statements: Iterable[Statement]) -> list[str]:
    """The statements with their values in place, for people; never to be run."""
    return [
        sql.replace("%s", "{}").format(*(_literal(value) for value in values)) for sql, values in statements
    ]


def _literal(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("'", "''")
    return f"'{text if len(text) <= 80 else text[:79] + '…'}'"
