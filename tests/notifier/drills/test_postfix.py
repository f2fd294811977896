"""Signatures as they arrive through a real Postfix. `make drill` sends a thousand, the suite some of them."""

from __future__ import annotations

import os
import sys
import time

import pytest
from django.test import override_settings

from notifier.sender import Worker
from tests.notifier import mailing, postfix
from tests.notifier.mailing import transactional_db  # noqa: F401 - a fixture
from tests.notifier.test_dkim import DOMAIN, ED25519, KEYS, RSA, verifies, written

MESSAGES = int(os.environ.get("HERALD_DKIM_MESSAGES", "100"))


@pytest.mark.holds("M7")
@pytest.mark.usefixtures("transactional_db")
@pytest.mark.skipif(bool(postfix.missing()), reason=postfix.missing() or "-")
def test_every_signature_verifies_as_received_through_a_real_postfix(tmp_path):
    mailing.a_newsroom(sender_address=f"news@{DOMAIN}", sender_name="Пресс-служба ОБСЕ")
    title = "Пограничные новости — a comprehensive law and better protection: .a dot " * 2
    mailing.a_dispatch(mailing.subscribers(MESSAGES), [mailing.a_release(title, ["border-management"])])
    keys = [("r2025", written(tmp_path / "rsa.pem", RSA)), ("e2025", written(tmp_path / "ed.pem", ED25519))]
    with postfix.running("example.org") as relay, override_settings(DKIM_KEYS=keys):
        began = time.monotonic()
        assert dict(Worker(8, relay.url).drain()) == {"sent": MESSAGES}
        sent = time.monotonic()
        while relay.count() < MESSAGES:
            assert time.monotonic() < sent + 120, relay.log()[-2000:]
            time.sleep(0.1)
        delivered = time.monotonic()
        arrived = relay.arrived()
    assert all(
        b"\nReceived: from" in message and b"by mx.example.org (Postfix)" in message for message in arrived
    )
    assert (
        len({message.partition(b"\nDelivered-To: ")[2].partition(b"\n")[0] for message in arrived})
        == MESSAGES
    )
    verified = [verifies(message, *KEYS) for message in arrived]
    sys.stderr.write(
        f"\n{MESSAGES} messages signed twice: taken by Postfix in {sent - began:.1f} s, delivered"
        f" {delivered - sent:.1f} s later, verified in {time.monotonic() - delivered:.1f} s:"
        f" {verified.count([True, True])} of {MESSAGES}\n"
    )
    assert verified == [[True, True]] * MESSAGES
