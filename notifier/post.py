"""One message to one person: a confirmation, a link to manage. It goes the way of all mail, in the first lane."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from feeds import wake
from notifier.models import Delivery, Dispatch, Edition, Subscriber


def letter(subscriber: Subscriber, layout: str, content: dict[str, Any], now: datetime) -> Dispatch:
    """A dispatch of its own, ready at once. Layouts: see `samples.LETTERS`.

    `content` may have {"choices": [what they chose, in plain words, …]}. The links are made when it is sent: tokens for
    (subscriber, dispatch, day of `now`).
    """
    canonical = json.dumps([layout, subscriber.language, content], ensure_ascii=False, sort_keys=True)
    with transaction.atomic():
        dispatch = Dispatch.objects.create(lane=Dispatch.Lane.LETTER, made_at=now, state=Dispatch.State.READY)
        edition = Edition.objects.create(
            dispatch=dispatch,
            layout=layout,
            language=subscriber.language,
            digest=hashlib.sha256(canonical.encode()).hexdigest(),
            content=content,
        )
        Delivery.objects.create(
            dispatch_id=dispatch.pk, subscriber_id=subscriber.pk, edition_id=edition.pk, lane=dispatch.lane
        )
        wake.ring()
    return dispatch
