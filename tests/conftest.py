"""What every test shares."""

from __future__ import annotations

import gc
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase
from hypothesis import settings

from tests.browser import browser
from tests.databases import empty
from tests.site import site

__all__ = ["browser", "site"]

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
LONG = (
    "tests/notifier/pages/test_sight.py", "tests/notifier/pages/test_payloads.py", "tests/feeds/test_editing_pages.py",
    "tests/notifier/test_firstrun.py", "tests/journeys/", "tests/notifier/drills/",
    "tests/notifier/test_consequences.py", "tests/notifier/test_explanation.py", "tests/notifier/test_kills.py",
    "tests/config/test_deploy.py", "tests/notifier/test_spam.py", "tests/notifier/test_migrations.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="Leave out tests that do not use the database of this run: they say the same on any other.",
    )


def pytest_sessionstart() -> None:
    """After a transactional test all tables are emptied, which the audit log's triggers would refuse on SQLite."""
    post_migrate.disconnect(dispatch_uid="audit guard", sender=apps.get_app_config("config"))
    import_module("config.urls")  # with the pages of the admin site, whichever test asks for them first


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        config.hook.pytest_deselected(items=[item for item in items if not uses_database(item)])
        items[:] = filter(uses_database, items)
    items[:] = long_ones_first(items, getattr(config, "workerinput", {}).get("workercount", 1))


def pytest_collection_finish() -> None:
    """All tests and all that they import stay to the end: who looks for garbage need not look there each time."""
    gc.collect()
    gc.freeze()


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
TransactionTestCase._fixture_teardown = lambda self: empty()  # in place of Django's flush
