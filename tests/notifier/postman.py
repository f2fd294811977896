"""Carrying what is due as a worker does, without a relay: claim, make the message, mark it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from notifier import ledger
from notifier.ledger import Mark
from notifier.models import Delivery
from notifier.sending.parcels import Sorting


@dataclass(frozen=True)
class Received:
    """A message as it came to a person. `version` is the edition's."""

    subscriber: int
    dispatch: int
    version: int
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def carry(
    now: datetime, limit: int = 1_000_000, between: Callable[[], None] = lambda: None, **mark: object
) -> list[Received]:
    """What came to whom. `between` happens while the messages are on their way; `mark` is what is said of them."""
    owner = ledger.take_lease("test", 1)
    sorting = Sorting()
    parcels, marks = sorting.prepare(ledger.claim(owner, limit, now), now)
    received = []
    for parcel in parcels:
        if refused := sorting.refusal(parcel):
            marks.append(Mark(parcel.claimed, refused[0], now, refused[1]))
            continue
        body, version = sorting.body(parcel)
        message = email.message_from_bytes(body, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        received.append(Received(parcel.claimed.subscriber, parcel.claimed.dispatch, version, message))
        values = {"state": Delivery.State.SENT, "version": version, **mark}
        marks.append(Mark(parcel.claimed, at=now, **values))  # type: ignore[arg-type]
    between()
    ledger.mark_many(marks)
    ledger.end_lease(owner)
    return received
