"""Where the canary's message goes: back to Herald, by a return path of its own, or to a mailbox the operator names.

It is an edition like an alert's, one delivery in the ledger, claimed and sent by a worker. What it is not is anybody's:
its delivery bears the number that no subscriber has, so it is in nobody's list, figure or export.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime

from django.conf import settings

from config import kept_relay
from feeds import store
from feeds.models import CANARY
from feeds.titles import spoken
from notifier import letters, outside, returns
from notifier.models import NOBODY, Canary, Channel, Delivery, Dispatch, Edition
from notifier.replies import parsing

Way = Canary.Way


def address(dispatch: int, made_on: date) -> str:
    """To whom the canary of this dispatch is sent; "" for nobody."""
    if settings.CANARY_ADDRESS or not settings.REPLIES_BIND:
        return str(settings.CANARY_ADDRESS)
    return returns.sender(NOBODY, dispatch, made_on)


def way(now: datetime) -> Way:
    """How far mail can prove itself just now."""
    to = address(0, now.date())
    if not to or not kept_relay.url() or outside.from_settings().bars(to):
        return Way.NONE
    if is_stopped():
        return Way.STOPPED
    return Way.RELAY if settings.CANARY_ADDRESS else Way.MAILBOX


def is_stopped() -> bool:
    """Whether no mail may leave, by a person or after a restore."""
    return Channel.objects.filter(stopped_at__isnull=False).exists()


def post(release: int, now: datetime) -> Dispatch:
    """A dispatch with the canary, ready at once. In the lane of letters: it is not to wait behind a million digests."""
    content = [{"release": release, "because": [["all", ""]]}]
    canonical = json.dumps([CANARY, content], sort_keys=True)
    dispatch = Dispatch.objects.create(lane=Dispatch.Lane.LETTER, made_at=now, state=Dispatch.State.READY)
    edition = Edition.objects.create(
        dispatch=dispatch,
        layout=CANARY,
        language=spoken(store.newsroom().language),
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        content=content,
    )
    Delivery.objects.create(
        dispatch_id=dispatch.pk, subscriber_id=NOBODY, edition_id=edition.pk, lane=dispatch.lane
    )
    return dispatch


def is_canary(content: bytes, dispatch: int) -> bool:
    """Whether these bytes are the message of this dispatch itself, and no report about it: by its keyed Message-ID."""
    message = parsing.parse(content)
    name = parsing.value(message, "Message-ID") if message is not None else ""
    return name.startswith(f"<{letters.message_id(dispatch, NOBODY)}@")
