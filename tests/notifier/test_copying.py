"""An SQLite installation is moved to PostgreSQL, goes on there as it would have here, and sends nothing twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from config import databases, guard, revisions
from feeds.models import Change, Cursor, Office, Release
from feeds.search import keeping
from notifier import channel, lineage, partitions, planner, suppressions, tokens
from notifier.backups import copying, rows
from notifier.backups.copying import Copied
from notifier.backups.dumping import BackupFault
from notifier.lineage import Lineage
from notifier.models import Channel, Delivery, Subscriber, Suppression
from notifier.sender import Worker
from notifier.tokens import Purpose
from tests.notifier.drills.kit import database_url
from tests.notifier.mailing import a_dispatch, a_newsroom
from tests.notifier.planning_kit import DAY, NOW, TODAY, daily, instant, person, release, topic, weekly
from tests.notifier.relay import running

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="to PostgreSQL"),
]
TOMORROW = NOW + DAY
EMPTY, FILLED = f"copy_empty_{os.getpid()}", f"copy_target_{os.getpid()}"  # several run at once
Run = Callable[[], Copied]


@contextmanager
def at(url: str) -> Iterator[None]:
    """The database at `url` is the one in use, in other threads too."""
    kept, values = connections["default"], connections.settings["default"]
    given = databases.from_url(url, Path())
    if url.startswith("sqlite"):
        given["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    connections.settings["default"] = connections.configure_settings({"default": given})["default"]
    del connections["default"]
    partitions.forget()
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = values
        connections["default"] = kept
        partitions.forget()


def on_the_server(statement: str) -> None:
    with psycopg.connect(f"{server()}/postgres", autocommit=True) as asked:
        asked.execute(statement)  # type: ignore[call-overload]  # psycopg asks for a literal


@cache
def server() -> str:
    """Of the tests' own database; asked first when that is still the one in use."""
    return database_url().rpartition("/")[0]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, django_db_blocker) -> Iterator[Path]:
    """An SQLite file with tables; and beside it the empty PostgreSQL database EMPTY."""
    file = tmp_path_factory.mktemp("migrated") / "herald.sqlite3"
    on_the_server(f"CREATE DATABASE {EMPTY}")
    with django_db_blocker.unblock():
        for url in (f"sqlite:///{file}", f"{server()}/{EMPTY}"):
            with at(url):
                executor = MigrationExecutor(connection)
                leaves = executor.loader.graph.leaf_nodes()
                executor.migrate([key for key in leaves if key[0] != "procrastinate"])
                emit_post_migrate_signal(0, False, "default")
                guard.install(connection)  # which tests do without
    yield file
    on_the_server(f"DROP DATABASE {EMPTY} WITH (FORCE)")


@pytest.fixture
def source(migrated, tmp_path, settings, django_db_blocker) -> Iterator[str]:
    """A home with content; its database is the one in use."""
    settings.HERALD_HOME = tmp_path
    shutil.copyfile(migrated, tmp_path / "herald.sqlite3")
    url = f"sqlite:///{tmp_path / 'herald.sqlite3'}"
    with django_db_blocker.unblock(), at(url):
        fill()
        yield url


@pytest.fixture
def target(migrated) -> Iterator[str]:
    on_the_server(f"CREATE DATABASE {FILLED} TEMPLATE {EMPTY}")
    yield f"{server()}/{FILLED}"
    on_the_server(f"DROP DATABASE {FILLED} WITH (FORCE)")


@pytest.fixture
def copy(source: str, target: str) -> Run:
    return lambda: copying.copy(target, NOW, lambda _done, _whole: None)


def fill() -> None:
    """Releases, readers of each frequency, mail in every state, what the desk did, and a number given and gone."""
    a_newsroom()
    revisions.audit("command:x", "command", "made", "office", before={}, after={"name": "Ü \u2028"}, now=NOW)
    people = [
        person(daily()),
        person(instant(topic("borders"))),
        person(weekly()),
        person(daily(), zone="Asia/Bishkek"),
    ]
    found = [release("borders", "office:vienna", title=f"Release {n}", body=f"<p>{n}</p>") for n in range(3)]
    dispatch = a_dispatch(
        [*people, *(person(daily()) for _ in range(3))], Release.objects.filter(pk__in=found)
    )
    for state, row in enumerate(Delivery.objects.filter(dispatch_id=dispatch.pk).order_by("subscriber_id")):
        ended = NOW if state >= Delivery.State.SENT else None
        mine = Delivery.objects.filter(dispatch_id=row.dispatch_id, subscriber_id=row.subscriber_id)
        later = NOW if state == Delivery.State.DEFERRED else None
        mine.update(state=state, finished_at=ended, next_try_at=later, after_dot=later is not None)
    suppressions.suppress(b"\x00\xff", Suppression.Kind.BOUNCE, "gone", NOW + timedelta(microseconds=7))
    Subscriber.objects.filter(pk=person(daily()).pk).delete()


def contents() -> dict[str, tuple[int, int]]:
    tables = rows.tables(set(connection.introspection.table_names()))
    return {model._meta.db_table: rows.sum_up(model, "default", lambda _more: None) for model in tables}


def is_empty(url: str) -> bool:
    with at(url):
        return not (Office.objects.exists() or Subscriber.objects.exists() or Change.objects.exists())


