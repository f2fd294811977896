"""`herald check` as a page. What asks others, over the network, is asked by a button and within a time limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config import auditing, clock
from config.adminsite import actor
from notifier.checkup import Finding, Grade, here, network

SEE, ASK = "notifier.view_channel", "notifier.change_channel"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """GET: this host and the database. POST: the relays and DNS as well; nothing is changed or sent."""
    if not request.user.has_perm(ASK if request.method == "POST" else SEE):
        raise PermissionDenied
    now, asked = clock.now(), None
    if request.method == "POST":
        auditing.record(actor(request), "admin", "checked", "network", before=None, after=None, now=now)
        asked = network.everything()
    found = here.everything(now)
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "found": _worst_first(found),
        "asked": _worst_first(asked) if asked is not None else None,
        "says": _says([*found, *(asked or ())]),
        "may_ask": request.user.has_perm(ASK),
        "at": now,
    }
    return TemplateResponse(request, "admin_site/health.html", context, using="django")


def _worst_first(found: Sequence[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: -list(Grade).index(one.grade))


def _says(found: Sequence[Finding]) -> str:
    """The whole in one sentence."""
    counts = Counter(one.grade for one in found)
    if wrong := counts[Grade.WRONG]:
        return f"{wrong} of {len(found)} checks found something wrong."
    if notes := counts[Grade.NOTE]:
        return f"All is well; {notes} of {len(found)} checks have something to note."
    return f"All is well: {len(found)} checks found nothing wrong."
