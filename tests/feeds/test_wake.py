"""Being woken by what other programs commit."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest
from django.db import connection

from feeds.wake import SqliteWake
from tests.feeds.stories import write

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
            assert time.monotonic() - began < 0.5
            time.sleep(pause)


def test_a_write_that_is_rolled_back_and_a_log_that_is_gone_wake_nobody(wake):
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO feeds_release(title, published_on) VALUES ('x', CURRENT_DATE)")
        other.execute("ROLLBACK")
    assert not wake.wait(0.12)
    wake._name = f"{name}.gone"
    assert not wake.wait(0.12)
    write("another")
    assert wake.wait(2)
