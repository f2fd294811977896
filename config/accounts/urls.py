"""Addresses of signing in and of one's own account. They stand before the admin site's, and replace two of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.accounts import views

own = admin.site.admin_view


def by_provider(step: str) -> Callable[[HttpRequest], HttpResponse]:
    """A step of single sign-on, loaded by the first who takes one: its libraries cost each start 7 MB and a twentieth
    of its time.
    """

    def view(request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = getattr(import_module("config.accounts.provider"), step)(request)
        return answer

    return view


urlpatterns = [
    path("login/", views.sign_in),
    path("login/code/", views.code, name="sign_in_code"),
    path("login/provider/", by_provider("begin"), name="provider_begin"),
    path("login/provider/back/", by_provider("back"), name="provider_back"),
    path("password_change/", own(views.password)),
    path("account/", own(views.account), name="account"),
    path("account/sessions/", own(views.end_sessions), name="end_sessions"),
    path("account/mail/", own(views.choose_mail), name="account_mail"),
    path("account/second-factor/", own(views.second_factor), name="second_factor"),
]
