"""What everybody who types an address is answered: look into your mailbox, or come again later."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from notifier import asks
from notifier.pages.timing import Times

TRAP = "website"
"""A field that people do not see, and programs fill in."""


def taken(
    request: HttpRequest,
    kind: str,
    address: str,
    times: Times,
    now: datetime,
    content: dict[str, Any] | None = None,
) -> HttpResponse:
    """303 to the page that is the same for all; 429 if too many have asked from there, or from everywhere."""
    wait = asks.take(
        kind,
        address,
        language=times.language,
        zone=times.zone,
        client=request.META.get("REMOTE_ADDR", ""),
        now=now,
        trapped=bool(request.POST.get(TRAP)),
        content=content,
    )
    if wait is not None:
        return _later(request, wait)
    response = redirect("notifier:sent")
    response.status_code = 303
    return response


def _later(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """429 (RFC 6585, 4), with the same words whoever is over the limit."""
    minutes = math.ceil(wait.total_seconds() / 60)
    response = render(request, "notifier/later.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(60 * minutes)
    response.headers["Cache-Control"] = "no-store"
    return response
