"""How Herald knows a restored backup and a copy, and what an operator does about it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from config import clock
from notifier import channel, health, lineage, post, restored
from notifier.lineage import FILE, Lineage
from notifier.models import Channel, Dispatch
from notifier.sender import Worker
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    MORNING,
    a_dispatch,
    a_release,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import running

pytestmark = pytest.mark.usefixtures("transactional_db")
AS_WAS = ("lineage", "serial", "place", "succeeds")


@pytest.fixture
def home(tmp_path, settings):
    settings.HERALD_HOME = tmp_path
    return tmp_path


def backup():
    return Channel.objects.values(*AS_WAS).get()


def restore(saved):
    """What the database says of itself after a restore; the rest of it does not matter here."""
    Channel.objects.update(**saved, stopped_at=None, stopped_because="")


def look(home):
    return Lineage(home).look(MORNING)


def test_a_database_that_goes_on_is_no_backup_not_on_a_second_host_and_not_after_a_crash(home, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert [look(first), look(first), look(second), look(first), look(second)] == [""] * 5
    killed = (first / FILE).read_text()
    look(first)
    (first / FILE).write_text(killed)  # the database was written and the file was not
    assert look(first) == ""
    (first / FILE).write_text("{half a fi")
    assert look(first) == ""
    assert Channel.objects.get().stopped_at is None


def test_a_new_home_of_a_database_that_stands_where_it_stood_is_no_fault(home):
    look(home)
    (home / FILE).unlink()
    assert look(home) == ""


@pytest.mark.holds("R9")
def test_a_database_behind_its_home_is_stopped_and_says_why(home):
    look(home)
    saved = backup()
    look(home)
    restore(saved)
    assert "is older than what was sent from here until 2025-02-17 06:00 UTC" in look(home)
    row = Channel.objects.get()
    assert (row.stopped_at, row.stopped_by) == (MORNING, "herald")
    assert "is older" in health.database(MORNING)
    assert not channel.resume("command:x", "command", MORNING)
    assert Channel.objects.get().stopped_at is not None


@pytest.mark.holds("R9")
def test_a_database_that_stands_elsewhere_is_stopped_even_in_a_home_of_its_own(home, tmp_path):
    look(home)
    restore({**backup(), "place": "cluster 1 database 2 table 3"})
    other = tmp_path / "staging"
    other.mkdir()
    assert look(other) == lineage.COPIED
    assert Channel.objects.get().stopped_at is not None


def test_after_a_release_other_hosts_go_on_and_an_older_backup_is_known(home, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    look(first), look(second)
    saved = backup()
    look(second), look(first)
    restore(saved)
    assert look(first)
    restored.release("command:x", "command", MORNING)
    assert [look(second), look(first)] == ["", ""]
    assert Channel.objects.get().stopped_at is None
    restore(saved)
    assert "released after a restore" in look(second)


def test_a_file_has_the_same_place_until_it_is_copied(tmp_path):
    file = tmp_path / "a"
    file.write_text("x")
    born = lineage._born(file)
    file.write_text("y")
    file.chmod(0o600)
    assert lineage._born(file) == born
    file.rename(tmp_path / "b")
    (tmp_path / "a").write_text("x")
    assert not born or lineage._born(tmp_path / "a") > born == lineage._born(tmp_path / "b")


@pytest.mark.holds("R9")
def test_a_worker_sends_nothing_of_a_restored_database_and_all_of_it_once_it_is_released(home, herald):
    a_dispatch(subscribers(5), [a_release("Border news", ["border"])], recipients=5)
    look(home)
    saved = backup()
    look(home)
    restore(saved)
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {}
        assert relay.messages == []
        refused = herald("resume")
        assert (refused.code, "--after-restore" in refused.err) == (1, True)
        shown = herald("resume", "--after-restore", "--dry-run")
        assert "No mail leaves: this database is older" in shown.out
        assert "5 of 5 messages would leave." in shown.out
        assert dict(Worker(2, relay.url).drain()) == {}
        assert herald("resume", "--after-restore", "--yes").out.endswith("resumed\n")
        assert dict(Worker(2, relay.url).drain()) == {"sent": 5}
    again = herald("resume", "--after-restore")
    assert (again.code, "neither restored nor copied" in again.err) == (1, True)


def test_a_worker_that_runs_claims_nothing_when_the_database_is_replaced_under_it(home):
    seen = Lineage(home)
    seen.look(MORNING)
    saved = backup()
    seen.look(MORNING)
    assert seen.holds()
    restore(saved)
    assert not seen.holds()


@pytest.mark.holds("R9")
def test_what_was_due_before_a_time_is_cancelled_and_with_only_letters_the_rest_is_held(home, herald):
    people = subscribers(3)
    now = clock.now()
    old = a_dispatch(people[:1], [a_release("Old", ["border"])], recipients=1)
    late = a_dispatch(  # planned after the restore, over a window that was sent before it
        people[:2], [a_release("Late", ["border"])], made_at=now, ends_at=MORNING + timedelta(hours=1), recipients=2
    )  # fmt: skip
    new = a_dispatch(people, [a_release("New", ["border"])], made_at=now, recipients=3)
    letter = post.letter(people[0], "manage", {}, now)
    look(home)
    restore({**backup(), "place": "elsewhere"})
    words = ("resume", "--after-restore", "--cancel-before", "2025-02-18T00:00Z", "--only-letters")
    shown = herald(*words, "--dry-run").out.splitlines()
    assert [line.split("  ")[-1].strip() for line in shown if " UTC  " in line] == [
        "leaves", "is cancelled", "is cancelled", "is held",
    ]  # fmt: skip
    told = herald(*words, "--json", "--dry-run").json
    assert [(one["dispatch"], one["messages"]) for one in told["waiting"]] == [
        (None, 1), (old.pk, 1), (late.pk, 2), (new.pk, 3),
    ]  # fmt: skip
    assert herald(*words, "--yes").out.endswith("resumed; 3 messages cancelled; 1 dispatches held\n")
    assert states() == {"cancelled": 3, "pending": 4}
    assert Dispatch.objects.get(pk=new.pk).held
    with running() as relay:
        assert dict(Worker(2, relay.url).drain()) == {"sent": 1}
    assert Dispatch.objects.get(pk=letter.pk).held is False


def test_the_file_keeps_no_more_than_it_needs(home):
    (home / FILE).write_text(
        json.dumps({f"{n:032}": {"serial": 1, "at": MORNING.isoformat()} for n in range(50)})
    )
    look(home)
    assert len(lineage.read(home)) == lineage.KEPT
    assert Channel.objects.get().lineage in lineage.read(home)
