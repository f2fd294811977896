"""Invitations: who may make an account, with which role. The link and its letter are the room of mail's.

invite -> (a letter with a link) -> accept: name and password, once, within a week
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from config import auditing, roles
from config.accounts import keys, sessions
from config.models import Invitation

VALID = timedelta(days=7)


class Used(Exception):
    """The link was used, withdrawn, or is too old."""


def invite(
    role: roles.Role, actor: str, way: str, now: datetime, address: str = "", account: User | None = None
) -> Invitation:
    """A new one, in the audit log by number. Earlier open ones for the same address or account end."""
    sealed = keys.seal(address.lower().encode()) if address else b""
    with transaction.atomic():
        earlier = Invitation.objects.filter(used_at=None)
        if address or account:
            same = earlier.filter(account=account) if account else earlier.filter(address=sealed)
            same.update(used_at=now)
        made = Invitation.objects.create(
            role=role, address=sealed, made_by=actor, made_at=now, account=account
        )
        after = {"role": role, "account": account.pk if account else None}
        auditing.record(actor, way, "invited", str(made), before=None, after=after, now=now)
    return made


def find(pk: int, now: datetime) -> Invitation:
    """The open invitation with this number. Raises Used."""
    found = Invitation.objects.select_related("account").filter(pk=pk, used_at=None).first()
    if found is None or now - found.made_at > VALID:
        raise Used
    if found.account is not None and not found.account.is_active:
        raise Used
    return found


def open_for(address: str, now: datetime) -> Invitation | None:
    """The open invitation to this address."""
    found = Invitation.objects.filter(address=keys.seal(address.lower().encode()), used_at=None)
    return found.select_related("account").filter(made_at__gt=now - VALID).first()


def address_of(invitation: Invitation) -> str:
    """To whom it was sent; empty where it was sent to nobody or the key is gone."""
    sealed = bytes(invitation.address)
    return (keys.unseal(sealed) or b"").decode() if sealed else ""


def accept(invitation: Invitation, account: User, password: str, now: datetime) -> User:
    """Make the account (or give an existing one its new password, which ends its sessions). Raises Used."""
    with transaction.atomic():
        new = invitation.account is None
        account.set_password(password)
        if new:
            account.email, account.is_staff = address_of(invitation), True
        account.save()
        use(invitation, account, now)
        if new:
            roles.give(account, roles.Role(invitation.role))
        sessions.end(account.pk)
        what = "created" if new else "password changed"
        auditing.record(
            f"account:{account.pk}", "admin", what, f"account {account.pk}",
            before=None, after={"invitation": invitation.pk, **({"role": invitation.role} if new else {})}, now=now,
        )  # fmt: skip
    return account


def use(invitation: Invitation, account: User, now: datetime) -> None:
    """It is good once: of two who come at the same time, the second gets Used."""
    if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=now, account=account):
        raise Used


def withdraw(invitation: Invitation, actor: str, way: str, now: datetime) -> bool:
    """End it unused. False if it was used or ended."""
    with transaction.atomic():
        if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=now):
            return False
        auditing.record(actor, way, "withdrawn", str(invitation), before=None, after=None, now=now)
    return True
