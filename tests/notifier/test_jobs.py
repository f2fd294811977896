"""look and sweep: all steps in order, each by itself."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from feeds import notice, publisher
from feeds.models import Change, FeedDay, Release, Standing
from feeds.search import keeping as searching
from notifier import jobs, ledger, planner
from tests.logged import events

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _folder(tmp_path, settings):
    settings.FEED_FOLDER = tmp_path / "feeds"


def stored(title: str = "Border officers meet in Ashgabat") -> Release:
    return Release.objects.create(title=title, published_on=NOW.date())


def failing(*_: object) -> None:
    raise RuntimeError("disk full")


def test_a_release_in_the_store_is_noticed_and_in_the_feeds_after_one_look() -> None:
    release = stored()
    assert jobs.look(NOW) is False
    assert Standing.objects.get(release=release).shown
    assert release.title in (settings.FEED_FOLDER / "all.atom").read_text()


def test_looking_twice_changes_nothing() -> None:
    stored()
    jobs.look(NOW)
    before = {path: path.read_bytes() for path in settings.FEED_FOLDER.rglob("*.*") if path.is_file()}
    seq = notice.last_seq()
    jobs.look(NOW)
    assert {path: path.read_bytes() for path in settings.FEED_FOLDER.rglob("*.*") if path.is_file()} == before
    assert notice.last_seq() == seq


def test_a_change_that_is_not_quiet_yet_waits_and_is_said_to_wait() -> None:
    stored()
    assert jobs.look(NOW, notice.Quiet(quiet=60, patience=60)) is True
    assert not Standing.objects.exists()
    assert jobs.look(NOW, notice.Quiet(quiet=0)) is False
    assert Standing.objects.exists()


def test_nothing_waits_when_nothing_changed() -> None:
    jobs.look(NOW)
    assert jobs.look(NOW, notice.Quiet(quiet=60)) is False


@pytest.mark.parametrize(
    ("module", "name", "step"),
    [(notice, "take", "notice"), (publisher, "publish", "publisher"), (notice, "release_due", "release_due")],
)
def test_a_step_that_fails_does_not_stop_the_others(
    module: object, name: str, step: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    planned: list[datetime] = []
    monkeypatch.setattr(module, name, failing)
    monkeypatch.setattr(planner, "plan", planned.append)
    stored()
    jobs.look(NOW)
    assert planned == [NOW]
    told = events(caplog.records, "notifier.jobs")
    assert {"event": "a step failed and will be tried again", "step": step} in told


def test_a_few_alerts_are_planned_before_feeds_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "HEAD_START", 30)
    monkeypatch.setattr(publisher, "publish", lambda *_: done.append("feeds"))
    monkeypatch.setattr(planner, "plan", lambda _: done.append("mail"))
    monkeypatch.setattr(searching, "keep", lambda _: done.append("index"))
    with ThreadPoolExecutor(1) as press:
        jobs.look(NOW, beside=press)
    assert done == ["mail", "feeds", "index"]


def test_feeds_do_not_wait_for_the_mail_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Event()
    waited: list[bool] = []
    monkeypatch.setattr(jobs, "HEAD_START", 0.01)
    monkeypatch.setattr(publisher, "publish", lambda *_: made.set())
    monkeypatch.setattr(planner, "plan", lambda _: waited.append(made.wait(30)))
    with ThreadPoolExecutor(1) as press:
        jobs.look(NOW, beside=press)
    assert waited == [True]


def test_what_failed_is_done_by_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    with monkeypatch.context() as broken:
        broken.setattr(notice, "take", failing)
        jobs.look(NOW)
        assert Change.objects.filter(seq=None).exists()
    jobs.look(NOW)
    assert not Change.objects.filter(seq=None).exists()


def test_a_fault_that_persists_is_told_once_and_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "sweep", failing)
        for _ in range(3):
            jobs.sweep(NOW)
    jobs.sweep(NOW)
    assert events(caplog.records, "notifier.jobs") == [
        {"event": "a step failed and will be tried again", "step": "ledger"},
        {"event": "a step works again", "step": "ledger"},
    ]


def test_what_is_too_old_is_forgotten_although_another_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    for back in (400, 401):
        FeedDay.objects.create(day=NOW.date() - timedelta(days=back), feed="all", requests=1)
    monkeypatch.setattr(jobs, "_failing", {})
    monkeypatch.setattr(ledger, "sweep", failing)
    jobs.sweep(NOW)
    assert [row.day for row in FeedDay.objects.all()] == [NOW.date() - timedelta(days=400)]
