"""The triggers that write `Change`, on both databases.

Their bodies name no table but feeds_change: on SQLite a trigger that reads another table can leave a failed table
rebuild without the table. A rebuild also loses the triggers silently, so they are put back after every migrate.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# table -> (kind, column that names the subject)
WATCHED = {
    "feeds_release": ("release", "id"),
    "feeds_release_offices": ("release", "release_id"),
    "feeds_release_topics": ("release", "release_id"),
    "feeds_office": ("office", "id"),
    "feeds_topic": ("topic", "id"),
    "feeds_releasetype": ("type", "id"),
    "feeds_savedfeed": ("feed", "id"),
}
WAKE_CHANNEL = "herald_wake"


def install_after_migrate(using: str = "default", **_: Any) -> None:
    """Receiver of post_migrate: (re)install all triggers. Idempotent."""
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Drop and create every trigger on `connection`."""
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    existing = set(connection.introspection.table_names())
    if not existing.issuperset({"feeds_change", *WATCHED}):
        return
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _sqlite() -> list[str]:
    statements = []
    for table, (kind, column) in WATCHED.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            name = f"{table}_{event.lower()}_change"
            statements.append(f"DROP TRIGGER IF EXISTS {name}")
            statements.append(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN "
                f"INSERT INTO feeds_change(kind, subject_id) VALUES ('{kind}', {row}.{column}); END"
            )
    return statements


def _postgresql() -> list[str]:
    statements = [
        f"""CREATE OR REPLACE FUNCTION feeds_write_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO feeds_change(kind, subject_id)
            VALUES (TG_ARGV[0], (to_jsonb(COALESCE(NEW, OLD)) ->> TG_ARGV[1])::bigint);
            PERFORM pg_notify('{WAKE_CHANNEL}', '');
            RETURN NULL;
        END $$"""
    ]
    for table, (kind, column) in WATCHED.items():
        statements.append(f"DROP TRIGGER IF EXISTS {table}_change ON {table}")
        statements.append(
            f"CREATE TRIGGER {table}_change AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION feeds_write_change('{kind}', '{column}')"
        )
    return statements
