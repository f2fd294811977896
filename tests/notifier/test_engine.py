"""Who does the jobs: each scheduler itself, or by procrastinate whichever worker is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, connections
from pydantic import ValidationError

from config import databases
from config.environment import Environment
from feeds import membership, notice, publisher
from feeds.models import Change, Release, Source, SourceState
from feeds.workshop import Workshop
from notifier import engine, jobs
from notifier.models import Dispatch
from notifier.scheduler import Scheduler
from tests.notifier.mailing import a_newsroom, transactional_db
from tests.notifier.planning_kit import instant, person
from tests.waiting import until

__all__ = ["transactional_db"]

NOW = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
POSTGRES = "postgres://herald:secret@10.0.0.1:5432/herald"

on_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="procrastinate keeps its jobs in PostgreSQL"
)


def given(**values: str) -> Environment:
    return Environment(
        **{"secret_key": "s" * 40, "address_key": "A" * 86 + "==", "database_url": "", **values}
    )


def fault(**values: str) -> str:
    with pytest.raises(ValidationError) as failure:
        given(**values)
    (error,) = failure.value.errors()
    return error["msg"].removeprefix("Value error, ")


def test_by_default_each_scheduler_does_its_own_jobs(settings) -> None:
    assert given().engine == "in-process"
    assert isinstance(engine.chosen(), engine.InProcess)


def test_procrastinate_on_sqlite_is_said_in_one_line_to_be_wrong() -> None:
    said = fault(engine="procrastinate")
    assert said.startswith("ENGINE: procrastinate needs PostgreSQL")
    assert "\n" not in said
    assert fault(engine="procrastinate", database_url="sqlite:///x.db") == said
    assert given(engine="procrastinate", database_url=POSTGRES).engine == "procrastinate"


def test_a_direct_address_is_of_postgresql_and_only_beside_one() -> None:
    assert "must begin with postgres://" in fault(database_direct_url="sqlite:///x.db", database_url=POSTGRES)
    assert "DATABASE_URL names none" in fault(database_direct_url=POSTGRES)
    assert given(database_direct_url=POSTGRES, database_url=POSTGRES).database_direct_url


def test_a_pooler_is_asked_for_nothing_that_outlives_a_transaction(tmp_path: Path) -> None:
    alone = databases.from_url(POSTGRES, tmp_path)
    pooled = databases.from_url(POSTGRES, tmp_path, pooled=True)
    assert "idle_in_transaction_session_timeout" in alone["OPTIONS"]["options"]
    assert "options" not in pooled["OPTIONS"]
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_what_the_address_says_of_a_connection_wins(tmp_path: Path) -> None:
    told = databases.from_url(f"{POSTGRES}?connect_timeout=3&sslmode=require", tmp_path)["OPTIONS"]
    assert (str(told["connect_timeout"]), told["sslmode"], told["keepalives_idle"]) == ("3", "require", 10)


def test_pages_hear_sooner_of_a_database_that_is_gone(tmp_path: Path, monkeypatch) -> None:
    told = databases.from_url(f"{POSTGRES}?connect_timeout=7", tmp_path)
    monkeypatch.setitem(connections.settings, "default", told)
    databases.serve_pages(4)
    options = told["OPTIONS"]
    assert (str(options["connect_timeout"]), options["tcp_user_timeout"]) == ("7", 4_000)
    assert (
        options["pool"]["max_size"],
        options["pool"]["timeout"],
        options["pool"]["reconnect_timeout"],
    ) == (4, 5, 5)
    assert databases.from_url(POSTGRES, tmp_path)["OPTIONS"]["tcp_user_timeout"] == 20_000


@on_postgres
@pytest.mark.django_db
def test_who_listens_does_so_past_the_pooler(settings) -> None:
    here = databases.direct()
    assert "context" not in here
    settings.DATABASE_DIRECT = {"HOST": "10.9.8.7", "PORT": 6543}
    there = databases.direct()
    assert (there["host"], int(there["port"])) == ("10.9.8.7", 6543)
    assert there["dbname"] == here["dbname"]


# What follows runs jobs


@pytest.fixture
def distributed(transactional_db, settings) -> Iterator[object]:
    settings.ENGINE = "procrastinate"
    from notifier import distributed

    yield distributed
    SourceState.objects.all().delete()
    Source.objects.all()._raw_delete("default")
    with connection.cursor() as cursor:
        for table in ("events", "periodic_defers", "jobs", "workers"):
            cursor.execute(f"DELETE FROM procrastinate_{table}")


@contextmanager
def at_work(*runs: Callable[[threading.Event], None]) -> Iterator[None]:
    """Each in a thread of its own until the end of the block."""
    stop = threading.Event()

    def body(run: Callable[[threading.Event], None]) -> None:
        try:
            run(stop)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def looking(stop: threading.Event) -> None:
    """A scheduler in the one thread of its own: APScheduler's would leave their connections behind."""
    scheduler = Scheduler()
    while not stop.is_set():
        scheduler.look()
        scheduler.sweep()
        stop.wait(0.05)


def lying() -> list[tuple[str, str]]:
    from procrastinate.contrib.django.models import ProcrastinateJob

    return list(ProcrastinateJob.objects.order_by("id").values_list("queueing_lock", "status"))


