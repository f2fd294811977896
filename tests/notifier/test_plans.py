"""How the databases find what the hot statements ask for: by the index that is meant, and never by reading a big table.

The statements are those of the real functions, caught as they run. PostgreSQL would read a small table in whole, so it is
told that this costs more than anything: what it still reads in whole, no index helps with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from feeds import membership, notice, readership
from feeds.models import Membership, Release
from notifier import addresses, ledger, planner, tallies
from notifier.models import Delivery, Dispatch, Lease, Subscriber
from notifier.planning import lock
from tests.notifier.planning_kit import NOW, SECOND, daily, instant, person, release, topic

pytestmark = [pytest.mark.django_db, pytest.mark.holds("Q-PLANS")]

BIG = (
    "notifier_delivery", "notifier_subscriber", "notifier_cadence", "feeds_membership", "feeds_change", "feeds_release",
    "feeds_standing", "feeds_feedday", "feeds_reportedsubscribers", "notifier_editionrelease",
)  # fmt: skip
PERSON, RUN = 1, 2


class Hot(NamedTuple):
    """`run` asks; `statement` is part of the statement that is meant, and `indexes` are what it goes by: names or, of
    the ledger on PostgreSQL, whose partitions name their own, the columns."""

    run: Callable[[], object]
    statement: str
    postgres: str
    sqlite: str


@pytest.fixture
def newsroom():
    """A person with an alert and a digest, a release, and the alert's delivery due."""
    who = person(instant(topic("youth")), daily(topic("media")))
    release("youth", "media", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    at = ledger.instant()
    Lease.objects.create(token="ours", host="a", pid=1, started_at=at, renewed_at=at)
    return who
