"""Herald behind pgbouncer in transaction mode: pages, planning, sending, waking; and how many connections it keeps."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError
from django.test import Client

from config import databases
from feeds.models import Release
from feeds.wake import open_wake
from notifier import jobs, ledger, partitions
from notifier.models import Delivery, Lease, Subscriber
from notifier.sender import Worker
from tests.notifier.mailing import MORNING, a_dispatch, a_release, subscribers, transactional_db  # noqa: F401
from tests.notifier.planning_kit import NOW, instant, person, topic
from tests.notifier.pooler import SERVERS, backends, between, use
from tests.notifier.relay import running
from tests.notifier.test_engine import at_work, distributed, lying  # noqa: F401 - one is a fixture
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def _on_postgres(transactional_db):  # noqa: F811 - the fixture
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has poolers")


def test_a_release_goes_all_the_way_to_the_relay_and_pages_answer(tmp_path, settings):
    settings.FEED_FOLDER = tmp_path / "feeds"
    before = backends()
    with between(tmp_path):
        who = person(instant(topic("youth")))
        release = a_release("Youth news", ["youth"], shown=False)
        Release.objects.filter(pk=release.pk).update(title="Youth meets")
        jobs.look(NOW + timedelta(minutes=10))
        assert list(Delivery.objects.filter(lane=1).values_list("subscriber_id", flat=True)) == [who.pk]
        a_dispatch(subscribers(30), [a_release("Border news", ["border"])])
        partitions.prepare(MORNING)
        with running() as relay:
            sent = dict(Worker(4, relay.url).drain())
        assert sent["sent"] >= 31
        assert Client().get("/privacy").status_code == 200
        assert sum(1 for _ in Subscriber.objects.iterator(chunk_size=5)) == 31
        assert backends() - before <= SERVERS
    assert all(partitions.drop(part) for part in partitions.parts())  # they would outlive the test


def test_who_waits_for_a_change_is_woken_past_the_pooler(tmp_path):
    with between(tmp_path):
        wake = open_wake()
        assert wake.wait(5)  # it listens
        while wake.wait(0.01):
            pass
        a_release("Border news")
        assert wake.wait(5)
        wake.close()


def test_workers_beside_each_other_claim_no_delivery_twice(tmp_path):
    a_dispatch(subscribers(60), [a_release("Border news", ["border"])])
    at = ledger.instant()
    for name in ("a", "b", "c"):
        Lease.objects.create(token=name, host=name, pid=1, started_at=at, renewed_at=at)

    def claim(name: str) -> list[int]:
        found: list[int] = []
        while some := ledger.claim(name, 5, MORNING):
            found += [one.subscriber for one in some]
        connection.close()
        return found

    with between(tmp_path), ThreadPoolExecutor(3) as threads:
        claimed = [one for some in threads.map(claim, "abc") for one in some]
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.own_database
def test_jobs_are_poked_through_the_pooler_and_done_past_it(tmp_path, distributed, monkeypatch):  # noqa: F811
    done: list[str] = []
    monkeypatch.setattr(jobs, "plan", lambda now: done.append("plan"))
    with between(tmp_path), at_work(distributed.carry):
        assert distributed.poke(distributed.plan)
        until(lambda: done and not lying())
    assert done == ["plan"]


@pytest.fixture
def sharing():
    """`sharing(most)`: from there on the threads of this process share so many connections."""
    real, ours = connections.settings["default"], connections["default"]

    def begin(most: int) -> None:
        use({**real, "OPTIONS": dict(real["OPTIONS"])})
        databases.serve_pages(most)

    yield begin
    connection.close()
    connection.close_pool()
    use(real, ours)


def test_threads_share_no_more_connections_than_they_may_and_wait_for_each_other(sharing):
    before, seen, together = backends(), [], threading.Barrier(8, timeout=60)
    sharing(2)

    def ask(_: int) -> int:
        together.wait()
        number = Subscriber.objects.count()
        seen.append(backends())
        connection.close()
        return number

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {0}
    assert max(seen) - before <= 1  # the one that asks is not counted


def test_who_finds_none_free_is_told_so(sharing):
    sharing(1)
    assert not Subscriber.objects.exists()  # this thread keeps the only one
    connection.pool.timeout = 0.01
    with ThreadPoolExecutor(1) as threads, pytest.raises(OperationalError, match="couldn't get a connection"):
        threads.submit(Subscriber.objects.exists).result()


def test_none_are_shared_where_that_is_not_wanted(sharing):
    sharing(0)
    assert "pool" not in connection.settings_dict["OPTIONS"]
