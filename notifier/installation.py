"""Getting an installation ready: tables, and the configuration that ships, where there is none yet."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import revisions

DEFAULTS = settings.ROOT / "config" / "defaults"


def prepare(now: datetime) -> list[str]:
    """Migrate and apply the defaults where that is needed. Returns what was done, in words."""
    done = []
    waiting = unmigrated()
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
        done.append(f"{len(waiting)} migrations applied")
    if revisions.ensure_defaults(DEFAULTS, now):
        done.append("first configuration applied")
    return done


def unmigrated() -> list[str]:
    """The migrations that have not been applied to this database."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
