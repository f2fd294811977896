"""What every test shares."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase
from hypothesis import settings

from notifier import singletons
from tests.browser import browser
from tests.site import site

__all__ = ["browser", "site"]

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
MADE_BY_MIGRATE = {
    "django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions",
}  # fmt: skip
LONG = (
    "tests/notifier/pages/test_sight.py", "tests/notifier/pages/test_payloads.py", "tests/feeds/test_editing_pages.py",
    "tests/notifier/test_firstrun.py", "tests/journeys/", "tests/notifier/drills/",
    "tests/notifier/test_consequences.py", "tests/notifier/test_explanation.py", "tests/notifier/test_kills.py",
    "tests/config/test_deploy.py", "tests/notifier/test_spam.py", "tests/notifier/test_migrations.py",
)  # fmt: skip


def empty_the_database(self: TransactionTestCase) -> None:
    """After a transactional test, in place of Django's flush.

    That takes half a second, as it makes permissions and triggers anew; and it leaves the ledger's table, which Django
    does not manage. Keys between tables are checked at the end of the transaction, so their order does not matter.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - MADE_BY_MIGRATE
        names = {name for name in names if not name.startswith("feeds_search_")}  # FTS5 keeps these itself
        # a watched table that is emptied writes changes, so theirs is the last
        for name in sorted(names, key=lambda name: name == "feeds_change"):
            cursor.execute(f'DELETE FROM "{name}"')
    singletons.create_after_migrate()


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
    items[:] = long_ones_first(items, getattr(config, "workerinput", {}).get("workercount", 1))


def long_ones_first(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """So that at the end no process waits for the last of them. xdist gives each process an even share of the list,
    and then takes from the end of what the others have left: so some of the long ones begin each share.
    """
    long = [item for item in items if item.nodeid.startswith(LONG)]
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    found = []
    for share in range(processes):
        begin, end = (len(short) * n // processes for n in (share, share + 1))
        found += long[share::processes] + short[begin:end]
    return found


def uses_database(item: pytest.Item) -> bool:
    """By pytest-django's mark or fixtures; or it says so itself, as its processes use the same server. What a page
    looks like in a browser does not hang on the database, nor does what is marked `any_database`.
    """
    fixtures = set(getattr(item, "fixturenames", ()))
    if fixtures & {"browser", "site"}:
        return False
    if item.get_closest_marker("any_database"):
        return False
    marked = any(item.get_closest_marker(name) for name in ("django_db", "own_database"))
    return marked or bool(DATABASE_FIXTURES & fixtures)


# A shared machine is no stop-watch. `--hypothesis-profile=default` tries twice as many examples.
settings.register_profile("quick", max_examples=50, deadline=None)
settings.load_profile("quick")
TransactionTestCase._fixture_teardown = empty_the_database