def goes_on() -> tuple[list[Any], list[str]]:
    """What is planned and sent from the database in use, a day later."""
    assert Lineage().look(TOMORROW) == ""
    planner.plan(TOMORROW)
    planned = list(Delivery.objects.order_by("pk").values_list())
    with running() as relay:
        Worker(2, relay.url).drain()
    return planned, sorted(message.to for message in relay.messages)


def test_it_plans_and_sends_on_as_the_original_would(copy, source, target, tmp_path):
    connections["default"].close()
    shutil.copyfile(tmp_path / "herald.sqlite3", tmp_path / "twin.sqlite3")
    before = contents()
    done = copy()
    assert (done.left_out, done.stopped, "copy_target" in done.place) == ([], "", True)
    assert "was copied to PostgreSQL copy_target" in Lineage().look(NOW)
    with at(f"sqlite:///{tmp_path / 'twin.sqlite3'}"):
        lineage.adopt()
        expected = goes_on()
    with at(target):
        after = contents()
        changed = {table for table in before if after[table] != before[table]}
        assert changed == {"notifier_channel", "config_auditentry"}
        found = goes_on()
    assert found == expected
    assert found[1], "nothing was sent"
    assert {row[5] for row in found[0]} >= set(range(7)), "not every state"
    assert "was copied to PostgreSQL copy_target" in Lineage().look(TOMORROW)


def test_links_made_before_work_after(copy, target):
    reader = Subscriber.objects.earliest("pk")
    kept = tokens.make(Purpose.MANAGE, reader.pk, 0, TODAY)
    copy()
    with at(target):
        claim = tokens.read(Purpose.MANAGE, kept, TODAY)
        assert bytes(Subscriber.objects.get(pk=claim.subscriber).address) == bytes(reader.address)


def test_numbers_go_on_after_the_last_that_was_given_and_triggers_work_again(copy, target):
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'notifier_subscriber'")
        given = cursor.fetchone()[0]
    changes = Change.objects.count()
    copy()
    with at(target):
        assert person(daily()).pk == given + 1
        assert Change.objects.count() == changes
        Office.objects.bulk_create([Office(slug="oslo", name="Oslo")])
        assert Change.objects.count() == changes + 1
        with pytest.raises(DatabaseError, match="only added to"), connection.cursor() as cursor:
            cursor.execute("UPDATE config_auditentry SET actor = 'x'")


def test_the_search_index_is_made_anew(copy, target):
    keeping.keep(NOW)
    copy()
    with at(target):
        assert not Cursor.objects.filter(pk=keeping.NAME).exists()
        keeping.keep(NOW)
        assert Cursor.objects.filter(pk=keeping.NAME).exists()


def test_a_database_that_was_stopped_is_stopped_there_as_well(copy, target):
    channel.stop_because("it was restored", NOW)
    assert copy().stopped == "it was restored"
    with at(target):
        assert Lineage().look(NOW) == "it was restored"


def test_a_database_with_something_in_it_is_refused(copy, target):
    with at(target):
        Office.objects.bulk_create([Office(slug="oslo", name="Oslo")])
    with pytest.raises(BackupFault, match=r"copy_target.* is not empty: feeds_.* has 1 rows"):
        copy()
    assert Channel.objects.get().stopped_because == ""
    with at(target):
        assert Office.objects.get().slug == "oslo"


def test_a_database_that_somebody_has_open_is_refused(copy, target, tmp_path):
    with closing(sqlite3.connect(tmp_path / "herald.sqlite3")) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT count(*) FROM feeds_office").fetchone()
        with pytest.raises(BackupFault, match=r"herald.sqlite3: Herald, or another program, has it open"):
            copy()
    assert is_empty(target)


def test_a_row_that_cannot_be_copied_is_said_with_its_table(copy, target):
    bad = Release.objects.latest("pk").pk
    Release.objects.filter(pk=bad).update(language="x" * 400)  # SQLite does not count
    with pytest.raises(BackupFault, match=rf"^feeds_release, the row id {bad}: value too long"):
        copy()
    assert is_empty(target)
    assert Channel.objects.get().stopped_because == ""
    Release.objects.filter(pk=bad).update(language="en")
    assert copy().rows > 0, "it can be tried again"


def test_a_row_that_refers_to_none_is_said_with_its_table(copy, target, tmp_path):
    connection.close()
    with closing(sqlite3.connect(tmp_path / "herald.sqlite3")) as other, other:
        other.execute("UPDATE notifier_dispatch SET chain_id = 4711")
    with pytest.raises(BackupFault, match=r"^notifier_dispatch: .*foreign key"):
        copy()
    assert is_empty(target)


def test_a_difference_is_said_with_its_table_and_taken_back(copy, target, monkeypatch):
    def fill_and_tamper(sides: Any, fill=copying._fill) -> dict[str, tuple[int, int]]:
        sums = fill(sides)
        Subscriber.objects.using(copying.TARGET).update(language="xx")
        sent = Delivery.objects.using(copying.TARGET).filter(state=Delivery.State.SENT)
        sent._raw_delete(copying.TARGET)
        return sums

    monkeypatch.setattr(copying, "_fill", fill_and_tamper)
    with pytest.raises(BackupFault) as said:
        copy()
    assert "notifier_subscriber: 7 rows on both sides, and not the same" in str(said.value)
    assert "notifier_delivery: 7 rows here, 6 there" in str(said.value)
    assert is_empty(target)
