"""Being woken by what other programs commit."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from contextlib import closing
from unittest import mock

import pytest
from django.db import connection

from feeds.wake import SqliteWake
from tests.feeds.stories import write
from tests.waiting import soon

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wake():
    if connection.vendor != "sqlite":
        pytest.skip("this database tells by itself")
    write()
    with closing(SqliteWake()) as found:
        while found.wait(0.0):
            pass
        yield found


def test_each_commit_of_another_program_wakes_however_soon_it_follows(wake):
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, isolation_level=None, timeout=10)) as other:
        for pause in (0.0, 0.0, 0.001, 0.005, 0.0):
            other.execute("INSERT INTO feeds_release(title, published_on) VALUES ('x', CURRENT_DATE)")
            began = time.monotonic()
            assert wake.wait(2)
            assert soon(time.monotonic() - began, 0.5)
            time.sleep(pause)


def test_a_write_that_is_rolled_back_wakes_nobody(wake):
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO feeds_release(title, published_on) VALUES ('x', CURRENT_DATE)")
        other.execute("ROLLBACK")
    assert not wake.wait(0.12)


def test_whoever_waits_when_another_commits_is_woken_at_once_and_asks_little_before(wake):
    write("what is committed is seen after the log was written")
    while wake.wait(0.0):
        pass
    asked = mock.Mock(side_effect=wake._data_version)
    wake._data_version = asked
    later = threading.Timer(1.0, write, ["another"])
    later.start()
    assert wake.wait(30)
    assert asked.call_count < 20 if sys.platform == "linux" else asked.called
    later.join()


def test_a_commit_that_takes_its_time_after_its_writes_is_waited_for(wake):
    seen = iter([1, 1, 1, 1, 2])
    wake._version, wake._data_version = 1, lambda: next(seen)
    with mock.patch.object(wake._log, "written", side_effect=[True, False, False, False]) as written:
        assert wake.wait(30)
    assert [call.args[0] for call in written.call_args_list[1:]] == [0.005, 0.01, 0.02]


def test_where_the_system_does_not_tell_the_database_is_asked(wake, monkeypatch):
    monkeypatch.setitem(sys.modules, "inotify_simple", None)
    with closing(SqliteWake()) as other:
        assert not other.wait(0.12)
        write("another")
        assert other.wait(2)
