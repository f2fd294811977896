"""Whether the mail server answers, and the test message to the first administrator."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from config import kept_relay, relays
from feeds import store
from feeds.selection import EVERYTHING
from notifier import letters, preview, proofs, samples, texts
from notifier.checkup import network
from notifier.cli.faults import explain
from notifier.letters import Letter
from notifier.preview import Preview


def fault_of(address: str) -> str:
    """Why the relay at this address cannot be used just now; "" if it can. Nothing is sent."""
    sender = store.newsroom().sender_address
    try:
        for relay in relays.parse(address):
            network.greeting(relay, sender)
    except Exception as error:
        return explain(error) or f"{error or type(error).__name__}"
    return ""


def sample(now: datetime) -> Preview:
    """What the first readers will get: the newest releases or, where there are none yet, made-up ones."""
    newsroom = store.newsroom()
    real = preview.of_selection(EVERYTHING, _language(newsroom.language), now)
    return real or preview.of_sample("digest", "en", texts.wording())


def send_test(address: str, now: datetime) -> str:
    """Send it, marked as a test; the relay's answer. Raises notifier.proofs.NotSent."""
    pattern = letters.compose(_letter(now), store.newsroom(), texts.wording())

    def made(to: str) -> bytes:
        return proofs.of_pattern(pattern, int(now.timestamp()), now, to)

    return proofs.deliver(made, address, kept_relay.url())


def _letter(now: datetime) -> Letter:
    newsroom = store.newsroom()
    real = preview.letter_of(EVERYTHING, _language(newsroom.language), now)
    return real or samples.letter("digest", "en")


def _language(code: str) -> str:
    return code if code in settings.HERALD_LANGUAGES else "en"
