"""Whom a reply is about: what Herald has signed says so, and nothing else.

A bounce is about whom its return path names. A complaint comes to one address for all; there it is the return path,
the unsubscribe link or the Message-ID of our message, which it gives back.
"""

from __future__ import annotations

import hmac
import re
from datetime import date, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from notifier import addresses, letters, returns, tokens
from notifier.addresses import BadAddress
from notifier.models import Subscriber
from notifier.tokens import BadToken, Claim, Purpose

if TYPE_CHECKING:
    from notifier.replies.reading import Returned  # which loads readers of many mailers' reports

_RECENT = timedelta(days=Purpose.BOUNCE.days)  # links are good for longer, but no complaint takes years
_LINK = re.compile(r"<([^<>]{1,900})>")
_WAYS_OUT = {"unsubscribe": Purpose.UNSUBSCRIBE, "unwatch": Purpose.UNWATCH}
_MESSAGE_ID = re.compile(r"<([0-9a-f]{40})@")
_NUMBER = re.compile(r"\d{1,18}")


def of_address(address: str, today: date) -> Claim | None:
    """By the return path to which a reply came."""
    try:
        return returns.read(address, today)
    except BadToken:
        return None


def of_returned(returned: Returned, today: date) -> Claim | None:
    """By what a complaint gives back of our message. Reads the database for the last of three ways."""
    return (
        of_address(returned.return_path, today)
        or _by_link(returned.unsubscribe, today)
        or _by_message_id(returned, today)
    )


def _by_link(header: str, today: date) -> Claim | None:
    for link in _LINK.findall(header)[:5]:
        *path, token = link.split("/")
        for way, purpose in _WAYS_OUT.items():
            if way in path:
                try:
                    claim = tokens.read(purpose, token, today)
                except BadToken:
                    continue
                if today - claim.issued_on <= _RECENT:
                    return claim
    return None


def _by_message_id(returned: Returned, today: date) -> Claim | None:
    """It is a keyed hash of (dispatch, subscriber), both of which the report must name, too."""
    found = _MESSAGE_ID.search(returned.message_id)
    number = returned.feedback_id.partition(":")[0]
    if not found or not _NUMBER.fullmatch(number):
        return None
    for recipient in returned.recipients[:10]:
        person = _number_of(recipient)
        if person and hmac.compare_digest(letters.message_id(int(number), person), found[1]):
            return Claim(person, int(number), today)
    return None


def _number_of(recipient: str) -> int | None:
    try:
        sealed = addresses.encrypt(addresses.normalise(parseaddr(recipient)[1]))
    except BadAddress:
        return None
    return Subscriber.objects.filter(address=sealed).values_list("pk", flat=True).first()
