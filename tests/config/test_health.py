from __future__ import annotations

import io
import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from config import clock, health
from config.logs import SaidByReadiness
from feeds import health as feeds_health
from feeds.folder import Folder, Position
from feeds.models import Change, Release, Standing
from tests.logged import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def checks(monkeypatch):
    """An empty register."""
    registered = {}
    monkeypatch.setattr(health, "_checks", registered)
    return registered


def test_healthz_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_nothing_is_wrong(checks):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


def test_not_ready_says_why(checks):
    health.register("relay", lambda now: "does not answer" if now.tzinfo else None)
    health.register("fine", lambda now: None)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"ready": False, "problems": ["relay: does not answer"]},
    )


def test_what_is_wrong_is_logged_when_it_begins_and_when_it_is_over(checks, caplog, monkeypatch):
    monkeypatch.setattr(health, "_noted", set())
    silent = iter(range(30, 90, 10))
    health.register("relay", lambda now: f"silent for {next(silent)} s")
    for _ in range(3):
        Client().get("/readyz")
    checks.clear()
    Client().get("/readyz")
    assert events(caplog.records, "config.health") == [
        {"event": "not ready", "check": "relay", "why": "silent for 30 s"},
        {"event": "ready again", "check": "relay"},
    ]


def test_django_does_not_log_not_ready_as_an_error_of_ours(checks):
    health.register("relay", lambda now: "does not answer")
    assert settings.LOGGING["handlers"]["stderr"]["filters"][0] == "readiness"
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(SaidByReadiness())
    logging.getLogger("django.request").addHandler(handler)
    try:
        Client().get("/readyz")
        Client().get("/nowhere-at-all")
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert "/readyz" not in written.getvalue()
    assert "/nowhere-at-all" in written.getvalue()


def test_a_check_that_fails_is_a_problem_and_keeps_its_secrets(checks, caplog):
    def check(now):
        raise RuntimeError("smtp://user:canary@relay")

    health.register("relay", check)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["relay: could not be checked; see the log"]
    assert b"canary" not in answer.content


def test_without_a_database_nothing_else_is_asked(checks, monkeypatch):
    def down():
        raise OperationalError("canary")

    monkeypatch.setattr(health.connection, "cursor", down)
    health.register("other", lambda now: "never asked")
    assert health.problems(clock.now()) == ["database: does not answer"]


def test_missing_migrations_are_a_problem(checks, monkeypatch):
    class Executor:
        def __init__(self, connection):
            self.loader = self
            self.graph = self

        def leaf_nodes(self):
            return []

        def migration_plan(self, targets):
            return [object(), object()]

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", Executor)
    assert health.problems(clock.now()) == [
        "migrations: 2 are to be applied; `herald` applies them when it starts"
    ]


def test_a_feed_folder_that_cannot_be_written(settings, tmp_path):
    settings.FEED_FOLDER = tmp_path / "feeds"
    assert feeds_health.writable(clock.now()) is None
    settings.FEED_FOLDER = tmp_path / "missing" / "feeds"
    assert feeds_health.writable(clock.now()) == "cannot be written"


def test_feeds_that_are_behind(settings, tmp_path):
    settings.FEED_FOLDER = tmp_path / "feeds"
    now = clock.now()
    assert feeds_health.published(now) is None
    Change.objects.create(kind="release", subject_id=1, seq=1, noticed_at=now)
    assert feeds_health.published(now) is None
    assert feeds_health.published(now + timedelta(minutes=1)) == "1 changes are not in the feeds yet"
    folder = Folder(settings.FEED_FOLDER)
    with folder.held():
        folder.commit(Position(1, "", ""))
    assert feeds_health.published(now + timedelta(minutes=1)) is None
    folder.begin()
    assert feeds_health.published(clock.now()) is None
    assert feeds_health.published(now + timedelta(minutes=1)) == "1 changes are not in the feeds yet"


def test_changes_nobody_notices():
    Release.objects.create(title="One", published_on=clock.now().date())
    assert feeds_health.noticed(clock.now()) is None
    assert "have been waiting" in str(feeds_health.noticed(clock.now() + timedelta(minutes=1)))


def test_metrics_tell_the_state_of_the_store_and_nothing_secret():
    now = clock.now()
    shown, _ = (
        Release.objects.create(title=title, published_on=now.date()) for title in ("One", "Not noticed")
    )
    Standing.objects.create(
        release=shown,
        key="k",
        guid="tag:k",
        shown=True,
        first_seen_at=now,
        updated_at=now,
        seq=1,
        group=shown.pk,
    )
    Release.objects.create(title="Two", published_on=now.date(), state="scheduled")
    Change.objects.create(kind="release", subject_id=1, seq=7, noticed_at=clock.now())
    answer = Client().get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert 'herald_releases{state="published"} 1.0' in lines
    assert 'herald_releases{state="withdrawn"} 0.0' in lines
    assert "scheduled" not in answer.content.decode()
    assert "herald_change_seq 7.0" in lines
    unnumbered = next(line for line in lines if line.startswith("herald_changes_unnumbered "))
    assert float(unnumbered.split()[1]) >= 1
    for secret in (settings.SECRET_KEY, "@", "password="):
        assert secret not in answer.content.decode()
