"""`herald feeds stats`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from config import clock
from feeds import readership
from feeds.tally import Tally
from notifier.cli import main
from tests.feeds.stories import NOW
from tests.notifier.commands import Told

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def herald(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    tally = Tally()
    for status, sent in ((200, 1_500), (304, 0), (226, 40)):
        tally.count(TODAY, "all", "atom", status, sent, "Feedly/1.0 (1200 subscribers)")
    tally.count(
        TODAY - timedelta(days=1), "topics/borders", "rss", 429, 300, "Feedbin feed-id:1 - 9 subscribers"
    )
    readership.add(tally.take())

    def call(*words: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return call


def test_days_and_readers_as_a_table(herald):
    told = herald("feeds", "stats", "--days", "7")
    assert told.code == 0
    assert [line.split() for line in told.out.splitlines()] == [
        ["day", "requests", "304", "226", "200", "429", "bytes"],
        ["2025-02-16", "1", "0", "0", "0", "1", "300"],
        ["2025-02-17", "3", "1", "1", "1", "0", "1,540"],
        ["all", "4", "1", "1", "1", "1", "1,840"],
        ["Feedly:", "1,200", "subscribers,", "on", "2025-02-17"],
        ["Feedbin:", "9", "subscribers,", "on", "2025-02-16"],
    ]


def test_everything_as_json(herald):
    told = herald("feeds", "stats", "--days", "2", "--json").json
    counts = {"requests": 3, "not_modified": 1, "deltas": 1, "refused": 0, "sent": 1540}
    assert told["days"][1] == {"day": "2025-02-17", **counts, "subscribers": {"Feedly": 1200}}
    assert told["subscribers"] == {"Feedly": 1200, "Feedbin": 9}
    assert told["total"]["requests"] == 4
    assert told["feeds"][0] == {"feed": "all", **counts, "subscribers": 1200}
    assert [row["feed"] for row in told["feeds"]] == ["all", "topics/borders"]


def test_one_feed_alone(herald):
    told = herald("feeds", "stats", "--feed", "topics/borders", "--json").json
    assert (len(told["days"]), told["total"]["requests"], told["subscribers"]) == (30, 1, {"Feedbin": 9})
    assert "feeds" not in told


def test_days_that_make_no_sense(herald):
    assert herald("feeds", "stats", "--days", "0").code == 2
