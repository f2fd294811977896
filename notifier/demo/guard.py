"""Who may see the demo's pages: somebody at this machine, in a demo home. Everybody else finds nothing there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def allowed(request: HttpRequest) -> bool:
    """True in a demo home for a request from the loopback (a proxy's client counts, not the proxy)."""
    if not settings.HERALD_DEMO:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def demo_only(view: View) -> View:
    """404 where `allowed` says no."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not allowed(request):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
