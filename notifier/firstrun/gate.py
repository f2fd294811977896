"""Who may set up: first whoever has brought a code, then the account that was made with it, in the same session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from config import clock
from config.accounts import entering, first, throttle

CODE, ACCOUNT = "setup_code", "setup_account"
View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """A page of the setup: English, kept by no cache, for nobody else. Without a code it leads to where to give it."""

    @sensitive_post_parameters()
    @csrf_protect
    @never_cache
    @wraps(view)
    def page(request: HttpRequest, *args: object) -> HttpResponse:
        with translation.override("en"):
            if not may(request, clock.now()):
                if first.is_open():
                    return HttpResponseRedirect(reverse("notifier:setup"))
                raise Http404
            return view(request, *args)

    return page


def may(request: HttpRequest, now: datetime) -> bool:
    return account_of(request) is not None or first.holds(request.session.get(CODE), now)


def admit(request: HttpRequest, code: str, now: datetime) -> bool:
    """Try a code. One that holds opens this session, under a new key."""
    if not throttle.allows_setup(entering.client(request), now):
        return False
    number = first.find(code, now)
    if number is None:
        return False
    request.session.cycle_key()
    request.session[CODE] = number
    return True


def account_of(request: HttpRequest) -> User | None:
    """The first administrator, in the session in which it was made."""
    user, made = request.user, request.session.get(ACCOUNT)
    return user if isinstance(user, User) and user.is_active and user.pk == made else None


def actor(request: HttpRequest) -> str:
    user = account_of(request)
    return f"account:{user.pk}" if user else first.ACTOR
