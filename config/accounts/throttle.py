"""How often one may try to sign in: one client with one name, one client, and one name; counted in the database.

A client that guesses shuts out itself, and not the account: the limit for a name from everywhere is high, and does not
concern networks from which the account is in use just now.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from config import origin
from config.accounts.keys import hashed
from config.models import AccountSession, SignInTry

WINDOW = timedelta(minutes=15)
PER_CLIENT_AND_NAME = 5
PER_CLIENT = 30
PER_NAME = 100
PER_CODE = 5


def allows(name: str, client: str, now: datetime) -> bool:
    """Whether this try may go on. It is counted beforehand, so that many at once are not more than the limit."""
    one = origin.one_client(client)
    limits = {
        _of_both(name, one): PER_CLIENT_AND_NAME,
        hashed(f"client {one}"): PER_CLIENT,
        _of_name(name): PER_NAME,
    }
    over = _over(limits, now)
    return not over or (over == {_of_name(name)} and _is_at_home(name, client, now))


def allows_setup(client: str, now: datetime) -> bool:
    """The same for codes that open the setup, by client alone: who guesses must not shut out who knows."""
    return not _over({hashed(f"setup {origin.one_client(client)}"): PER_CLIENT}, now)


def allows_code(account: int, now: datetime) -> bool:
    """The same for the second factor of an account, whose password was right."""
    return not _over({hashed(f"code {account}"): PER_CODE}, now)


def succeeded(name: str, client: str, account: int | None = None) -> None:
    """Forget the tries of who has come in. The client's own count stays: it may have come in to cover others."""
    keys = [_of_both(name, origin.one_client(client)), *([hashed(f"code {account}")] if account else [])]
    SignInTry.objects.filter(key__in=keys).delete()


def forget(now: datetime) -> int:
    """Tries that count no more; how many there were."""
    return SignInTry.objects.filter(at__lt=now - WINDOW).delete()[0]


def _is_at_home(name: str, client: str, now: datetime) -> bool:
    sessions = AccountSession.objects.filter(network=origin.coarse(client), expire_date__gt=now)
    accounts = User.objects.filter(username__iexact=name.strip()).values("pk")
    return bool(origin.coarse(client)) and sessions.filter(account_id__in=accounts).exists()


def _of_name(name: str) -> str:
    return hashed(f"name {name.strip().casefold()}")


def _of_both(name: str, one: str) -> str:
    return hashed(f"client {one} name {name.strip().casefold()}")


def _over(limits: dict[str, int], now: datetime) -> set[str]:
    """Those of the limits that this try exceeds."""
    forget(now)
    SignInTry.objects.bulk_create(SignInTry(key=key, at=now) for key in limits)
    tries = SignInTry.objects.filter(at__gte=now - WINDOW)
    return {key for key, limit in limits.items() if tries.filter(key=key).count() > limit}
