"""The first administrator: whoever holds the code that a start of Herald printed may set it up, until there is one.

a start -> a code, kept as a keyed hash -> found, as often as somebody comes back -> make -> no code any more

Every start has a code of its own, known to all processes that share the database; another start on the same host
replaces it, and one on another host does not.
"""

from __future__ import annotations

import secrets
import socket
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from config import auditing, roles
from config.accounts import keys
from config.models import SetupCode

VALID = timedelta(days=7)
ACTOR = WAY = "setup"


class Closed(Exception):
    """There is an administrator by now, or the code has ended."""


def is_open() -> bool:
    """Whether there has never been an administrator. One that is deactivated opens nothing."""
    administrators = Q(is_superuser=True) | Q(groups__name=roles.Role.ADMINISTRATOR)
    return not User.objects.filter(administrators, is_staff=True).exists()


def new_code(now: datetime) -> str | None:
    """The code of this start, to be shown once; None where there is an administrator."""
    if not is_open():
        SetupCode.objects.all().delete()
        return None
    code = secrets.token_urlsafe(18)
    place = keys.hashed(
        f"{socket.gethostname()} {settings.HERALD_HOME} {settings.HERALD_BIND} {settings.HERALD_PORT}"
    )
    SetupCode.objects.filter(made_at__lt=now - VALID).delete()
    SetupCode.objects.update_or_create(place=place, defaults={"digest": keys.hashed(code), "made_at": now})
    return code


def find(code: str, now: datetime) -> int | None:
    """The number of this code, while it holds. Each kept one is compared, in a time that tells nothing."""
    digests = keys.hashes(code.strip())
    found = None
    for row in SetupCode.objects.filter(made_at__gte=now - VALID):
        for digest in digests:
            if secrets.compare_digest(row.digest, digest):
                found = row.pk
    return found if is_open() else None


def holds(number: object, now: datetime) -> bool:
    """Whether somebody who came in by this code may go on."""
    return (
        isinstance(number, int)
        and SetupCode.objects.filter(pk=number, made_at__gte=now - VALID).exists()
        and is_open()
    )


def make(account: User, password: str, number: int, now: datetime) -> None:
    """Make the account the first administrator, once: of two who try at one time the second gets Closed."""
    with transaction.atomic():
        codes = list(SetupCode.objects.select_for_update())
        if number not in {code.pk for code in codes} or not is_open():
            raise Closed
        SetupCode.objects.all().delete()
        account.is_staff = True
        account.set_password(password)
        account.save()
        roles.give(account, roles.Role.ADMINISTRATOR)
        auditing.record(
            ACTOR, WAY, "created", f"account {account.pk}",
            before=None, after={"role": roles.Role.ADMINISTRATOR}, now=now,
        )  # fmt: skip
