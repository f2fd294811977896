"""`herald dispatch`: what it prints, and what it refuses."""

from __future__ import annotations

import pytest

from notifier.models import Dispatch
from tests.notifier.mailing import (  # noqa: F401 - one is a fixture
    a_dispatch,
    a_release,
    states,
    subscribers,
    transactional_db,
)
from tests.notifier.relay import running

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_dispatch_is_held_listed_released_and_cancelled(herald):
    number = str(a_dispatch(subscribers(2), [a_release("Border news", ["border"])], recipients=2).pk)
    assert herald("dispatch", "list", "--held").err == "no dispatch waits for a decision\n"
    assert (
        herald("dispatch", "hold", number, "--because", "wrong title").out == f"dispatch {number} is held\n"
    )
    [held] = herald("dispatch", "list", "--held", "--json").json
    assert (held["dispatch"], held["recipients"], held["deliveries"]) == (int(number), 2, {"pending": 2})
    assert held["condition"].endswith(": wrong title")
    assert "daily 07:00 Europe/Vienna" in herald("dispatch", "list").out
    assert herald("dispatch", "release", number).out == f"dispatch {number} is released\n"
    assert herald("dispatch", "cancel", number).out.endswith("2 messages will not be sent\n")
    assert states() == {"cancelled": 2}
    assert Dispatch.objects.get().cancelled_at is not None


def test_what_cannot_be_done_is_said_in_one_line(herald):
    number = str(a_dispatch(subscribers(1), [a_release("Border news", ["border"])]).pk)
    for words, why in (
        (("release", number), "it is not held"),
        (("hold", "123456789"), "there is no dispatch 123456789"),
        (("test", "123456789", "ada@example.org"), "has no such edition"),
    ):
        told = herald("dispatch", *words)
        assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
        assert why in told.err


def test_a_test_message_goes_to_the_address_given(herald, settings):
    number = str(a_dispatch(subscribers(1), [a_release("Border news", ["border"])]).pk)
    with running() as relay:
        settings.SMTP_URL = relay.url
        assert (
            "was sent to ada@newsroom.example: 250"
            in herald("dispatch", "test", number, "ada@newsroom.example").out
        )
    assert [message.to for message in relay.messages] == ["ada@newsroom.example"]
    settings.SMTP_URL = ""
    told = herald("dispatch", "test", number, "ada@newsroom.example")
    assert (told.code, told.err.startswith("the test was not sent")) == (1, True)
