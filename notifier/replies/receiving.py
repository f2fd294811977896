"""One message that came back, from bytes to what is recorded of it. For the listener and for files."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from notifier import ledger, returns
from notifier.canary import keeping, mailbox
from notifier.models import NOBODY
from notifier.replies import identity, reading, recording


class Outcome(Enum):
    """RECORDED: it is durable. KNOWN: it was recorded before, or the person has been erased. STRANGE: unsigned, forged
    or too old; nothing follows from it.
    """

    RECORDED = "recorded"
    KNOWN = "known"
    STRANGE = "strange"


def is_ours(address: str, now: datetime) -> bool:
    """Whether a reply to this address is taken at all: one of our return paths, or BOUNCE_ADDRESS itself."""
    return returns.is_bare(address) or identity.of_address(address, now.date()) is not None


def is_to_us(address: str) -> bool:
    """Whether it is at least meant for us: what a mail server has already taken, and would otherwise send back to
    whoever is named as its sender.
    """
    return returns.is_bare(address) or returns.is_shaped(address)


def receive(content: bytes, to: str, now: datetime) -> Outcome:
    """Read a reply that came to the address `to`, and do what follows. Raises what the database raises."""
    found = reading.read(content)
    claim = identity.of_address(to, now.date())
    if claim is None and found.returned is not None:
        claim = identity.of_returned(found.returned, now.date())
    if claim is None:
        return Outcome.STRANGE
    if claim.subscriber == NOBODY:
        return _of_canary(content, claim.reference)
    digest = recording.digest(found.digest, claim.subscriber, claim.reference)
    is_new = recording.record(claim.subscriber, claim.reference, found.meaning, digest, now)
    return Outcome.RECORDED if is_new else Outcome.KNOWN


def _of_canary(content: bytes, dispatch: int) -> Outcome:
    """Our own message has come back, or a report that it does not."""
    is_ours = mailbox.is_canary(content, dispatch)
    is_new = keeping.arrive(dispatch, ledger.instant()) if is_ours else keeping.report(dispatch)
    return Outcome.RECORDED if is_new else Outcome.KNOWN
