"""Settings of bounces and complaints, each with what is said of a wrong one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.mail_environment import PROVIDERS
from notifier.replies import webhooks
from tests.config.test_fetch_settings import given


def faults(**values: str) -> str:
    with pytest.raises(ValidationError) as failure:
        given(**values)
    return " ".join(error["msg"] for error in failure.value.errors())


def test_nothing_comes_back_by_default():
    found = given()
    assert (found.bounce_address, found.replies_bind, found.hooks) == ("", "", {})


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("bounces", "must be an address"),
        ("bounces@localhost", "must be an address"),
        ("bo+unces@mail.example.org", "must be an address"),
        ("bün@mail.example.org", "must be an address"),
        ("b@mail.example.org\r\nRCPT TO:<a@b.c>", "must be an address"),
        ("ninechars@mail.example.org", "its local part must have at most 8 characters"),
    ],
)
def test_a_return_path_that_would_not_do(address, why):
    assert why in faults(bounce_address=address)


def test_a_return_path_as_long_as_it_may_be():
    assert given(bounce_address=" Bounces8@Mail.Example.ORG ").bounce_address == "bounces8@mail.example.org"


@pytest.mark.parametrize(
    "bind", ["127.0.0.1", "127.0.0.1:x", "http://127.0.0.1:25", ":8025", "127.0.0.1:99999"]
)
def test_where_nobody_can_listen(bind):
    assert "must be address:port" in faults(bounce_address="b@example.org", replies_bind=bind)


@pytest.mark.parametrize("bind", ["127.0.0.1:8025", "lmtp://127.0.0.1:24", "[::1]:25", "smtp://mail:25"])
def test_where_one_can(bind):
    assert given(bounce_address="b@example.org", replies_bind=bind).replies_bind == bind


def test_a_listener_without_a_return_path_would_take_nothing():
    assert "needs BOUNCE_ADDRESS" in faults(replies_bind="127.0.0.1:8025")


def test_providers_and_their_proofs():
    assert given(webhooks=" ses = arn:aws:sns:eu-west-1:1:herald ").hooks == {
        "ses": "arn:aws:sns:eu-west-1:1:herald"
    }
    for wrong in ("ses", "ses=", "other=secret"):
        assert "must be NAME=PROOF" in faults(webhooks=wrong)
    assert tuple(webhooks.PROVIDERS) == PROVIDERS
