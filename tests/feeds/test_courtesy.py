"""429 for those who fetch the same unchanged feed in full, over and over; and for nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from feeds import courtesy, frontdesk, serving
from feeds.courtesy import WINDOW, Courtesy
from feeds.folder import Folder
from feeds.memory import Memory
from feeds.sheet import Sheet
from tests.feeds.asking import ask
from tests.feeds.stories import NOW, newsroom

ADA, BOB = "9.9.9.9", "2620:fe::fe"
LIMIT = 60


def waits(patient, times, at=0.0, client=ADA, path="/feeds/all.atom", tag="7-a", **headers):
    asked = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return [patient.wait(client, path, asked, tag, at) for _ in range(times)]


@pytest.fixture
def patient():
    return Courtesy(LIMIT)


def test_sixty_at_once_are_given_and_then_one_must_wait(patient):
    assert waits(patient, LIMIT) == [0] * LIMIT
    assert waits(patient, 3) == [60] * 3
    assert waits(patient, 1, at=60.0) == [0], "as it was told"


def test_who_asks_every_ten_seconds_is_never_told_to_wait(patient):
    assert {waits(patient, 1, at=10.0 * n)[0] for n in range(500)} == {0}


def test_who_asks_each_second_gets_about_one_in_ten(patient):
    given = [waits(patient, 1, at=float(n))[0] == 0 for n in range(3600)]
    assert LIMIT + 355 <= sum(given) <= LIMIT + 360
    assert all(given[:LIMIT])


def test_a_client_that_waits_as_long_as_it_is_told_gets_the_feed():
    strict, at = Courtesy(1), 0.0
    assert waits(strict, 1) == [0]
    [pause] = waits(strict, 1, at=5.0)
    assert pause == WINDOW - 5
    assert waits(strict, 1, at=at + 5 + pause) == [0]


@pytest.mark.parametrize(
    "validator",
    [{"if_none_match": '"7-a"'}, {"if_none_match": "junk"}, {"if_modified_since": "junk"}, {"a_im": "feed"}],
)
def test_whoever_sends_a_validator_is_never_limited(patient, validator):
    waits(patient, LIMIT)
    assert waits(patient, 500, **validator) == [0] * 500


def test_a_feed_that_has_changed_is_always_given(patient):
    for state in range(200):
        assert waits(patient, 1, tag=f"{state}-a") == [0]
    waits(patient, LIMIT, tag="7-a")
    assert waits(patient, 1, tag="8-a") == [0]


def test_each_feed_address_and_program_is_judged_by_itself(patient):
    waits(patient, LIMIT, user_agent="A")
    assert waits(patient, 1, user_agent="A") == [60]
    assert waits(patient, 1, user_agent="B") == [0], "two people behind one address"
    assert waits(patient, 1, user_agent="A", client=BOB) == [0]
    assert waits(patient, 1, user_agent="A", path="/feeds/all.rss") == [0]


@pytest.mark.parametrize(
    "many",
    [
        {"client": "127.0.0.1"}, {"client": "::1"}, {"client": "10.0.0.7"}, {"client": "172.18.0.2"}, {"client": ""},
        {"client": "fd00::7"}, {"client": "unix:"},
        {"client": ADA, "x_forwarded_for": "198.51.100.7"},
        {"client": ADA, "x_forwarded_for": f"198.51.100.7, {ADA}"},
        {"client": ADA, "x_real_ip": "198.51.100.7"}, {"client": ADA, "forwarded": "for=198.51.100.7"},
        {"client": ADA, "via": "1.1 cache"}, {"client": ADA, "x_forwarded_for": ADA, "cdn_loop": "cdn"},
    ],
)  # fmt: skip
def test_a_proxy_is_not_taken_for_one_client(patient, many):
    assert waits(patient, 3 * LIMIT, **many) == [0] * 3 * LIMIT


def test_behind_a_proxy_that_is_trusted_a_client_is_one(patient):
    """The server has put the client in the place of the proxy by then."""
    assert waits(patient, LIMIT + 1, x_forwarded_for=ADA)[-1] == 60


def test_no_limit_at_all():
    assert set(waits(Courtesy(0), 1000)) == {0}


def test_what_is_remembered_is_bounded_short_and_no_address(patient, monkeypatch):
    monkeypatch.setattr(courtesy, "MOST_CLIENTS", 10)
    for n in range(100):
        waits(patient, 1, user_agent=f"{ADA} {n}")
    assert len(patient._even) == 10
    assert all(len(name) == 12 and ADA.encode() not in name for name in patient._even)
    assert Courtesy(1)._name(ADA) != Courtesy(1)._name(ADA), "a key of its own"
    patient.forget(9.0)
    assert len(patient._even) == 10
    patient.forget(10.0)
    assert not patient._even


@pytest.fixture
def strict(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    monkeypatch.setattr(serving, "_memory", Memory())
    monkeypatch.setattr(frontdesk, "COURTESY", Courtesy(2))
    Folder(settings.FEED_FOLDER).write("all.atom", Sheet(b"<feed/>"), NOW)


def test_the_answer_says_what_to_do(strict):
    assert [ask(client=ADA)[0] for _ in range(3)] == [200, 200, 429]
    status, headers, body = ask(client=ADA)
    assert (status, headers["cache-control"], headers["content-type"]) == (
        429, "no-store", "text/plain; charset=utf-8",
    )  # fmt: skip
    assert 290 <= int(headers["retry-after"]) <= 300
    assert f"ask again in {headers['retry-after']} seconds" in body.decode()
    assert "If-None-Match" in body.decode()
    assert "etag" not in headers


def test_head_and_conditional_requests_cost_nothing(strict):
    tag = ask(method="HEAD", client=ADA)[1]["etag"]
    assert {ask(client=ADA, method="HEAD")[0] for _ in range(9)} == {200}
    assert {ask(client=ADA, if_none_match=tag)[0] for _ in range(9)} == {304}
    assert {ask(client=ADA, if_none_match='"other"')[0] for _ in range(9)} == {200}
    assert [ask(client=ADA)[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.django_db
def test_selections_by_address_are_limited_too(strict):
    newsroom()
    client = Client()
    answers = [client.get("/feeds/selection.atom?q=border", REMOTE_ADDR=ADA) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert b"If-None-Match" in answers[2].content
    assert client.get("/feeds/selection.atom?q=police", REMOTE_ADDR=ADA).status_code == 200
