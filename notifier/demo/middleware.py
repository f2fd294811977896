from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse

from notifier.demo.guard import allowed

USER = "demo"


class DemoAdmin:
    """In a demo home, a request to the admin site from this machine is made by the demo's superuser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/") and not request.user.is_authenticated and allowed(request):
            user = get_user_model().objects.filter(username=USER, is_active=True).first()
            request.user = user or request.user
        return self.get_response(request)
