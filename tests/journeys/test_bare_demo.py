"""`herald demo --bare`, as a newcomer meets it: the seven sample releases, their feeds, and the mailbox."""

from __future__ import annotations

import email
import email.policy
import http.cookiejar
import re
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path

import feedparser
import pytest

from tests.journeys.home import Home, home
from tests.waiting import until

ENTRIES = {
    "all": 7,
    "topics/border-management": 2,
    "topics/cyber-ict-security": 1,
    "offices/osce-centre-in-ashgabat": 1,
    "offices/osce-secretariat": 1,
    "offices/transnational-threats-department": 1,
    "offices/osce-office-in-zagreb": 0,
    "untagged": 2,
}
PAGES = (
    "/",
    "/feeds/",
    "/feeds/all",
    "/offices/",
    "/topics/",
    "/topics/border-management",
    "/demo",
    "/demo/mailbox",
)


def press(herald: Home, page: str, action: str, **typed: str) -> None:
    """Open `page`, fill in and send the form whose address is `action`, as a browser without JavaScript does."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    html = browser.open(herald.url + page, timeout=20).read().decode()
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', html, re.S)
    assert form, f"no form {action} on {page}"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    data = urllib.parse.urlencode(fields | typed).encode()
    with browser.open(herald.url + action, data, timeout=20) as answer:
        assert answer.status == 200


def caught(herald: Home) -> list[email.message.EmailMessage]:
    files = sorted((herald.folder / "demo-mail").glob("*.eml"))
    return [
        email.message_from_bytes(_message(path.read_bytes()), policy=email.policy.default) for path in files
    ]


def _message(stored: bytes) -> bytes:
    """The envelope is a line of JSON before the message."""
    return stored.partition(b"\n")[2]


def words(message: email.message.EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def told(herald: Home, title: str) -> Counter[str]:
    """How often each reader was told of a release."""
    return Counter(str(message["To"]) for message in caught(herald) if title in words(message))


@pytest.mark.holds("F1", "M1")
def test_the_seven_releases_their_feeds_and_the_digests_that_match(tmp_path: Path) -> None:
    with home(tmp_path) as herald, herald.running("demo", "--bare"):
        until(lambda: herald.get("/readyz")[0] == 200, 60, "ready")
        assert {page: herald.get(page)[0] for page in PAGES} == dict.fromkeys(PAGES, 200)
        for path, count in ENTRIES.items():
            atom = feedparser.parse(herald.get(f"/feeds/{path}.atom")[1].encode())
            rss = feedparser.parse(herald.get(f"/feeds/{path}.rss")[1].encode())
            assert (path, len(atom.entries), len(rss.entries)) == (path, count, count)
            assert (atom.bozo, rss.bozo) == (False, False)
        border = feedparser.parse(herald.get("/feeds/topics/border-management.atom")[1].encode())
        assert all(
            any(place in entry.title for place in ("Turkmenistan", "Bishkek")) for entry in border.entries
        )

        until(lambda: len(caught(herald)) >= 20, 20, "digests in the mailbox")
        for message in caught(herald):
            assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert "Yours because of" in words(message) or message["Content-Language"] != "en"
        before = len(caught(herald))
        title = "Made up: Border posts compare their dogs"
        press(herald, "/demo", "/demo/publish", title=title, summary="They bark.", topics="border-management")
        until(lambda: title in herald.get("/feeds/topics/border-management.atom")[1], 5, "in the feed")
        press(herald, "/demo", "/demo/kill")
        press(herald, "/demo", "/demo/tomorrow")
        until(lambda: len(caught(herald)) > before, 40, "the digests of tomorrow")
        until(lambda: told(herald, title), 40, "the release in the mail")
        assert max(told(herald, title).values()) == 1
        ids = [message["Message-ID"] for message in caught(herald)]
        assert len(ids) == len(set(ids))
        assert herald.faults() == []
