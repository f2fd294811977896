"""The addresses under /api/. All that is not among them is a problem as well, and no page."""

from __future__ import annotations

from django.urls import path, register_converter

from feeds.api import document, views


class Anything:
    """The rest of an address, line ends and all."""

    regex = r"[\s\S]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Anything, "anything")

urlpatterns = [
    path("api/openapi.json", document.serve, name="openapi"),
    path("api/", views.nothing),  # before django-ninja, which has a page of its own there
    path("api/", views.api.urls),
    path("api", views.nothing),
    path("api/<anything:rest>", views.nothing),
]
