"""Signing in, step by step; facts are recorded, pages made elsewhere.

password right -> second factor asked for, where there is one -> enter
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from config import auditing, clock, origin
from config.accounts import second, sessions, throttle

PENDING = "pending_account"
PATIENCE = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def client(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def recognised(request: HttpRequest, name: str, password: str, now: datetime) -> User | None:
    """The account, if this try may be made and name and password are right. Why not is never told."""
    if not throttle.allows(name, client(request), now):
        return None
    user = authenticate(request, username=name, password=password)
    if isinstance(user, User) and user.is_staff:
        return user
    _note_refusal(name, now)
    return None


def _note_refusal(name: str, now: datetime) -> None:
    """Of an account that there is; `throttle` bounds how many. What was typed for a name may be a password."""
    for account in User.objects.filter(username__iexact=name.strip())[:1]:
        subject = f"account {account.pk}"
        auditing.record("stranger", "admin", "sign-in refused", subject, before=None, after=None, now=now)


def begin(request: HttpRequest, user: User, now: datetime) -> bool:
    """After the password: come in at once (True), or wait for the second factor (False)."""
    if not second.in_use(user.pk):
        enter(request, user, now)
        return True
    request.session.cycle_key()
    request.session[PENDING] = [user.pk, now.timestamp()]
    return False


def waiting(request: HttpRequest, now: datetime) -> User | None:
    """Who has given the right password here, within the last ten minutes, and no code yet."""
    pk, since = request.session.get(PENDING, (None, None))
    if pk is None or sessions.age(now, since) > PATIENCE:
        return None
    return User.objects.filter(pk=pk, is_active=True, is_staff=True).first()


def enter(request: HttpRequest, user: User, now: datetime, *, by_provider: bool = False) -> None:
    """Sign in: a session with a new key; it is recorded, and the tries before are forgotten."""
    request.session.pop(PENDING, None)
    login(request, user, backend=BACKEND)
    if by_provider:
        request.session["by_provider"] = True
    throttle.succeeded(user.get_username(), client(request), user.pk)
    sessions.sweep(now)
    auditing.record(
        f"account:{user.pk}", "admin", "signed in", f"account {user.pk}", before=None, after=None, now=now
    )


def note_beginning(request: HttpRequest, **_: Any) -> None:
    """Receiver of user_logged_in, whoever signed in how."""
    now = clock.now()
    request.session[sessions.BEGAN] = request.session[sessions.SEEN] = now.timestamp()
    request.session[sessions.AGENT] = request.META.get("HTTP_USER_AGENT", "")[:200]
    request.session[sessions.NETWORK] = origin.coarse(client(request))


def note_end(user: Any, **_: Any) -> None:
    """Receiver of user_logged_out. Whoever was nobody has not signed out."""
    if user is not None and user.pk:
        by = f"account:{user.pk}"
        auditing.record(
            by, "admin", "signed out", f"account {user.pk}", before=None, after=None, now=clock.now()
        )


def connect() -> None:
    user_logged_in.connect(note_beginning, dispatch_uid="sessions")
    user_logged_out.connect(note_end, dispatch_uid="signed out")
