"""How the databases find what the hot statements ask for: by the index that is meant, and never by reading a big table.

The statements are those of the real functions, caught as they run. PostgreSQL would read a small table in whole, so it
is told that this costs more than anything: what it still reads in whole, no index helps with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from feeds import documents, membership, notice, readership
from feeds.catalogue import Catalogue
from feeds.library import Library
from feeds.models import Release
from notifier import addresses, ledger, planner, tallies
from notifier.models import Delivery, Dispatch, Lease, Subscriber
from tests.notifier.mailing import a_newsroom
from tests.notifier.planning_kit import NOW, SECOND, daily, instant, person, release, topic

pytestmark = pytest.mark.django_db

BIG = (
    "notifier_delivery", "notifier_subscriber", "notifier_cadence", "feeds_membership", "feeds_change", "feeds_release",
    "feeds_standing", "feeds_feedday", "feeds_reportedsubscribers", "notifier_editionrelease",
)  # fmt: skip


class Hot(NamedTuple):
    """`run` asks; `statement` is part of the statement that is meant, and `index` the pattern of what it goes by."""

    run: Callable[[], object]
    statement: str
    index: str


@pytest.fixture
def newsroom():
    """A person with an alert and a digest, a release, and the alert's delivery due."""
    a_newsroom()
    who = person(instant(topic("youth")), daily(topic("media")))
    release("youth", "media", at=NOW + SECOND)
    planner.plan(NOW + SECOND)
    if connection.vendor == "postgresql":
        nobody_has_counted()
        much_was_sent()
    at = ledger.instant()
    Lease.objects.create(token="ours", host="a", pid=1, started_at=at, renewed_at=at)
    return who


def nobody_has_counted():
    """The server counts rows when it likes, and tests leave tables empty: of none, too, all indexes cost the same."""
    with connection.cursor() as cursor:
        tables = "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        cursor.execute(f"UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid IN ({tables})")
        cursor.execute(f"DELETE FROM pg_statistic WHERE starelid IN ({tables})")


def much_was_sent():
    """Of few rows all indexes cost the same; of each lane so many were sent that the queue's are the shortest."""
    last = Dispatch.objects.latest("pk").pk
    with connection.cursor() as cursor:
        for dispatch, lane in ((last, 1), (last + 1, 0), (last + 2, 2)):
            cursor.execute(
                "INSERT INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, lane, state)"
                " SELECT %s, 1000000 + n, 1, %s, 3 FROM generate_series(1, 3000) n",
                [dispatch, lane],
            )
        cursor.execute("ANALYZE notifier_delivery")


def claim():
    return ledger.claim("ours", 500, NOW + SECOND)


def mark():
    at = NOW + SECOND
    ledger.mark_many([ledger.Mark(one, Delivery.State.SENT, at, version=1) for one in claim()])


def plan_a_digest():
    release("media", at=NOW + 2 * SECOND)
    planner.plan(NOW + timedelta(days=1))


def delete_the_old():
    Delivery.objects.update(state=Delivery.State.SENT)
    tallies._delete(Dispatch.objects.latest("pk").pk, float("inf"))


