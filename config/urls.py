"""Every address there is. Feeds proper are answered before Django is asked; see `config.asgi`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import views

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("notifier.urls")),  # before the admin site, whose last route takes all that is below it
    path("admin/", include("config.accounts.urls")),
    path("admin/", include("notifier.admin.urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.measures, name="metrics"),
    path("", include("feeds.urls")),
]
if settings.HERALD_DEMO:
    urlpatterns.append(path("", include("notifier.demo.urls")))

handler400 = "feeds.pages.faults.bad_request"
handler403 = "feeds.pages.faults.forbidden"
handler404 = "feeds.pages.faults.not_found"
handler500 = "feeds.pages.faults.failure"
