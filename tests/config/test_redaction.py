"""What stands in no line of the log, wherever it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import redaction

TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz_0123456789-abcdefgh"


@pytest.fixture
def forgetful(monkeypatch):
    """Secrets of a test are known to that test alone."""
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setattr(redaction, "_secrets", [])


@pytest.mark.holds("S7")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Not Found: /manage/{TOKEN}", "Not Found: /manage/…"),
        (f"https://example.org/confirm/{TOKEN}?lang=de", "https://example.org/confirm/…?lang=de"),
        (f"sent Bearer herald_{TOKEN}, twice", "sent Bearer …, twice"),
        (f"{{'Authorization': 'Bearer herald_{TOKEN}'}}", "{'Authorization': 'Bearer …'}"),
        (f"token={TOKEN}&lang=de", "token=…&lang=de"),
        ("herald_worker-1 of herald_production", "herald_worker-1 of herald_production"),
        ("/topics/combating-trafficking-in-human-beings", "/topics/combating-trafficking-in-human-beings"),
        ("/admin/feeds/office/1/change/", "/admin/feeds/office/1/change/"),
        ("tests.config.test_redaction.ANameOfAClassThatHasNoEndAtAllAndNoDigit",) * 2,
    ],
)
def test_tokens_are_told_from_slugs(text, expected):
    assert redaction.clean(text) == expected


@pytest.mark.holds("S7")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 <ada@example.net>: no such user", "550 5.1.1 <…>: no such user"),
        ("Key (address)=(ada+news@example.net) already exists.", "Key (address)=(…) already exists."),
        ("GET /subscribe?email=ada%40example.net&lang=de", "GET …&lang=de"),
        ("o'brien@example.ie and {a=b}|c@example.ie", "… and …"),
        ("RCPT TO:<жанна@пример.рф>", "RCPT TO:<…>"),
        ('an odd one, "ada lovelace"@example.net, is one', "an odd one, …, is one"),
        ("ada@[192.0.2.7] and root@localhost", "… and …"),
        ("to bounces+ab12cd34@news.example.org", "to …"),
        ("{'to': ['ada@example.net', 'bob@example.net']}", "{'to': ['…', '…']}"),
        ("b'RCPT TO:<ada@example.net>\\r\\n'", "b'RCPT TO:<…>\\r\\n'"),
        ("smtp://news%40example.org:a:b@smtp.example.net:587", "smtp://smtp.example.net:587"),
        ("@property of a class", "@property of a class"),
    ],
)
def test_addresses_are_gone_however_they_are_written(text, expected):
    assert redaction.clean(text) == expected


@settings(max_examples=30)
@given(st.text(max_size=60), st.emails(), st.text(max_size=60))
def test_no_address_survives_whatever_it_stands_in(before, address, after):
    local = address.rpartition("@")[0]
    assert address not in redaction.clean(f"{before} {address} {after}")
    assert f"{local}%40" not in redaction.clean(f"{before}?to={address.replace('@', '%40')}&x {after}")


def test_an_immense_line_takes_no_time_to_speak_of():
    assert redaction.clean("a" * 50_000 + " b@c.example").endswith(" …")


@pytest.mark.holds("S10")
@pytest.mark.usefixtures("forgetful")
def test_a_secret_is_gone_and_its_parts_wherever_they_stand():
    redaction.hide("smtp://herald:p%40ss%2Fword@relay.example:587")
    redaction.hide("https://watch.example/ping/1b2c3d4e")
    redaction.hide("x")
    said = redaction.clean(
        "signed in with p@ss/word (p%40ss%2Fword) at relay.example; asked /ping/1b2c3d4e; x"
    )
    assert said == "signed in with … (…) at relay.example; asked /…; x"


@pytest.mark.holds("S10")
@pytest.mark.usefixtures("forgetful")
def test_the_password_of_each_of_several_relays_is_gone():
    redaction.hide("smtp://one:first-password@a.example:587\nsmtps://two:second-password@b.example")
    assert redaction.clean("first-password, second-password") == "…, …"


@pytest.mark.usefixtures("forgetful")
def test_the_name_of_a_database_may_be_said():
    redaction.hide("postgres://herald:hunter2-hunter2@db.example:5432/herald")
    said = redaction.cleaned({"logger": "herald.access", "event": "hunter2-hunter2 is wrong for herald"})
    assert said == {"logger": "herald.access", "event": "… is wrong for herald"}


@pytest.mark.holds("S10")
def test_what_is_named_as_a_secret_is_one():
    given = {
        "password": "a",
        "X_Token": 7,
        "tokens": 3,
        "headers": {"Cookie": ["b"]},
        "who": ("c", {"secret": "d"}),
    }
    assert redaction.cleaned(given) == {
        "password": "…", "X_Token": "…", "tokens": 3, "headers": {"Cookie": "…"}, "who": ["c", {"secret": "…"}],
    }  # fmt: skip


def test_values_of_all_kinds_are_cleaned():
    class Odd:
        def __str__(self) -> str:
            return "of ada@example.net"

    assert redaction.cleaned([Odd(), ValueError("ada@example.net"), b"ada@example.net", None, 1.5]) == [
        "of …",
        "ValueError('…')",
        "…'",
        None,
        1.5,
    ]
