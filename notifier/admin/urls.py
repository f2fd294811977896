"""Addresses of the admin site's pages that belong to no table. They stand before its own, and replace its home."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from notifier.admin import health, inbox

own = admin.site.admin_view
urlpatterns = [
    path("", own(inbox.page)),
    path("inbox/press/", own(inbox.press), name="inbox_press"),
    path("health/", own(health.page), name="health"),
]
