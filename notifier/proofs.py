"""A proof: an edition as it will leave, sent to one address, at once and past the queue.

    Edition -> letters.render -> Pattern.fill (nobody's tokens) -> "[Test]" in its subject -> the relay

Nothing is recorded in the ledger, as it is nobody's delivery.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.conf import settings

from config import relays
from config.relays import RelayAddress
from feeds import store
from notifier import channel, dkim, letters, outside
from notifier.addresses import BadAddress
from notifier.models import NOBODY, Edition
from notifier.sending import connecting, smtp
from notifier.sending.smtp import Sent, wire_address
from notifier.sending.wire import ChannelFault, Unreachable
from notifier.splice import Pattern

SECONDS = 30.0
_SUBJECT = re.compile(rb"^Subject: ", re.MULTILINE)


class NotSent(Exception):
    """The test message did not leave: `str()` says why."""


def send(edition: Edition, address: str, urls: str) -> str:
    """Send the edition to `address` by the first of the relays at `urls` that can be used; returns its answer.

    Raises NotSent.
    """
    try:
        return deliver(lambda to: message(edition, to), address, urls)
    except letters.Empty as error:
        raise NotSent(str(error)) from None


def deliver(made: Callable[[str], bytes], address: str, urls: str) -> str:
    """Send what `made` makes for the address in ASCII, past the queue; returns the relay's answer. Raises NotSent."""
    try:
        to = wire_address(address)
        gate = outside.from_settings()
        if gate.bars(to):
            raise NotSent(gate.reason)
        body = made(to)
        newsroom = store.newsroom()
        verdict = asyncio.run(
            _send(relays.parse(urls), newsroom.sender_address, newsroom.list_domain, to, body)
        )
    except (BadAddress, ChannelFault) as error:
        raise NotSent(str(error)) from None
    except TimeoutError:
        raise NotSent(f"the relay did not answer within {SECONDS:.0f} seconds") from None
    if not isinstance(verdict, Sent):
        raise NotSent(f"the relay answered {verdict.reason}")
    return verdict.reply


def message(edition: Edition, to: str) -> bytes:
    """The bytes of the test message."""
    dispatch = edition.dispatch
    return of_pattern(letters.render(edition), dispatch.pk, dispatch.made_at, to)


def of_pattern(pattern: Pattern, number: int, at: datetime, to: str) -> bytes:
    """A message for nobody in particular, marked and signed; its links lead to nobody's subscription. `number` and `at`
    stand in for those of a dispatch.
    """
    values = letters.values(pattern, number, at.date(), NOBODY, to, "[…]")
    return sealed(_marked(pattern), values, at)


def sealed(pattern: Pattern, values: Mapping[str, str], at: datetime) -> bytes:
    """The bytes of a message past the queue, signed where there are keys. Raises dkim.BadKey."""
    keys = dkim.load(settings.DKIM_KEYS)
    if not keys:
        return pattern.fill(values)
    domain = store.newsroom().sender_address.rpartition("@")[2]
    return dkim.Prepared(pattern).signed(values, keys, domain, at)


def _marked(pattern: Pattern) -> Pattern:
    """The pattern with [Test] before its subject, which no recipient changes."""
    parts = list(pattern.parts)
    for index, part in enumerate(parts):
        if isinstance(part, bytes) and _SUBJECT.search(part):
            parts[index] = _SUBJECT.sub(b"Subject: [Test] ", part, count=1)
            break
    return Pattern(tuple(parts))


async def _send(
    addresses: Sequence[RelayAddress], sender: str, hello: str, to: str, body: bytes
) -> smtp.Verdict:
    async with asyncio.timeout(SECONDS):
        line = await _line(addresses, sender, hello)
        try:
            return await line.offer(to, len(body)) or await line.deliver(body)
        finally:
            await line.quit()


async def _line(addresses: Sequence[RelayAddress], sender: str, hello: str) -> smtp.Line:
    fault: ChannelFault = Unreachable(channel.NO_RELAY)
    for address in addresses:
        try:
            return await connecting.connect(address, sender, hello)
        except ChannelFault as error:
            fault = error
    raise fault
