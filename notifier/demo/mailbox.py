"""/demo/mailbox: what the demo's mail server has caught."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config.middleware import PUBLIC_POLICY
from notifier.demo.guard import demo_only
from notifier.demo.mail import FOLDER, Letter, Mailbox

PER_PAGE = 50
# A message is foreign HTML. It gets an origin of its own without scripts, forms or anything fetched; its styles are
# inline because mail has no other; a link opens a tab.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def mailbox() -> Mailbox:
    """The mailbox of this home."""
    return Mailbox(Path(settings.HERALD_HOME) / FOLDER)


@demo_only
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All messages, newest first; `?to=` keeps those whose recipient contains it."""
    to = request.GET.get("to", "").strip()
    envelopes = [found for found in mailbox().envelopes() if to.lower() in found.to.lower()]
    page = Paginator(envelopes, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"page": page, "to": to})


@demo_only
@require_safe
def letter(request: HttpRequest, id: str) -> HttpResponse:
    """One message: its headers, its HTML in a frame, its text."""
    found = _found(id)
    context = {
        "envelope": found.envelope,
        "headers": [(name, " ".join(str(value).split())) for name, value in found.message.raw_items()],
        "text": found.part("plain"),
        "has_html": bool(found.part("html")),
        "sandbox": SANDBOX,
    }
    response = render(request, "demo/letter.html", context)
    response.headers["Content-Security-Policy"] = f"{PUBLIC_POLICY}; frame-src 'self'"
    return response


@demo_only
@require_safe
@xframe_options_sameorigin
def letter_html(_request: HttpRequest, id: str) -> HttpResponse:
    """The HTML part on an address of its own, with a policy of its own."""
    html = _found(id).part("html")
    base = '<base target="_blank">'
    shown = _HEAD.sub(lambda head: head.group() + base, html, count=1) if _HEAD.search(html) else base + html
    return HttpResponse(shown, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


@demo_only
@require_safe
def letter_source(_request: HttpRequest, id: str) -> HttpResponse:
    """The bytes as they came over SMTP."""
    return HttpResponse(_found(id).source, content_type="text/plain; charset=utf-8")


def _found(id: str) -> Letter:
    found = mailbox().letter(id)
    if found is None:
        raise Http404
    return found
