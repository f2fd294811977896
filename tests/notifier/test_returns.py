"""Return paths: signed, short enough, and nothing else is one."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.mail_environment import LOCAL_PART, TOKEN
from notifier import returns, tokens
from notifier.tokens import BadToken, Claim, Purpose

TODAY = date(2025, 2, 17)
NUMBERS = st.integers(0, 2**64 - 1)


@pytest.fixture(autouse=True)
def _return_path(settings):
    settings.BOUNCE_ADDRESS = "bounces@mail.example.org"


def test_without_a_setting_there_is_none(settings):
    settings.BOUNCE_ADDRESS = ""
    assert returns.sender(1, 2, TODAY) == ""
    with pytest.raises(BadToken):
        returns.read("bounces+x@mail.example.org", TODAY)


@given(NUMBERS, NUMBERS, st.dates(date(2020, 1, 1), date(2150, 1, 1)))
def test_it_fits_and_says_whose_message_it_was(subscriber, dispatch, day):
    path = returns.sender(subscriber, dispatch, day)
    local = path.partition("@")[0]
    assert len(local) == len("bounces+") + TOKEN <= LOCAL_PART  # RFC 5321 section 4.5.3.1.1
    assert re.fullmatch(r"bounces\+[a-z2-7]+@mail\.example\.org", path)
    assert returns.sender(subscriber, dispatch, day) == path
    for spelling in (path, path.upper(), f"<{path.title()}>"):
        assert returns.read(spelling, day) == Claim(subscriber, dispatch, day)


@pytest.mark.holds("M9")
@given(st.integers(0, 200), st.integers(1, 31))
def test_a_forged_one_is_none(at, by):
    path = returns.sender(5, 7, TODAY)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    at = len("bounces+") + at % (TOKEN - 1)  # the last character holds some bits that nothing depends on
    other = alphabet[(alphabet.index(path[at]) + by) % 32]
    with pytest.raises(BadToken):
        returns.read(path[:at] + other + path[at + 1 :], TODAY)


@pytest.mark.holds("M9", "S4")
@pytest.mark.parametrize(
    "change",
    [
        lambda path: "",
        lambda path: "<>",
        lambda path: "bounces@mail.example.org",
        lambda path: "bounces+@mail.example.org",
        lambda path: path.replace("mail.example.org", "example.org"),
        lambda path: path.replace("+", "-"),
        lambda path: path.replace("@", "a@"),
        lambda path: path.replace("+", "+a"),
        lambda path: path[:20] + path[21:],
        lambda path: path.replace("@", "=@"),
        lambda path: path[:20] + "\0" + path[20:],
        lambda path: path[:20] + "ü" + path[21:],
        lambda path: path + "\r\nRCPT TO:<a@b.c>",
        lambda path: "x" * 100_000 + path,
    ],
)
def test_a_torn_one_is_none(change):
    with pytest.raises(BadToken):
        returns.read(change(returns.sender(5, 7, TODAY)), TODAY)


def test_tokens_of_links_are_no_return_paths():
    for purpose in Purpose:
        token = tokens.make(purpose, 5, 7, TODAY)
        with pytest.raises(BadToken):
            returns.read(f"bounces+{token}@mail.example.org", TODAY)
    spelt = returns.sender(5, 7, TODAY).partition("+")[2].partition("@")[0]
    with pytest.raises(BadToken):
        tokens.read(Purpose.UNSUBSCRIBE, spelt, TODAY)


def test_it_is_good_for_ninety_days_and_through_a_change_of_keys(settings):
    path = returns.sender(5, 7, TODAY)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another " * 8
    assert returns.read(path, TODAY + timedelta(days=90)).subscriber == 5
    with pytest.raises(BadToken):
        returns.read(path, TODAY + timedelta(days=91))
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        returns.read(path, TODAY)
