"""A home of an earlier day goes on from where it is, and ends where an empty one begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.journeys.home import home

SQLITE = """
    SELECT m.name, 'column', '', c.name, c.type, c."notnull", c.dflt_value, c.pk
      FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'
    UNION ALL SELECT m.name, 'link', f.seq, f."from", f."table", f."to", f.on_delete, ''
      FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
    UNION ALL SELECT m.name, 'index', i."unique", i.origin, group_concat(x.name || x."desc"), i.partial, '', ''
      FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_xinfo(i.name) x
      WHERE m.type = 'table' AND x.key GROUP BY m.name, i.name
    UNION ALL SELECT tbl_name, type, 0, name, sql, '', '', '' FROM sqlite_master
      WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
"""
POSTGRESQL = """
    SELECT attrelid::regclass::text, attname, row_number() OVER (PARTITION BY attrelid ORDER BY attnum)::text,
           concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid))
      FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      JOIN pg_class k ON k.oid = attrelid
      WHERE attnum > 0 AND NOT attisdropped AND k.relnamespace = 'public'::regnamespace
    UNION ALL SELECT conrelid::regclass::text, conname, '', pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexname, '', indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT tgrelid::regclass::text, tgname, '', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT oid::regclass::text, 'kept', pg_get_expr(relpartbound, oid), array_to_string(reloptions, ' ')
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proname, 'function', '', pg_get_functiondef(oid)
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
"""


@contextmanager
def an_empty_database(folder: Path) -> Iterator[BaseDatabaseWrapper]:
    """Beside that of the tests, of the same kind."""
    with home(folder) as own:
        name = own.environment.get("DATABASE_URL", "").rpartition("/")[2] or str(folder / "herald.sqlite3")
        connections.settings["earlier"] = {**connection.settings_dict, "NAME": name}
        try:
            yield connections["earlier"]
        finally:
            connections["earlier"].close()
            del connections["earlier"], connections.settings["earlier"]


@pytest.fixture(scope="module")
def an_empty_home_s(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("empty")
    with django_db_blocker.unblock(), an_empty_database(folder) as database:
        call_command("migrate", database="earlier", interactive=False, verbosity=0)
        return schema(database)


@pytest.fixture
def earlier(django_db_blocker: Any, tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    with django_db_blocker.unblock(), an_empty_database(tmp_path) as database:
        yield database


class ToTheEarlier:
    """A migration that moves rows names no database: in an installation there is but one."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return "earlier"

    db_for_write = db_for_read


def replaced(loader: MigrationLoader, app: str, number: str) -> tuple[str, str]:
    """The one of that number among those that a squashed one stands for."""
    every = [name for in_app, name in loader.disk_migrations if in_app == app]
    names = [name for name in every if name.startswith(number) and "squashed" not in name]
    assert len(names) == 1, names
    return app, names[0]


def schema(database: BaseDatabaseWrapper) -> list[str]:
    """Every column, key, index, constraint, trigger, function, partition and setting of a table.

    Not the columns' order, which a rebuild on SQLite changes.
    """
    with database.cursor() as cursor:
        cursor.execute(POSTGRESQL if database.vendor == "postgresql" else SQLITE)
        return sorted(map(repr, cursor.fetchall()))


@pytest.mark.own_database
@pytest.mark.parametrize(
    ("of_config", "of_feeds", "of_notifier"),
    [("0005", "0011", "0022"), ("0002", "0010", "0017")],
    ids=["all", "some"],
)
def test_who_has_migrations_that_were_squashed_ends_like_an_empty_home(
    an_empty_home_s: list[str],
    earlier: BaseDatabaseWrapper,
    of_config: str,
    of_feeds: str,
    of_notifier: str,
    monkeypatch,
    settings,
):
    settings.DATABASE_ROUTERS = [ToTheEarlier()]
    with monkeypatch.context() as before_they_were_squashed:
        before_they_were_squashed.setattr(MigrationLoader.__init__, "__defaults__", (True, False, False))
        executor = MigrationExecutor(earlier)
        executor.migrate(
            [
                replaced(executor.loader, "config", of_config),
                replaced(executor.loader, "feeds", of_feeds),
                replaced(executor.loader, "notifier", of_notifier),
            ]
        )
    applied = MigrationRecorder(earlier).applied_migrations()
    assert any(name.startswith(of_notifier) for app, name in applied if app == "notifier")
    call_command("migrate", database="earlier", interactive=False, verbosity=0)
    ended = MigrationExecutor(earlier)
    assert not ended.migration_plan(ended.loader.graph.leaf_nodes())
    assert schema(earlier) == an_empty_home_s
    assert len(an_empty_home_s) > 500
