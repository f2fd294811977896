"""Every address there is, and some at which each fault, and messages as a mail program shows them, can be looked at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from feeds.pages import faults

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fault(request: HttpRequest, status: int, kind: str) -> HttpResponse:
    return faults.answer(request, status, "" if kind == "page" else kind, 150 if status == 429 else 0)


MAIL: dict[str, str] = {}
"""HTML by path, below /mail/."""


def mail(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(MAIL[request.path])


urlpatterns = [
    *urlpatterns,
    path("fault/<int:status>/<str:kind>", fault, name="fault"),
    path("mail/<int:number>", mail),
]