def find_by_address():
    """Among many: of one row, any index is as good."""
    Subscriber.objects.bulk_create(
        Subscriber(address=b"%d" % n, domain="example.org", created_at=NOW) for n in range(1000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifier_subscriber")
    Subscriber.objects.filter(address=addresses.encrypt("somebody@example.org")).first()


def live_rows():
    membership.keep(NOW + SECOND)
    show = documents.presentation()
    list(documents.current([Catalogue().find("all")], show, Library(show)))


def settle_a_release():
    Release.objects.update(title="Another title")
    notice.take(NOW + 3 * SECOND)
    membership.keep(NOW + 3 * SECOND)


PENDING = r"(lane_dispatch_id_subscriber_id|delivery_pending)"
KEY = r"(delivery_rest_pkey|delivery_\d+_pkey|PRIMARY KEY)"
HOT = {
    "whether anything is due": Hot(claim, "SELECT EXISTS", PENDING),
    "which dispatches are open": Hot(claim, "ORDER BY lane, dispatch_id LIMIT 1", PENDING),
    "claiming what is pending": Hot(claim, "WITH picked AS", PENDING),
    "claiming what was deferred": Hot(claim, "d.next_try_at <=", r"(next_try_at_idx|delivery_deferred)"),
    "marking": Hot(mark, "state + 0 = 1", KEY),
    "what the dead hold": Hot(
        lambda: ledger.sweep(NOW), "SELECT 1 FROM notifier_delivery", r"(owner_idx|delivery_sending)"
    ),
    "filling a dispatch": Hot(plan_a_digest, "INTO notifier_delivery", "cadence_by_person"),
    "who is in a run, by kind": Hot(
        plan_a_digest, 'FROM "notifier_cadence"', r"cadence_by_(kind|person|joining)"
    ),
    "what was announced in a window": Hot(
        plan_a_digest, '"feeds_announcement"."at" >=', "feeds_announcement_at"
    ),
    "deleting what is old": Hot(delete_the_old, 'DELETE FROM "notifier_delivery"', KEY),
    "the oldest dispatch in the ledger": Hot(lambda: tallies._next(-1), "notifier_delivery", KEY),
    "readership": Hot(
        lambda: readership.read(NOW.date(), 30),
        'SUM("feeds_feedday"',
        "(one_row_a_feed_and_day|autoindex_feeds_feedday)",
    ),
    "readership of a feed": Hot(
        lambda: readership.read(NOW.date(), 30, "all"),
        'SUM("feeds_feedday"',
        "(one_row_a_feed_and_day|feed_days_of_a_feed)",
    ),
    "changes to be noticed": Hot(
        notice.pending, "feeds_change", "(change_unnumbered|change_seq|autoindex_feeds_change)"
    ),
    "rows of a release that changed": Hot(
        settle_a_release, '"feeds_membership"."release_id" IN', "membership_by_release"
    ),
    "live rows of feeds": Hot(
        live_rows, '"feeds_membership"."page" IS NULL', "(membership_live|one_live_membership)"
    ),
    "a subscriber by address": Hot(
        find_by_address,
        '"notifier_subscriber"."address" =',
        r"(subscriber_address|autoindex_notifier_subscriber)",
    ),
}

PATTERN = re.compile(r"(Seq Scan on |SCAN )(\w+)(?! USING)")


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_goes_by_its_index(newsroom, name):
    hot = HOT[name]
    if name == "marking" and connection.vendor == "sqlite":
        pytest.skip("it goes past Django, by the primary key of a table that is nothing but that")
    with transaction.atomic(), CaptureQueriesContext(connection) as caught:
        hot.run()
    asked = [query["sql"] for query in caught if hot.statement in query["sql"]]
    assert asked, [query["sql"][:90] for query in caught]
    for statement in asked:
        told = plan(statement)
        assert re.search(hot.index, told), told
        read = {table for _, table in PATTERN.findall(told)}
        assert not {table for table in read if table.startswith(BIG)}, told


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite goes by the key whatever it knows")
def test_marking_reads_what_it_marks_though_nothing_is_known_of_the_table(newsroom):
    """A dispatch that was filled a moment ago has no statistics. Read in whole for each mark, one takes 20 ms."""
    last, owner = Dispatch.objects.latest("pk"), ledger.take_lease("here", 1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid::regclass::text LIKE 'notifier_delivery%%'")
        cursor.execute(
            "INSERT INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, lane, state, owner)"
            " SELECT %s, 2000000 + n, 1, 2, 1, %s FROM generate_series(1, 3000) n",
            [last.pk + 3, owner],
        )
    marks = [
        ledger.Mark(
            ledger.Claimed(last.pk + 3, 2_000_500 + n, 1, None, 2, 0, owner), Delivery.State.SENT, NOW
        )
        for n in range(11)
    ]
    with transaction.atomic(), CaptureQueriesContext(connection) as caught:
        assert len(ledger.mark_many(marks)) == 11
        transaction.set_rollback(True)
    [statement] = [query["sql"] for query in caught if "state + 0 = 1" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) {statement}")
        told = "\n".join(row[0] for row in cursor.fetchall())
    assert "rows=11 " in told, told
    assert sum(map(int, re.findall(r"Removed by Filter: (\d+)", told))) < 11, told


def plan(statement: str) -> str:
    """How the database would do it, in its own words."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN {statement}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement.replace('%', '%%')}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
