"""What every test shares."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from hypothesis import settings

from tests.browser import browser

__all__ = ["browser"]

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


# A shared machine is no stop-watch. `--hypothesis-profile=default` tries twice as many examples.
settings.register_profile("quick", max_examples=50, deadline=None)
settings.load_profile("quick")
post_migrate.connect(empty_what_a_flush_leaves, dispatch_uid="tests")
