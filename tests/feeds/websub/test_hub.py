"""What is said to a hub, and what its answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.hub import FIRST, JITTER, LONGEST, Verdict, delay, tell
from feeds.web.client import Limits
from tests.feeds.web.server import client, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A, B = "https://feeds.example.org/feeds/all.atom", "https://feeds.example.org/feeds/all.rss"

pytestmark = pytest.mark.holds("F7")


def test_a_document_is_named_as_every_hub_reads_it(site, web):
    site.put("/", status=204)
    assert tell(web, site.url, [A]).verdict is Verdict.TAKEN
    assert parse_qsl(site.requests[0].body.decode()) == [
        ("hub.mode", "publish"), ("hub.url", A), ("hub.topic", A),
    ]  # fmt: skip


def test_several_documents_are_named_one_after_the_other(site, web):
    site.put("/", status=204)
    tell(web, site.url, [A, B])
    assert parse_qsl(site.requests[0].body.decode()) == [
        ("hub.mode", "publish"), ("hub.url", A), ("hub.topic", A), ("hub.url", B), ("hub.topic", B),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN), (202, Verdict.TAKEN), (204, Verdict.TAKEN), (206, Verdict.TAKEN), (207, Verdict.TAKEN),
        (400, Verdict.REFUSED), (413, Verdict.REFUSED), (422, Verdict.REFUSED),
        (301, Verdict.FAILED), (302, Verdict.FAILED), (304, Verdict.FAILED), (401, Verdict.FAILED),
        (403, Verdict.FAILED), (404, Verdict.FAILED), (410, Verdict.FAILED), (429, Verdict.FAILED),
        (500, Verdict.FAILED), (503, Verdict.FAILED), (599, Verdict.FAILED),
    ],
)  # fmt: skip
def test_each_status_has_a_meaning(site, web, status, verdict):
    site.put("/", "because", status=status, headers={"Location": "/elsewhere"} if status < 400 else {})
    reply = tell(web, site.url, [A])
    assert reply.verdict is verdict
    assert reply.error.startswith("" if verdict is Verdict.TAKEN else f"{site.url}/: answered {status}")


def test_what_the_hub_says_of_a_refusal_is_told_as_one_short_plain_line(site, web):
    site.put("/", "<html><script>x()</script><h1>Bad\r\nrequest</h1>\0" + "so many words " * 90, status=400)
    reply = tell(web, site.url + "/?key=secret", [A])
    assert reply.error.startswith(f"{site.url}/: answered 400: Bad request so many words")
    assert len(reply.error) < 300
    assert "secret" not in reply.error


def test_a_hub_may_say_when_it_wants_to_be_asked_again(site):
    site.put("/", status=503, retry_after=120)
    reply = tell(client(now=lambda: NOW), site.url, [A])
    assert reply.not_before == NOW + timedelta(seconds=120)


@pytest.mark.parametrize("address", ["http://10.0.0.1/hub", "ftp://hub.example/", "http://", ""])
def test_a_hub_that_must_not_be_asked_has_failed(web, address):
    assert tell(web, address, [A]).verdict is Verdict.FAILED


@settings(max_examples=30)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda b: b"HTTP/1.1 400 No\r\n" + b)))
def test_whatever_a_hub_answers_it_is_understood_somehow(junk: bytes):
    with serving() as site:
        site.put("/", raw=junk)
        reply = tell(client(limits=Limits(seconds=2)), site.url, [A])
        assert isinstance(reply.verdict, Verdict)
        assert reply.error.isprintable()
        assert len(reply.error) <= 300


@given(st.integers(1, 10_000), st.text())
def test_the_wait_grows_up_to_a_quarter_of_an_hour(failures, seed):
    waited = delay(failures, seed)
    assert FIRST <= waited <= LONGEST * (1 + JITTER)
    assert waited >= min(FIRST * (1 << min(failures - 1, 20)), LONGEST)
    assert waited == delay(failures, seed)


def test_those_who_failed_together_do_not_come_again_together():
    assert len({delay(5, str(seed)) for seed in range(100)}) > 95
