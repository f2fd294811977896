"""Pages behind a link from a message. The token in the address says who is there; nothing else does.

They need no cookie, and a forger cannot know the token, so Django's check against forged requests is left out: with it
the strict Referrer-Policy of these pages (browsers then send `Origin: null`) and mail apps without cookies would be
locked out. That policy keeps the token from every other site.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import clock
from notifier import tokens
from notifier.models import Subscriber
from notifier.tokens import BadToken, Claim, Purpose

Page = Callable[..., HttpResponse]
View = Callable[..., HttpResponse]


def behind(purpose: Purpose, *, referring: bool = False) -> Callable[[Page], View]:
    """Makes a page of (request, subscriber, now) the view of `/…/<token>`, in the subscriber's own language. What else
    the address says is handed to the page by its name. A page may raise BadToken for what is no longer there.

    `referring`: it is handed `reference` too, the number that the token refers to.
    """

    def decorate(page: Page) -> View:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(page)
        def view(request: HttpRequest, token: str, **rest: str) -> HttpResponse:
            now = clock.now()
            try:
                claim = tokens.read(purpose, token, now.date())
                subscriber = holder(claim)
                named: dict[str, Any] = {**rest, "reference": claim.reference} if referring else rest
                with translation.override(_language(request, subscriber)):
                    response = page(request, subscriber, now, **named)
                    response.headers["Content-Language"] = translation.get_language() or "en"
            except BadToken as fault:
                response = _refuse(request, purpose, expired=fault.expired)
            return private(response)

        return view

    return decorate


def holder(claim: Claim) -> Subscriber:
    """Whom a token is for. Raises BadToken when that person has been erased."""
    found = Subscriber.objects.filter(pk=claim.subscriber).first()
    if found is None:
        raise BadToken
    return found


def link(purpose: Purpose, subscriber: Subscriber, now: datetime) -> str:
    """The path of a page behind a link, for this subscriber, issued today."""
    token = tokens.make(purpose, subscriber.pk, 0, now.date())
    return reverse(f"notifier:{purpose.word}", kwargs={"token": token})


def _refuse(request: HttpRequest, purpose: Purpose, *, expired: bool) -> HttpResponse:
    content = {"expired": expired, "purpose": purpose.word, "days": purpose.days}
    return render(request, "notifier/badlink.html", content, status=410 if expired else 404)


def _language(request: HttpRequest, subscriber: Subscriber) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in settings.HERALD_LANGUAGES else subscriber.language


def private(response: HttpResponse) -> HttpResponse:
    """What is between one person and us: kept and indexed nowhere, and no other site learns where it was."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
