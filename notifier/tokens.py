"""What stands in the links of a message: opaque, deterministic, of one purpose, without a row of its own.

A token is AES-SIV (RFC 5297) over a fixed record of three numbers, with the purpose as associated data. Keys come by
HKDF from SECRET_KEY; tokens made under SECRET_KEY_FALLBACKS are still read.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_RECORD = struct.Struct(">QQH")
_EPOCH = date(2020, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(Enum):
    """What a token is good for, and for how many days. One of another purpose is never accepted."""

    CONFIRM = ("confirm", 7)
    MANAGE = ("manage", 400)
    UNSUBSCRIBE = ("unsubscribe", 3650)
    EDITION = ("edition", 3650)
    WATCH = ("watch", 400)
    UNWATCH = ("unwatch", 3650)
    BOUNCE = ("bounce", 90)
    ADD = ("add", 7)
    MOVE = ("move", 7)
    PRIVATE = ("private", 3650)

    def __init__(self, word: str, days: int) -> None:
        self.word = word
        self.said = [word.encode()]  # as associated data
        self.days = days


class BadToken(ValueError):
    """Forged, damaged, of another purpose or key, or expired (then `expired` is true)."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("this link has expired" if expired else "this link is not complete or not ours")
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: whom it is for, what it refers to (subscription, dispatch, or 0), and when it was issued."""

    subscriber: int
    reference: int
    issued_on: date


def make(purpose: Purpose, subscriber: int, reference: int, issued_on: date) -> str:
    """46 characters that stand in a URL as they are. The same arguments give the same token."""
    sealed = seal(purpose, subscriber, reference, issued_on)
    # What base64.urlsafe_b64encode does, in half the time: every message has several.
    return binascii.b2a_base64(sealed, newline=False).rstrip(b"=").translate(_URL_SAFE).decode("ascii")


def seal(purpose: Purpose, subscriber: int, reference: int, issued_on: date) -> bytes:
    """The 34 bytes of a token, for places where it is to be spelt otherwise than in a URL."""
    record = _RECORD.pack(subscriber, reference, issued_on.toordinal() - _EPOCH_DAY)
    return _cipher(settings.SECRET_KEY).encrypt(record, purpose.said)


def read(purpose: Purpose, token: str, today: date) -> Claim:
    """What `token` says. Raises BadToken."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken from None
    return unseal(purpose, sealed, today)


def unseal(purpose: Purpose, sealed: bytes, today: date) -> Claim:
    """What `seal` sealed. Raises BadToken."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            record = _cipher(key).decrypt(sealed, purpose.said)
        except (InvalidTag, ValueError):
            continue
        subscriber, reference, day = _RECORD.unpack(record)
        claim = Claim(subscriber, reference, _EPOCH + timedelta(days=day))
        if today > claim.issued_on + timedelta(days=purpose.days):
            raise BadToken(expired=True)
        return claim
    raise BadToken


@lru_cache(maxsize=16)
def _cipher(secret: str) -> AESSIV:
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=b"herald link tokens v1").derive(secret.encode()))
