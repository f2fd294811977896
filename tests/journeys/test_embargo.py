"""`herald run`, whole: an embargo ends to the second, in feed and mail, also when the service slept through it."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.home import Home, home
from tests.journeys.test_live import ADA, LABEL, to
from tests.notifier.relay import Relay, running
from tests.waiting import crowding, until

pytestmark = pytest.mark.own_database

INSERT = "INSERT INTO feeds_release(title, published_on, visible_at) VALUES (?, CURRENT_DATE, ?) RETURNING id"
SCHEDULED = "SELECT 1 FROM feeds_release WHERE state = 'scheduled'"
FEED = "/feeds/topics/border-management.atom"
PLACES = (FEED, "/feeds/all.json", "/", "/topics/border-management", "/feeds/all", "/metrics", "/readyz")


def embargoed(herald: Home, title: str, until: datetime) -> None:
    [(release,)] = herald.sql(INSERT, title, until.isoformat())
    herald.sql(LABEL, release, "border-management")


def wait_for(instant: datetime) -> None:
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def everywhere(herald: Home, mail: Relay, title: str) -> bool:
    return title in herald.get(FEED)[1] and any(title.encode() in one.raw for one in to(mail, ADA))


@pytest.mark.holds("E1")
def test_an_embargo_ends_to_the_second_and_also_when_the_service_slept(tmp_path: Path) -> None:
    with running() as mail, home(tmp_path, SMTP_URL=mail.url) as herald, herald.running("run") as process:
        herald.ready(process)
        choice = ("--topic", "border-management", "--frequency", "instant", "--confirmed")
        herald.herald("subscribers", "add", ADA, *choice)

        due = datetime.now(UTC) + timedelta(seconds=1.4 * crowding())
        embargoed(herald, "Appointed at noon", due)
        until(lambda: herald.sql(SCHEDULED), 1.0, "noticed")
        while datetime.now(UTC) < due - timedelta(seconds=0.2):
            shown = [place for place in PLACES if "Appointed" in herald.get(place)[1]]
            assert shown == [] or datetime.now(UTC) >= due, "an answer may take until its second"
        assert to(mail, ADA) == [] or datetime.now(UTC) >= due
        wait_for(due)
        until(lambda: everywhere(herald, mail, "Appointed at noon"), 2.0, "out at its second")

        slept_through = datetime.now(UTC) + timedelta(seconds=1.2 * crowding())
        embargoed(herald, "Appointed later", slept_through)
        until(lambda: herald.sql(SCHEDULED), 1.0, "noticed")
        os.killpg(process.pid, signal.SIGSTOP)
        wait_for(slept_through + timedelta(seconds=0.3))
        os.killpg(process.pid, signal.SIGCONT)
        until(lambda: "Appointed later" in herald.get(FEED)[1], 2.0, "out after all")
        assert "Appointed" not in herald.log()
