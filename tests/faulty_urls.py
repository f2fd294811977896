"""Every address there is, and one at which each fault can be looked at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from feeds.pages import faults

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fault(request: HttpRequest, status: int, kind: str) -> HttpResponse:
    return faults.answer(request, status, "" if kind == "page" else kind, 150 if status == 429 else 0)


urlpatterns = [*urlpatterns, path("fault/<int:status>/<str:kind>", fault, name="fault")]
