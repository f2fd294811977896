"""Whether this installation can do its work: checks that rooms register, asked by `/readyz` and `herald check`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import clock, metrics

Check = Callable[[datetime], str | None]

_log = structlog.stdlib.get_logger(__name__)
_checks: dict[str, Check] = {}
_migrated = False
_noted: set[str] = set()


def register(name: str, check: Check) -> None:
    """`check(now)` gives a sentence when something is wrong, without addresses or secrets; otherwise None."""
    _checks[name] = check


def problems(now: datetime) -> list[str]:
    """What is wrong just now, as "name: sentence". When the database does not answer, nothing else is asked."""
    trouble = _answer("database", database, now) or _answer("migrations", migrations, now)
    if trouble:
        return [trouble]
    return [found for name, check in _checks.items() if (found := _answer(name, check, now))]


def samples() -> metrics.Samples:
    """((check), 1 where it finds something wrong) for each check; while the database is away, of that alone."""
    wrong = {problem.partition(":")[0] for problem in problems(clock.now())}
    return [((name,), name in wrong) for name in dict.fromkeys(("database", "migrations", *_checks))]


def note(found: Collection[str]) -> None:
    """Log what is wrong when it begins and when it is over, however often somebody asks."""
    now = {problem.partition(":")[0]: problem for problem in found}
    for name in now.keys() - _noted:
        _log.warning("not ready", check=name, why=now[name].removeprefix(f"{name}: "))
    for name in _noted - now.keys():
        _log.warning("ready again", check=name)
    _noted.clear()
    _noted.update(now)


def database(_now: datetime) -> str | None:
    """Whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, ImproperlyConfigured):
        _log.exception("the database does not answer")
        return "does not answer"
    return None


def migrations(_now: datetime) -> str | None:
    """Whether every migration is applied. Once they are, they stay so for the life of the process."""
    global _migrated  # noqa: PLW0603 - reading the migrations' graph takes a tenth of a second
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing:
            return f"{missing} are to be applied; `herald` applies them when it starts"
        _migrated = True
    return None


def _answer(name: str, check: Check, now: datetime) -> str | None:
    try:
        sentence = check(now)
    except Exception:  # a check that fails is a problem to show, never an error page
        _log.exception("a check failed", check=name)
        sentence = "could not be checked; see the log"
    return f"{name}: {sentence}" if sentence else None
