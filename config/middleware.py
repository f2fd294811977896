"""What every answer carries, and what is written down of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from whitenoise.middleware import WhiteNoiseMiddleware

from config import metrics

Answer = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]

_FOR_ALL = "is_the_same_for_all"

ADMIN = "/admin/"
API = "/api/"
SETUP = "/setup"
STATIC = "/static/"
_ENGLISH = (ADMIN, API, SETUP)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
PUBLIC_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# unfold is built on Alpine, which evaluates expressions found in attributes, and on style attributes.
ADMIN_POLICY = PUBLIC_POLICY.replace(
    "style-src 'self'; script-src 'self'",
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-eval'",
)
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

_log = structlog.stdlib.get_logger("herald.access")


class AccessLog:
    """Logs and counts each request by its route; the path, which may hold a token, is written nowhere."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        route = _route(request)
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(method, route, str(response.status_code)).inc()
        level = logging.DEBUG if route in QUIET else logging.INFO
        took = (time.perf_counter() - began) * 1000
        _log.log(
            level,
            "request",
            method=method,
            route=route,
            status=response.status_code,
            milliseconds=round(took),
        )
        return response


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc] # whitenoise has no types
    """WhiteNoise, answering with whole bodies: under ASGI a streamed file is read by another thread, with a warning.

    Files are found where the apps have them; collected ones go before, where somebody has collected them.
    """

    def add_files(self, root: str, prefix: str | None = None) -> None:
        if Path(root).is_dir():
            super().add_files(root, prefix)

    @staticmethod
    def serve(static_file: object, request: HttpRequest) -> HttpResponse:
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        whole = HttpResponse(b"".join(streamed), status=streamed.status_code)
        del whole["Content-Type"]
        for name, value in streamed.items():
            whole[name] = value
        for close in streamed._resource_closers:  # close() would tell the world that the request is over
            close()
        return whole


class ContentSecurityPolicy:
    """Says what a page may load: nothing that is not ours. A view that needs another policy sets its own."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path_info.startswith(ADMIN) else PUBLIC_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        return response


class PageLanguage:
    """The language of a page: asked for by `?lang=` (then remembered), remembered, or the browser's.

    The admin site, the setup and the API speak English, and remember nothing; nor does what is `the_same_for_all`.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of(request)
        if request.path_info.startswith(_ENGLISH):
            with translation.override(language):
                return self.get_response(request)
        asked = request.GET.get("lang", "")
        request.LANGUAGE_CODE = language  # as Django's own LocaleMiddleware does
        with translation.override(language):
            response = self.get_response(request)
        if getattr(response, _FOR_ALL, False):
            return response
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if asked == language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=365 * 86_400,
                path=settings.LANGUAGE_COOKIE_PATH,
                secure=settings.SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def the_same_for_all(view: View) -> View:
    """Marks a view whose answers hang on nobody's language or cookies, so that one copy in a cache does for all."""

    @wraps(view)
    def marked(*args: Any, **named: Any) -> HttpResponseBase:
        response = view(*args, **named)
        setattr(response, _FOR_ALL, True)
        return response

    return marked


def language_of(request: HttpRequest) -> str:
    if request.path_info.startswith(_ENGLISH):
        return "en"
    return choose(
        request.GET.get("lang", ""),
        request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        request.headers.get("Accept-Language", ""),
    )


def choose(asked: str, remembered: str, accepted: str) -> str:
    """The first of what was asked for, remembered and accepted (a header) that there are texts in."""
    for wish in (asked, remembered):
        if wish in settings.HERALD_LANGUAGES:
            return wish
    for tag, _weight in parse_accept_lang_header(accepted):
        if (language := tag.split("-")[0]) in settings.HERALD_LANGUAGES:
            return language
    return str(settings.HERALD_LANGUAGES[0])


def _route(request: HttpRequest) -> str:
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return "static" if request.path_info.startswith(STATIC) else "unmatched"
