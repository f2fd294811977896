"""A store many times as large, by plain SQL (SQLite): every feed gets a longer past, its newest entries stay the same.

All releases are copied; what lies in archive pages is put before itself, copy by copy, and all that is newer moves up.
"""

from __future__ import annotations

from collections.abc import Mapping

APART = 10_000_000  # between the ids of a release and of its next copy
_COPIED: Mapping[str, Mapping[str, str]] = {
    "feeds_release": {"id": "id + {apart}"},
    "feeds_release_offices": {"release_id": "release_id + {apart}"},
    "feeds_release_topics": {"release_id": "release_id + {apart}"},
    "feeds_standing": {
        "release_id": "release_id + {apart}",
        "key": "key || '-{copy}'",
        "guid": "guid || '-{copy}'",
        "group": '"group" + {apart}',
    },
    "feeds_releaseversion": {"release_id": "release_id + {apart}"},
    "feeds_archivepage": {"number": "number - {copy} * past.pages"},
    "feeds_membership": {
        "release_id": "release_id + {apart}",
        "guid": "guid || '-{copy}'",
        "position": "position - {copy} * past.pages * 50",
        "page": "page - {copy} * past.pages",
    },
}
_OF_FEEDS = ("feeds_archivepage", "feeds_membership")
# By way of negative numbers, as each must be unique at every moment.
_MOVE_UP = (
    "CREATE TEMP TABLE past AS SELECT feed, MAX(number) AS pages, {copies} * MAX(number) AS more"
    " FROM feeds_archivepage GROUP BY feed",
    "UPDATE feeds_archivepage SET number = number + more + 1000000000 FROM past"
    " WHERE past.feed = feeds_archivepage.feed",
    "UPDATE feeds_archivepage SET number = number - 1000000000 WHERE number > 1000000000",
    "UPDATE feeds_membership SET position = -position - more * 50, page = page + more FROM past"
    " WHERE past.feed = feeds_membership.feed",
    "UPDATE feeds_membership SET position = -position WHERE position < 0",
)


def grow(times: int) -> int:
    """Makes the store hold `times` as many releases; returns how many. Once for a store."""
    from django.db import connection, transaction

    from feeds.models import Release

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM feeds_change")
        noticed = cursor.fetchone()[0]
        for statement in _MOVE_UP:
            cursor.execute(statement.format(copies=times - 1))
        for table in _COPIED:
            columns = [
                column.name for column in connection.introspection.get_table_description(cursor, table)
            ]
            for copy in range(1, times):
                cursor.execute(_statement(table, columns, copy))
        cursor.execute("DROP TABLE past")
        cursor.execute("DELETE FROM feeds_change WHERE id > %s", [noticed])  # all of it is noticed already
    return Release.objects.count()


def _statement(table: str, columns: list[str], copy: int) -> str:
    """Copies the rows of the releases that were there at first, in feeds those of archive pages."""
    changed = _COPIED[table]
    kept = [name for name in columns if name != "id" or "id" in changed]
    values = [
        changed[name].format(apart=copy * APART, copy=copy) if name in changed else f'"{table}"."{name}"'
        for name in kept
    ]
    names = ", ".join(f'"{name}"' for name in kept)
    insert = f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}"'
    if table not in _OF_FEEDS:
        return f"{insert} WHERE {'id' if 'id' in changed else 'release_id'} < {APART}"
    of_the_first = (
        "number > more" if table == "feeds_archivepage" else f"page > more AND release_id < {APART}"
    )
    return f'{insert} JOIN past ON past.feed = "{table}".feed WHERE {of_the_first}'
