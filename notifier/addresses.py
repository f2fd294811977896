"""E-mail addresses: checked on the way in, encrypted at rest.

AES-SIV (RFC 5297) is deterministic, so that an address can be looked up and is unique without being readable.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from email_validator import EmailNotValidError, validate_email

_ANY = re.compile(r"[^\s<>\"'(),:;\[\]]+@[^\s<>\"'(),:;\[\]]*[^\s<>\"'(),:;\[\].!?]")
LONGEST_LOCAL = 64
_PURPOSE = [b"herald address v1"]


class BadAddress(ValueError):
    """Not an address mail can be sent to; `str()` says why."""


def normalise(text: str) -> str:
    """The address in the one form Herald keeps: domain in lower case, no display name. Raises BadAddress.

    Quoted local parts, domain literals, control characters and anything longer than 254 octets are refused: they are
    legal or nearly so, and are what header injection is made of. So is more than 64 octets before the @, which no relay
    takes (RFC 5321 section 4.5.3.1.1).
    """
    if any(ord(character) < 33 or ord(character) == 127 for character in text.strip()):
        raise BadAddress("an address contains no spaces or control characters")
    try:
        found = validate_email(
            text.strip(), check_deliverability=False, allow_quoted_local=False, allow_domain_literal=False,
            test_environment=False, globally_deliverable=False,
        )  # fmt: skip
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    if len(found.local_part.lower().encode()) > LONGEST_LOCAL:
        raise BadAddress(f"an address has at most {LONGEST_LOCAL} octets before the @")
    return found.normalized


def left_out(text: str) -> str:
    """A person's words without the addresses in them: those are kept in one place only, encrypted."""
    return _ANY.sub("…", text)


def encrypt(address: str) -> bytes:
    """The bytes kept in the database for a normalised address; equal addresses give equal bytes.

    The local part is folded to lower case for identity: nobody has two mailboxes that differ in case only.
    """
    local, _, domain = address.rpartition("@")
    return _cipher(settings.ADDRESS_KEY).encrypt(f"{local.lower()}@{domain}".encode(), _PURPOSE)


def decrypt(stored: bytes) -> str:
    """The address. Raises BadAddress if `stored` was not made under this ADDRESS_KEY."""
    try:
        return _cipher(settings.ADDRESS_KEY).decrypt(bytes(stored), _PURPOSE).decode()
    except InvalidTag:
        raise BadAddress("this database was written under another ADDRESS_KEY") from None


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
