"""Addresses: refused where they could do harm, unreadable at rest, and still unique."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import addresses
from notifier.addresses import BadAddress
from notifier.sending.smtp import wire_address


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna@EXAMPLE.org ", "Anna@example.org"),
        ("anna+osce@example.org", "anna+osce@example.org"),
        ("анна@пример.рф", "анна@пример.рф"),
    ],
)
def test_one_form_is_kept(given_text, kept):
    assert addresses.normalise(given_text) == kept


@pytest.mark.parametrize(
    "bad",
    ["", "anna", "anna@", "@example.org", "a b@example.org", "a\r\nBcc: x@y.z@example.org",
     '"a\r\nb"@c.d', '"a b"@c.org',
     "a\0@example.org", "anna@[127.0.0.1]", "x" * 250 + "@example.org", "a@b@example.org", "a,b@example.org",
     "<anna@example.org>", "Anna <anna@example.org>", "anna@exa\u202emple.org", "a\u2028b@example.org",
     "x" * 65 + "@example.org", "ü" * 33 + "@example.org"],
)  # fmt: skip
@pytest.mark.holds("S4")
def test_what_could_do_harm_is_refused(bad):
    with pytest.raises(BadAddress):
        addresses.normalise(bad)


@given(st.text(max_size=60))
@pytest.mark.holds("S4")
def test_junk_is_refused_or_kept_on_one_line(text):
    try:
        kept = addresses.normalise(text)
    except BadAddress:
        return
    assert kept.count("@") == 1
    assert kept.isprintable()
    assert not set(kept) & set(' <>,;:\\"\r\n')


def test_what_is_taken_can_be_written_to_a_relay():
    for local in ("x" * 64, "ü" * 32, "İ" * 21):
        assert wire_address(addresses.decrypt(addresses.encrypt(addresses.normalise(f"{local}@example.org"))))


def test_equal_addresses_are_equal_at_rest_and_tell_nothing():
    stored = addresses.encrypt("Anna@example.org")
    assert stored == addresses.encrypt("anna@example.org")
    assert addresses.decrypt(stored) == "anna@example.org"
    assert b"anna" not in stored.lower()
    assert b"example" not in stored


def test_another_key_cannot_read_them(settings):
    stored = addresses.encrypt("anna@example.org")
    settings.ADDRESS_KEY = bytes(64)
    with pytest.raises(BadAddress):
        addresses.decrypt(stored)