@on_postgres
def test_the_same_poke_waits_once(distributed) -> None:
    assert distributed.poke(distributed.plan)
    assert not distributed.poke(distributed.plan)
    assert distributed.poke(distributed.fetch, source=1)
    assert distributed.poke(distributed.fetch, source=2)
    assert not distributed.poke(distributed.fetch, source=1)
    assert lying() == [("plan", "todo"), ("fetch:1", "todo"), ("fetch:2", "todo")]


@on_postgres
def test_two_who_poke_at_the_same_moment_make_one(distributed, monkeypatch) -> None:
    """Both have looked before either has poked: then the lock decides."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    assert distributed.poke(distributed.plan)
    monkeypatch.setattr(ProcrastinateJob.objects, "filter", lambda **_: ProcrastinateJob.objects.none())
    assert not distributed.poke(distributed.plan)
    monkeypatch.undo()
    assert lying() == [("plan", "todo")]


@on_postgres
def test_jobs_are_done_by_a_worker_and_leave_nothing(distributed, monkeypatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "plan", lambda now: done.append("plan"))
    monkeypatch.setattr(jobs, "ping_hub", lambda now: done.append("ping"))
    monkeypatch.setattr(
        distributed.harvest, "fetch_if_due", lambda source, now, web: done.append(f"fetch {source}")
    )
    with at_work(distributed.carry):
        distributed.poke(distributed.plan)
        distributed.poke(distributed.ping)
        distributed.poke(distributed.fetch, source=7)
        until(lambda: len(done) == 3 and not lying())
    assert sorted(done) == ["fetch 7", "ping", "plan"]


@on_postgres
def test_a_job_that_failed_is_seen_and_poked_anew(distributed, monkeypatch) -> None:
    def fail(now: datetime) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(jobs, "plan", fail)
    with at_work(distributed.carry):
        distributed.poke(distributed.plan)
        until(lambda: len(lying()) == 2 and lying()[0][1] == "failed")
    assert lying() == [("plan", "failed"), ("plan", "todo")]


def leave_undone() -> int:
    """A job in the hands of a worker of which nothing has been heard for a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    return int(worker)


@on_postgres
def test_what_a_silent_worker_left_undone_is_taken_over(distributed, monkeypatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(distributed.harvest, "fetch_if_due", lambda source, now, web: done.append(source))
    distributed.poke(distributed.fetch, source=7)
    leave_undone()
    assert distributed.take_over(datetime.now(UTC)) == 1
    assert lying() == [("fetch:7", "todo")]
    with at_work(distributed.carry):
        until(lambda: done == [7] and not lying())


@on_postgres
def test_what_was_poked_anew_meanwhile_need_not_be_taken_over(distributed) -> None:
    distributed.poke(distributed.plan)
    leave_undone()
    assert distributed.poke(distributed.plan), "one that is being done holds up no other"
    assert distributed.take_over(datetime.now(UTC)) == 1
    assert lying() == [("plan", "todo")]


@on_postgres
def test_a_living_worker_keeps_its_jobs(distributed) -> None:
    distributed.poke(distributed.plan)
    worker = leave_undone()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s", [worker])
    assert distributed.take_over(datetime.now(UTC)) == 0
    assert lying() == [("plan", "doing")]


@on_postgres
def test_a_scheduler_pokes_those_sources_that_are_due(distributed) -> None:
    due, resting = Source.objects.bulk_create(
        Source(slug=slug, name=slug, kind="listing", address="https://x.example/") for slug in ("a", "b")
    )
    Source.objects.filter(pk=resting.pk).update(active=False)
    distributed.Distributed().fetch(NOW)
    assert lying() == [(f"fetch:{due.pk}", "todo")]


@on_postgres
@pytest.mark.holds("R3")
def test_two_schedulers_and_two_workers_make_each_run_once(distributed, settings, tmp_path) -> None:
    """A release stored by somebody else goes all the way: noticed, in the feeds, planned once."""
    settings.FEED_FOLDER = tmp_path / "feeds"
    person(instant(), now=datetime.now(UTC))
    with at_work(looking, looking, distributed.carry, distributed.carry):
        for number in (1, 2, 3):
            Release.objects.create(title=f"News {number}", published_on=datetime.now(UTC).date())
            until(lambda: not Change.objects.filter(seq=None).exists())
        until(lambda: Dispatch.objects.filter(state=Dispatch.State.READY).exists())
    starts = list(Dispatch.objects.values_list("chain_id", "starts_at"))
    assert len(starts) == len(set(starts))


@on_postgres
def test_two_hosts_keep_the_same_feeds_byte_for_byte(distributed, settings, tmp_path) -> None:
    """Each from its own cursor: one looks at each change, the other has slept through most of them."""
    hosts = [tmp_path / "one" / "feeds", tmp_path / "two" / "feeds"]
    workshops = [Workshop(), Workshop()]

    def publish(host: int) -> None:
        notice.take(datetime.now(UTC))
        membership.keep(datetime.now(UTC))
        publisher.publish(hosts[host], datetime.now(UTC), workshops[host])

    a_newsroom()
    publish(0)
    publish(1)
    for number in range(60):
        release = Release.objects.create(title=f"News {number}", published_on=NOW.date())
        if number % 10 == 0:
            publish(0)
        if number % 25 == 0:
            Release.objects.filter(pk=release.pk).update(state=Release.State.WITHDRAWN)
    publish(0)
    publish(1)
    one, two = (contents(host) for host in hosts)
    assert len(one) > 5
    assert one == two


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".atom", ".rss", ".json"}
    }
