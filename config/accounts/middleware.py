"""What every request of a signed-in account passes: how long it may stay, and whether it lacks a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from config import clock, origin, roles
from config.accounts import second, sessions

Answer = Callable[[HttpRequest], HttpResponseBase]
# Where an account that must have a second factor may go without.
WITHOUT = frozenset({"second_factor", "admin:logout", "admin:login", "admin:jsi18n"})


class Accounts:
    """Stands after Django's authentication. Pages of readers, who have no account, pass at no cost."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(("/admin/", "/api/", "/setup")):
            return self.get_response(request)
        page = _page(request)
        with origin.coming_from(page, origin.coarse(request.META.get("REMOTE_ADDR", ""))):
            if request.path_info.startswith("/admin/") and request.user.is_authenticated:
                _note(request)
                if _lacks_second_factor(request) and page not in WITHOUT:
                    return HttpResponseRedirect(reverse("second_factor"))
            return self.get_response(request)


def _note(request: HttpRequest) -> None:
    """End a session that is too old; note now and then that it is used, which also lets it live on."""
    now, session = clock.now(), request.session
    if sessions.BEGAN not in session:
        return  # a request of the demo's, which has no session
    if sessions.age(now, session[sessions.BEGAN]) > sessions.LIFETIME:
        logout(request)
    elif sessions.age(now, session.get(sessions.SEEN)) >= sessions.NOTED_EVERY:
        session[sessions.SEEN] = now.timestamp()


def _lacks_second_factor(request: HttpRequest) -> bool:
    user = request.user
    if settings.SECOND_FACTOR == "nobody" or not user.is_authenticated or settings.HERALD_DEMO:
        return False
    if request.session.get("by_provider"):
        return False  # the provider of single sign-on sees to it
    if settings.SECOND_FACTOR == "administrators" and not (
        user.is_superuser or roles.of(user) == roles.Role.ADMINISTRATOR
    ):
        return False
    return not second.in_use(user.pk)


def _page(request: HttpRequest) -> str:
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return ""
    return found.view_name or found.route
