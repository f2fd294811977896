"""Keys of what is kept of accounts: all derived from SECRET_KEY; what an earlier key has locked is still read."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(value: bytes) -> bytes:
    return _cipher(settings.SECRET_KEY).encrypt(value, None)


def unseal(sealed: bytes) -> bytes | None:
    """What `seal` sealed; None if none of our keys opens it."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed, None)
        except (InvalidTag, ValueError):
            continue
    return None


def hashed(text: str) -> str:
    """64 characters that say nothing of `text` to whom has not the key."""
    return _hashed(settings.SECRET_KEY, text)


def hashes(text: str) -> list[str]:
    """What `hashed` gives, and what it gave under earlier keys."""
    return [_hashed(key, text) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _hashed(secret: str, text: str) -> str:
    return hmac.new(_derived(secret, b"herald sign-in v1"), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _cipher(secret: str) -> AESSIV:
    return AESSIV(_derived(secret, b"herald accounts v1"))


@lru_cache(maxsize=8)
def _derived(secret: str, what: bytes) -> bytes:
    return HKDF(SHA256(), 64, salt=None, info=what).derive(secret.encode())
