"""`herald run`, whole: what another program writes by plain SQL is on a stream at once, and streams hold nothing up."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.feeds.live.wire import Client
from tests.journeys.home import home
from tests.notifier.relay import running
from tests.waiting import crowding

pytestmark = pytest.mark.own_database

INSERT = "INSERT INTO feeds_release(title, published_on) VALUES (?, CURRENT_DATE) RETURNING id"
EMBARGOED = "INSERT INTO feeds_release(title, published_on, state, visible_at) VALUES (?, CURRENT_DATE, 'scheduled', ?)"
LABEL = "INSERT INTO feeds_release_topics(release_id, topic_id) SELECT ?, id FROM feeds_topic WHERE slug = ?"


@pytest.mark.holds("E1")
def test_a_stream_tells_what_another_program_writes_and_ends_with_the_server(tmp_path: Path) -> None:
    with running() as mail, home(tmp_path, SMTP_URL=mail.url) as herald, herald.running("run") as process:
        herald.ready(process)
        port = int(herald.environment["HERALD_PORT"])
        with (
            Client(port, "/feeds/selection.events?topic=border-management") as borders,
            Client(port, "/feeds/all.events") as every,
        ):
            borders.opened(), every.opened()
            [(release,)] = herald.sql(INSERT, "Border officers meet in Ashgabat")
            herald.sql(LABEL, release, "border-management")
            assert borders.next(2.0).item["title"] == "Border officers meet in Ashgabat"
            every.next(2.0)

            due = datetime.now(UTC) + timedelta(seconds=3)
            herald.sql(EMBARGOED, "Appointed", due.strftime("%Y-%m-%d %H:%M:%S+00:00"))
            told = every.next(6.0)
            assert told.item["title"] == "Appointed"
            at = datetime.now(UTC)
            assert due.replace(microsecond=0) <= at < due + timedelta(seconds=2 * crowding())

            herald.sql("UPDATE feeds_release SET state = 'withdrawn' WHERE id = ?", release)
            assert borders.next(2.0).event == every.next(2.0).event == "withdrawal"

            process.send_signal(signal.SIGTERM)
            for stream in (borders, every):
                with pytest.raises(AssertionError, match="ended"):
                    stream.next(5.0)
        assert process.wait(20) == 0, herald.log()
