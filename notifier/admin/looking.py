"""An edition as it will arrive, for an admin: headers, HTML in a frame, text. Addresses of its own below the edition's.

A message is HTML that came from outside. It gets an origin of its own, without scripts, forms or anything fetched; its
styles are inline because mail has no other.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin

from config.middleware import ADMIN_POLICY
from notifier import letters, trial
from notifier.models import Dispatch, Edition

READER = "reader@example.org"
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)


def look(request: HttpRequest, edition: Edition, context: dict[str, object]) -> HttpResponse:
    """The page around it. `context` is the admin site's."""
    message = _message(edition)
    shown = {
        **context,
        "title": str(message["Subject"]).removeprefix("[Test] "),
        "edition": edition,
        "headers": [(name, " ".join(str(value).split())) for name, value in message.raw_items()],
        "text": _part(message, "plain"),
        "frame": reverse("admin:notifier_edition_html", args=[edition.pk]),
        "sandbox": SANDBOX,
    }
    response = render(request, "admin_site/look.html", shown, using="django")
    response.headers["Content-Security-Policy"] = f"{ADMIN_POLICY}; frame-src 'self'"
    return response


@xframe_options_sameorigin
def html(_request: HttpRequest, edition: Edition) -> HttpResponse:
    """The HTML part, with a policy of its own."""
    body = _part(_message(edition), "html").replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(body, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


def may_be_seen(edition: Edition) -> bool:
    """Letters hold what is one person's own."""
    return edition.dispatch.lane != Dispatch.Lane.LETTER


def _message(edition: Edition) -> EmailMessage:
    """Raises Http404 for what is empty by now, or nobody's to see."""
    if not may_be_seen(edition):
        raise Http404
    try:
        raw = trial.message(edition, READER)
    except letters.Empty:
        raise Http404("all of it was withdrawn") from None
    return email.message_from_bytes(raw, policy=email.policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
