"""`herald run`, whole: what another program writes by plain SQL reaches feeds and mail within two seconds."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.journeys.home import home
from tests.notifier.relay import Message, Relay, running
from tests.waiting import until

pytestmark = pytest.mark.own_database

ADA = "ada@example.org"
TITLE = "Border officers meet in Ashgabat"
INSERT = "INSERT INTO feeds_release(title, published_on) VALUES (?, CURRENT_DATE) RETURNING id"
LABEL = "INSERT INTO feeds_release_topics(release_id, topic_id) SELECT ?, id FROM feeds_topic WHERE slug = ?"


def to(mail: Relay, address: str) -> list[Message]:
    return [message for message in list(mail.taken) if message.to == address]


@pytest.mark.holds("R4")
def test_a_release_written_by_sql_reaches_feeds_and_mail_and_leaves_them(tmp_path: Path) -> None:
    with running() as mail, home(tmp_path, SMTP_URL=mail.url) as herald:
        with herald.running("run") as process:
            herald.ready(process)
            choice = ("--topic", "border-management", "--frequency", "instant", "--confirmed")
            herald.herald("subscribers", "add", ADA, *choice)

            [(release,)] = herald.sql(INSERT, TITLE)
            herald.sql(LABEL, release, "border-management")
            until(lambda: TITLE in herald.get("/feeds/topics/border-management.atom")[1], 2.0, "in the feed")
            until(lambda: to(mail, ADA), 2.0, "in the mail")
            assert TITLE not in herald.get("/feeds/topics/climate-change.atom")[1]

            herald.sql("UPDATE feeds_release SET state = 'withdrawn' WHERE id = ?", release)
            until(
                lambda: TITLE not in herald.get("/feeds/topics/border-management.atom")[1], 2.0, "withdrawn"
            )

            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0, herald.log()
        assert len(to(mail, ADA)) == 1
        assert TITLE.encode() in to(mail, ADA)[0].raw
        assert herald.faults() == []
