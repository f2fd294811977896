"""How often one may try to sign in: for each name and for each client, counted in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.accounts.keys import hashed
from config.models import SignInTry

WINDOW = timedelta(minutes=15)
PER_NAME = 5
PER_CLIENT = 30
PER_CODE = 5


def allows(name: str, client: str, now: datetime) -> bool:
    """Whether this try may go on. It is counted beforehand, so that many at once are not more than the limit."""
    limits = {_of_name(name): PER_NAME, hashed(f"client {client}"): PER_CLIENT}
    return _count(limits, now)


def allows_code(account: int, now: datetime) -> bool:
    """The same for the second factor of an account, whose password was right."""
    return _count({hashed(f"code {account}"): PER_CODE}, now)


def succeeded(name: str, account: int | None = None) -> None:
    """Forget the tries of who has come in. The client's own count stays: it may have come in to cover others."""
    keys = [_of_name(name), *([hashed(f"code {account}")] if account else [])]
    SignInTry.objects.filter(key__in=keys).delete()


def _of_name(name: str) -> str:
    return hashed(f"name {name.strip().casefold()}")


def forget(now: datetime) -> int:
    """Tries that count no more; how many there were."""
    return SignInTry.objects.filter(at__lt=now - WINDOW).delete()[0]


def _count(limits: dict[str, int], now: datetime) -> bool:
    forget(now)
    SignInTry.objects.bulk_create(SignInTry(key=key, at=now) for key in limits)
    return all(
        SignInTry.objects.filter(key=key, at__gte=now - WINDOW).count() <= limit
        for key, limit in limits.items()
    )
