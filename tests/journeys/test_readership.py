"""Requests to a whole Herald: counted, limited where a client is impolite, and written down when it ends."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.journeys.home import home
from tests.notifier.relay import running

pytestmark = pytest.mark.own_database

ADA = "9.9.9.9"


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and ETag."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=named), timeout=10) as answer:
            return answer.status, answer.headers["ETag"] or ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["ETag"] or ""


def test_what_was_asked_is_written_when_the_process_ends(tmp_path: Path) -> None:
    with running() as mail, home(tmp_path, SMTP_URL=mail.url, FEED_REPEAT_LIMIT="2") as herald:
        with herald.running("run") as process:
            herald.ready(process)
            feed = f"{herald.url}/feeds/all.atom"
            reader = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 37 subscribers)"
            status, tag = get(feed, User_Agent=reader)
            assert (status, get(feed, If_None_Match=tag)[0]) == (200, 304)
            assert get(f"{herald.url}/feeds/none.atom")[0] == 404
            # As a proxy on this machine tells of a client; without one the loopback is nobody in particular.
            assert [get(feed, X_Forwarded_For=ADA)[0] for _ in range(3)] == [200, 200, 429]
            assert get(feed, X_Forwarded_For="8.8.8.8")[0] == 200
            assert [get(feed)[0] for _ in range(3)] == [200] * 3
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0, herald.log()
        told = json.loads(herald.herald("feeds", "stats", "--json"))
        assert herald.faults() == []
        assert ADA not in herald.log()
    [row] = told["feeds"]
    assert (row["feed"], row["requests"], row["not_modified"], row["refused"]) == ("all", 9, 1, 1)
    assert told["subscribers"] == {"Feedly": 37}
