"""The return path of each message (MAIL FROM): an address that tells, signed, whose message came back.

    bounces+<55 characters>@mail.example.org     (VERP; BOUNCE_ADDRESS is bounces@mail.example.org)

The token is that of `notifier.tokens`, spelt in base32 (RFC 4648 section 6) as local parts may lose their case on the
way. With it the local part has at most 64 octets (RFC 5321 section 4.5.3.1.1); `config.environment` sees to the rest.
"""

from __future__ import annotations

import base64
import binascii
from datetime import date
from functools import lru_cache

from django.conf import settings

from config.mail_environment import TOKEN
from notifier import tokens
from notifier.tokens import BadToken, Claim, Purpose


def sender(subscriber: int, dispatch: int, issued_on: date) -> str:
    """The return path for one delivery; the same arguments give the same one. Empty without BOUNCE_ADDRESS."""
    if not settings.BOUNCE_ADDRESS:
        return ""
    before, after = _frame(settings.BOUNCE_ADDRESS, settings.BOUNCE_DELIMITER)
    sealed = tokens.seal(Purpose.BOUNCE, subscriber, dispatch, issued_on)
    return before + base64.b32encode(sealed).decode("ascii").rstrip("=").lower() + after


def read(address: str, today: date) -> Claim:
    """Whose message left with this return path. Raises BadToken for every other address."""
    if not settings.BOUNCE_ADDRESS:
        raise BadToken
    before, after = _frame(settings.BOUNCE_ADDRESS, settings.BOUNCE_DELIMITER)
    whole = address.strip().removeprefix("<").removesuffix(">").lower()
    if not (whole.isascii() and whole.startswith(before) and whole.endswith(after)):
        raise BadToken
    token = whole[len(before) : len(whole) - len(after)].upper()
    if len(token) != TOKEN:
        raise BadToken
    try:
        sealed = base64.b32decode(token + "=")
    except (binascii.Error, ValueError):
        raise BadToken from None
    return tokens.unseal(Purpose.BOUNCE, sealed, today)


def is_shaped(address: str) -> bool:
    """Whether it looks like a return path of ours, whatever its token is worth."""
    if not settings.BOUNCE_ADDRESS:
        return False
    before, after = _frame(settings.BOUNCE_ADDRESS, settings.BOUNCE_DELIMITER)
    whole = address.strip().lower()
    return whole.startswith(before) and whole.endswith(after)


def is_bare(address: str) -> bool:
    """Whether this is BOUNCE_ADDRESS itself, where reports come that name the message only in what they return."""
    return bool(settings.BOUNCE_ADDRESS) and address.strip().lower() == settings.BOUNCE_ADDRESS


@lru_cache(maxsize=4)
def _frame(address: str, delimiter: str) -> tuple[str, str]:
    local, _, domain = address.partition("@")
    return local + delimiter, f"@{domain}"
