"""For machines that watch over this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config import clock, health, metrics


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when all is well, 503 with the problems otherwise."""
    found = health.problems(clock.now())
    health.note(found)
    return JsonResponse({"ready": not found, "problems": found}, status=503 if found else 200)


@never_cache
@require_safe
def measures(_request: HttpRequest) -> HttpResponse:
    """Prometheus' text format."""
    return HttpResponse(metrics.render(), content_type=CONTENT_TYPE_LATEST)
