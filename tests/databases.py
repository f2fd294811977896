"""The database of a run: how it is left as it was found, and how much is tried on which."""

from __future__ import annotations

import os
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction

from notifier import singletons

T = TypeVar("T")
MADE_BY_MIGRATE = {
    "django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions",
}  # fmt: skip


def enough(*, sqlite: T, postgresql: T) -> T:
    """How many random lives, say, are tried on this run's database. The code that judges them is the same on both, and
    is tried to the full on SQLite; what may differ are statements, and each life makes them all. HERALD_DRILL=1 tries
    as many on PostgreSQL.
    """
    on_postgresql = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    return postgresql if on_postgresql and os.environ.get("HERALD_DRILL") != "1" else sqlite


def empty() -> None:
    """All tables, after a test that others' connections see: no list of what it used, as processes that it started
    write whatever they come to.

    Django's flush takes half a second, as it makes permissions and triggers anew; and it leaves the ledger's table,
    which Django does not manage. Keys between tables are checked at the end of the transaction, so their order does not
    matter.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - MADE_BY_MIGRATE
        names = {name for name in names if not name.startswith("feeds_search_")}  # FTS5 keeps these itself
        # a watched table that is emptied writes changes, so theirs is the last
        for name in sorted(names, key=lambda name: name == "feeds_change"):
            cursor.execute(f'DELETE FROM "{name}"')
    singletons.create_after_migrate()
