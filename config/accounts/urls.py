"""Addresses of signing in and of one's own account. They stand before the admin site's, and replace two of them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from config.accounts import provider, views

own = admin.site.admin_view
urlpatterns = [
    path("login/", views.sign_in),
    path("login/code/", views.code, name="sign_in_code"),
    path("login/provider/", provider.begin, name="provider_begin"),
    path("login/provider/back/", provider.back, name="provider_back"),
    path("password_change/", own(views.password)),
    path("account/", own(views.account), name="account"),
    path("account/sessions/", own(views.end_sessions), name="end_sessions"),
    path("account/mail/", own(views.choose_mail), name="account_mail"),
    path("account/second-factor/", own(views.second_factor), name="second_factor"),
]
