"""What every test shares."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate
from hypothesis import settings

from tests.browser import browser

__all__ = ["browser"]

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
LEFT_BY_A_FLUSH = ("feeds_change", "notifier_delivery")


def empty_what_a_flush_leaves(sender: AppConfig, using: str, **_: Any) -> None:
    """After a transactional test Django empties the tables it manages, and says so by post_migrate.

    The ledger is none of them, and emptying a watched table fires triggers that write changes.
    """
    if sender.label != "notifier":
        return
    with connections[using].cursor() as cursor:
        for table in LEFT_BY_A_FLUSH:
            cursor.execute(f"DELETE FROM {table}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="Leave out tests that do not use the database of this run: they say the same on any other.",
    )


def pytest_sessionstart() -> None:
    """After a transactional test all tables are emptied, which the audit log's triggers would refuse on SQLite."""
    post_migrate.disconnect(dispatch_uid="audit guard", sender=apps.get_app_config("config"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        config.hook.pytest_deselected(items=[item for item in items if not uses_database(item)])
        items[:] = filter(uses_database, items)


def uses_database(item: pytest.Item) -> bool:
    """By pytest-django's mark or fixtures; or it says so itself, as its processes use the same server."""
    marked = any(item.get_closest_marker(name) for name in ("django_db", "own_database"))
    return marked or bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


# A shared machine is no stop-watch. `--hypothesis-profile=default` tries twice as many examples.
settings.register_profile("quick", max_examples=50, deadline=None)
settings.load_profile("quick")
post_migrate.connect(empty_what_a_flush_leaves, dispatch_uid="tests")
