"""How often a canary goes, and how late one may be: said once, checked in combination."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config import environment
from config.environment import WrongSettings

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("given", "every", "late"),
    [
        ({}, 15 * MINUTE, 30 * MINUTE),
        ({"CANARY_EVERY": "1h"}, 60 * MINUTE, 120 * MINUTE),
        ({"CANARY_EVERY": "5m", "CANARY_OVERDUE": "6m"}, 5 * MINUTE, 6 * MINUTE),
        ({"CANARY_EVERY": "off"}, None, timedelta()),
    ],
)
def test_without_a_word_two_intervals_are_too_late(monkeypatch, given, every, late) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = environment.read()
    assert (found.canary, found.canary_late) == (every, late)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CANARY_EVERY", "soon", "'soon' is no time"),
        ("CANARY_OVERDUE", "off", "'off' is no time"),
        ("CANARY_OVERDUE", "15m", "must be longer than CANARY_EVERY"),
        ("CANARY_OVERDUE", "13h", "must be 12h or less"),
        ("CANARY_EVERY", "7h", "must be 12h or less"),
        ("CANARY_URL", "web:8000", "must begin with http:// or https://"),
        ("CANARY_ADDRESS", "Ann <ann@example.org>", "must be an address"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch, name, value, says) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refused:
        environment.read()
    assert says in str(refused.value)
    assert name in str(refused.value)
