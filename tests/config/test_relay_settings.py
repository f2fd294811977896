"""SMTP_URL and DOMAIN_LIMITS as people write them."""

import pytest

from config import pacing, relays
from config.pacing import DomainPace
from config.relays import BadRelay, RelayAddress


def test_one_url_is_one_relay():
    assert relays.parse("") == []
    assert relays.parse("smtp://127.0.0.1:2525") == [RelayAddress("127.0.0.1", "127.0.0.1", 2525)]
    assert relays.parse("smtp://relay.example") == [RelayAddress("relay.example", "relay.example", 25)]
    [found] = relays.parse("smtps://us%40example.org:p%20a%2Fs@relay.example")
    assert (found.port, found.implicit_tls, found.user, found.password) == (
        465,
        True,
        "us@example.org",
        "p a/s",
    )
    assert "p a/s" not in repr(found)


def test_several_with_all_that_can_be_said_of_them():
    first, second, third = relays.parse(
        "smtp://a:b@one.example:587?weight=2&connections=8&per_connection=100&per_minute=600&per_hour=20000&auth=login\n"
        "smtp://c@two.example?auth=xoauth2&token_command=get-token%20--for%20%27my%20newsroom%27&ca=/etc/ca.pem"
        "  smtp://localhost:2525?weight=0&tls=none"
    )
    assert (first.weight, first.connections, first.per_connection) == (2, 8, 100)
    assert (first.per_minute, first.per_hour, first.auth) == (600, 20_000, "login")
    assert second.token_command == ("get-token", "--for", "my newsroom")
    assert (second.ca, second.weight) == ("/etc/ca.pem", 1)
    assert (third.weight, third.tls, third.name) == (0, "none", "localhost")


def test_each_relay_has_a_name_of_its_own():
    urls = "smtp://a.example smtp://b.example:25 smtp://b.example:587 smtp://x@c.example smtp://y@c.example"
    names = [relay.name for relay in relays.parse(urls)]
    assert names == ["a.example", "b.example:25", "b.example:587", "c.example:25 (4)", "c.example:25 (5)"]


@pytest.mark.parametrize(
    ("url", "encrypted", "verified"),
    [
        ("smtp://relay.example", True, True),
        ("smtp://relay.example?tls=optional", False, True),
        ("smtp://127.0.0.1", False, False),
        ("smtp://127.0.0.1?tls=required", True, True),
        ("smtp://127.0.0.1?ca=/ca.pem", False, True),
        ("smtps://relay.example", True, True),
    ],
)
def test_when_mail_must_be_encrypted_and_the_certificate_good(url, encrypted, verified):
    [relay] = relays.parse(url)
    assert (relay.needs_encryption, relay.is_verified) == (encrypted, verified)


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("mail:canary", "must be smtp://"),
        ("http://canary", "must be smtp://"),
        ("smtp://", "must be smtp://"),
        ("smtp://host:canary", "must be smtp://"),
        ("smtp://ok smtp://host/canary", "relay 2: must be smtp://"),
        ("smtp://a?wait=2", "'wait' is no option of a relay"),
        ("smtp://a?weight=2&weight=3", "weight is given twice"),
        ("smtp://a?weight=-1", "weight must be a number from 0 to 1000"),
        ("smtp://a?connections=0", "connections must be a number from 1 to 1000"),
        ("smtp://a?per_minute=many", "per_minute must be a number"),
        ("smtp://a?auth=gssapi", "auth must be one of plain"),
        ("smtp://u@a?auth=xoauth2", "needs token_file or token_command"),
        ("smtp://u@a?token_file=/t", "needs token_file or token_command"),
        ("smtp://u@a?auth=xoauth2&token_file=/t&token_command=c", "two ways of one thing"),
        ("smtp://a?auth=plain", "needs a user"),
        ("smtps://a?tls=none", "encrypted from its first byte"),
        ("smtp://a?tls=perhaps", "tls must be one of required"),
        ("smtp://a?ca=", "ca must not be empty"),
        ("smtp://a?weight=0", "at least one relay"),
    ],
)
def test_what_is_no_relay(urls, said):
    with pytest.raises(BadRelay, match=said.replace("?", r"\?")) as raised:
        relays.parse(urls)
    assert "canary" not in str(raised.value)


def test_paces_of_domains():
    assert pacing.domains("") == {}
    assert pacing.domains("Gmail.com=20/min,4 example.org=2  *=500/hour") == {
        "gmail.com": DomainPace(per_minute=20, at_once=4),
        "example.org": DomainPace(at_once=2),
        "*": DomainPace(per_hour=500),
    }


@pytest.mark.parametrize(
    "text",
    [
        "gmail.com",
        "gmail.com=",
        "gmail.com=20/day",
        "gmail=3",
        "a.b=0",
        "a.b=1,2",
        "a.b=1 a.b=2",
        "a.b=1/min,2/min",
    ],
)
def test_what_is_no_pace(text):
    with pytest.raises(ValueError, match=r"a\.b|gmail"):
        pacing.domains(text)
