"""Tokens: of one purpose, opaque, deterministic, and good for as long as they should be."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import tokens
from notifier.tokens import BadToken, Claim, Purpose

TODAY = date(2025, 2, 17)
NUMBERS = st.integers(0, 2**64 - 1)


@given(NUMBERS, NUMBERS, st.dates(date(2020, 1, 1), date(2190, 1, 1)), st.sampled_from(Purpose))
@pytest.mark.holds("S7")
def test_what_is_made_is_read(subscriber, reference, day, purpose):
    token = tokens.make(purpose, subscriber, reference, day)
    assert tokens.read(purpose, token, day) == Claim(subscriber, reference, day)
    assert token == tokens.make(purpose, subscriber, reference, day)
    assert len(token) == 46
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(("made", "read"), list(permutations(Purpose, 2)))
@pytest.mark.holds("S7")
def test_a_token_of_one_purpose_is_refused_by_every_other(made, read):
    with pytest.raises(BadToken):
        tokens.read(read, tokens.make(made, 1, 2, TODAY), TODAY)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.holds("S7")
def test_expiry(purpose):
    token = tokens.make(purpose, 1, 2, TODAY)
    last_day = TODAY + timedelta(days=purpose.days)
    assert tokens.read(purpose, token, last_day).subscriber == 1
    with pytest.raises(BadToken) as error:
        tokens.read(purpose, token, last_day + timedelta(days=1))
    assert error.value.expired


@pytest.mark.holds("M6")
def test_leaving_works_from_a_mail_two_years_old():
    token = tokens.make(Purpose.UNSUBSCRIBE, 1, 2, TODAY)
    assert tokens.read(Purpose.UNSUBSCRIBE, token, TODAY + timedelta(days=731)).subscriber == 1


@pytest.mark.holds("S7")
def test_rotation_of_the_secret_key(settings):
    old = tokens.make(Purpose.MANAGE, 7, 0, TODAY)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 40, [settings.SECRET_KEY]
    assert tokens.read(Purpose.MANAGE, old, TODAY).subscriber == 7
    assert tokens.make(Purpose.MANAGE, 7, 0, TODAY) != old
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        tokens.read(Purpose.MANAGE, old, TODAY)


@given(st.text(max_size=80))
def test_junk_is_only_a_bad_token(junk):
    with pytest.raises(BadToken):
        tokens.read(Purpose.MANAGE, junk, TODAY)


@given(st.binary(min_size=34, max_size=34))
def test_a_forged_token_of_the_right_shape_is_refused(forged):
    with pytest.raises(BadToken):
        tokens.read(Purpose.CONFIRM, base64.urlsafe_b64encode(forged).rstrip(b"=").decode(), TODAY)
