"""The second factor: six digits of an authenticator (TOTP, RFC 6238), or a recovery code.

begin -> secret and its address for the authenticator -> confirm (a first code) -> in use, ten recovery codes
check(code) -> once for each code
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from config.accounts import keys
from config.models import RecoveryCode, SecondFactor

STEP = 30
DIGITS = 6
CODES = 10


def in_use(account: int) -> bool:
    return SecondFactor.objects.filter(account_id=account, confirmed_at__isnull=False).exists()


def begin(account: int) -> bytes:
    """The secret that is being set up: the one already made, or a new one. One in use is never shown again."""
    fresh = secrets.token_bytes(20)
    with transaction.atomic():  # of two windows at once both show the same
        row, _ = SecondFactor.objects.select_for_update().get_or_create(
            account_id=account, defaults={"secret": keys.seal(fresh)}
        )
        found = keys.unseal(bytes(row.secret)) if row.confirmed_at is None else None
        if found is None:
            found, row.secret, row.confirmed_at, row.last_step = fresh, keys.seal(fresh), None, 0
            row.save()
    return found


def address(secret: bytes, name: str, issuer: str) -> str:
    """otpauth://…, as authenticators read it from a picture."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def spelt(secret: bytes) -> str:
    """The secret for those who type it: base32, in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def confirm(account: int, code: str, now: datetime) -> list[str] | None:
    """Put what was begun to use, if `code` is right: its recovery codes, shown this once. None: it is wrong."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(account_id=account, confirmed_at=None).first()
        step = _step(row, code, now) if row else None
        if row is None or step is None:
            return None
        row.last_step, row.confirmed_at = step, now
        row.save()
        return renew_codes(account)


def renew_codes(account: int) -> list[str]:
    """Ten new recovery codes in place of all earlier ones."""
    made = [secrets.token_hex(5) for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(account_id=account).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account_id=account, digest=keys.hashed(_plain(code))) for code in made
        )
    return [f"{code[:5]}-{code[5:]}" for code in made]


def check(account: int, code: str, now: datetime) -> bool:
    """Whether `code` is the authenticator's or a recovery code. Either is taken once."""
    with transaction.atomic():
        row = (
            SecondFactor.objects.select_for_update()
            .filter(account_id=account, confirmed_at__isnull=False)
            .first()
        )
        step = _step(row, code, now) if row else None
        if row is not None and step is not None:
            row.last_step = step
            row.save(update_fields=["last_step"])
            return True
        kept = RecoveryCode.objects.filter(
            account_id=account, digest__in=keys.hashes(_plain(code)), used_at=None
        )
        return row is not None and bool(kept.update(used_at=now))


def drop(account: int) -> bool:
    """Do without. False if there was none."""
    RecoveryCode.objects.filter(account_id=account).delete()
    return bool(SecondFactor.objects.filter(account_id=account).delete()[0])


def codes_left(account: int) -> int:
    return RecoveryCode.objects.filter(account_id=account, used_at=None).count()


def _step(row: SecondFactor, code: str, now: datetime) -> int | None:
    """The step the code is of, one before and after `now` included; None if of none, or of one used already."""
    secret = keys.unseal(bytes(row.secret))
    typed = "".join(code.split())
    if secret is None or not (typed.isascii() and typed.isdigit() and len(typed) == DIGITS):
        return None
    present = int(now.timestamp()) // STEP
    totp = _totp(secret)
    for step in (present, present - 1, present + 1):
        if step > row.last_step and secrets.compare_digest(totp.generate(step * STEP).decode(), typed):
            return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - what authenticators reckon with (RFC 6238)


def _plain(code: str) -> str:
    """What of a recovery code is hashed, with a key: 40 bits alone could be tried out in a copy of the database."""
    return "recovery " + "".join(letter for letter in code.lower() if letter.isalnum())
