"""Somebody outside is told while all is well, and hears nothing when it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config import environment, health
from config.environment import WrongSettings
from notifier import heartbeat, jobs
from tests.feeds.web.server import serving
from tests.logged import events

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def wrong(monkeypatch) -> list[str]:
    """What /readyz finds; for a test to fill."""
    found: list[str] = []
    monkeypatch.setattr(health, "problems", lambda _now: found)
    monkeypatch.setattr(heartbeat, "_silent", [])
    return found


def test_is_told_each_time_while_all_is_well(settings, wrong) -> None:
    with serving() as site:
        site.put("/ping/s3cret", "OK")
        settings.HEARTBEAT_URL = f"{site.url}/ping/s3cret"
        assert heartbeat.tell(NOW)
        jobs.reassure(NOW)
        assert site.paths == ["/ping/s3cret"] * 2


def test_hears_nothing_while_something_is_wrong_or_in_a_demo(settings, wrong) -> None:
    with serving() as site:
        settings.HEARTBEAT_URL = f"{site.url}/"
        wrong.append("mail: connection refused")
        assert not heartbeat.tell(NOW)
        wrong.clear()
        settings.HERALD_DEMO = True
        assert not heartbeat.tell(NOW)
        assert site.paths == []


@pytest.mark.holds("S10")
def test_that_it_cannot_be_told_is_logged_once_and_without_its_address(settings, wrong, caplog) -> None:
    settings.HEARTBEAT_URL = "http://127.0.0.1:9/ping/s3cret"
    assert not heartbeat.tell(NOW)
    assert not heartbeat.tell(NOW)
    with serving() as site:
        site.put("/ping/s3cret", status=500, times=1)
        settings.HEARTBEAT_URL = f"{site.url}/ping/s3cret"
        assert not heartbeat.tell(NOW)
        site.put("/ping/s3cret", "OK")
        assert heartbeat.tell(NOW)
    assert events(caplog.records) == [
        {"event": "HEARTBEAT_URL is not told that all is well", "why": "it cannot be reached"},
        {"event": "HEARTBEAT_URL is told again that all is well"},
    ]
    assert "s3cret" not in caplog.text


def test_an_address_that_is_none_is_a_wrong_setting(monkeypatch) -> None:
    monkeypatch.setenv("HEARTBEAT_URL", "ftp://example.org/s3cret")
    with pytest.raises(WrongSettings, match="HEARTBEAT_URL: must begin with http") as told:
        environment.read()
    assert "s3cret" not in str(told.value)
