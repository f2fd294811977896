"""Pages that say what went wrong and what to do next, where a person asks; a line of text where a program does.

They do without the database where it does not answer: they must stand when nothing else does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import translation

from config import databases
from config.databases import AGAIN_SECONDS
from config.middleware import ADMIN, API, choose, language_of
from config.places import here
from feeds import store
from feeds.models import Release
from feeds.pages.parts import newest_first, plain

SHOWN = 3  # of the newest releases, where there is no page
STATUSES = (400, 403, 404, 405, 410, 413, 429, 500, 503)
HTML = "text/html; charset=utf-8"
_LAST_RESORT = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Something went wrong</title>
<h1>Something went wrong with us</h1><p>It was not your fault. Wait a minute, then try the same once more.</p></html>
"""
_log = structlog.stdlib.get_logger("herald.faults")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - by name
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - by name
    return answer(request, 403)


def form_again(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - by name
    """A form that did not come from our own page, or whose cookie is not there."""
    get_token(request)  # so that the next try has the cookie
    return answer(request, 403, "form")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - by name
    return answer(request, 404)


def failure(request: HttpRequest) -> HttpResponse:
    """Django asks for it while the exception is being handled, wherever on the way it was raised."""
    error = sys.exception()
    return _unavailable(request, error) if databases.is_away(error) else answer(request, 500)


def _unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The database is away; another web server may have it, which a proxy takes 503 for."""
    _log.warning("a page needs the database, which is away", error=repr(error))
    with translation.override(
        language_of(request)
    ):  # it may have failed before the page's language was known
        response = answer(request, 503)
    response.headers["Retry-After"] = str(AGAIN_SECONDS)
    response._has_been_logged = True  # type: ignore[attr-defined] # in a line, and not with a trace each time
    return response


class FaultPages:
    """Gives a refusal that was said by a bare status its page. To stand innermost, where the language is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not _is_bare(request, response):
            return response
        told = answer(request, response.status_code, wait=_seconds(response.headers.get("Retry-After", "")))
        for name, value in response.items():
            if name not in {"Content-Type", "Content-Length"}:
                told.headers[name] = value
        told.cookies = response.cookies
        return told


def answer(request: HttpRequest, status: int, kind: str = "", wait: int = 0) -> HttpResponse:
    """What is said of a fault of this status. `wait`: seconds until the same may be asked again, if that is known."""
    response = HttpResponse(page(request, status, kind, wait), status=status, content_type=HTML)
    if not _by_a_person(request.headers.get("Accept", "*/*")):
        response = plain(status, f"{response.reason_phrase}\n")
    response.headers["Cache-Control"] = "no-store"
    return response


def beside_django(status: int, path: str, headers: Mapping[bytes, bytes], wait: int = 0) -> bytes | None:
    """The page for who asks for `path` (query left out) elsewhere than of Django, with `headers` (names in lower case);
    None for a program.
    """
    given = {
        name: headers.get(name, b"").decode("latin-1") for name in (b"accept", b"accept-language", b"cookie")
    }
    if "text/html" not in given[b"accept"]:
        return None
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", here(path), path
    request.GET = QueryDict()
    request.META = {"HTTP_COOKIE": given[b"cookie"]}
    language = choose("", request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""), given[b"accept-language"])
    with translation.override(language):
        return page(request, status, "feed", wait).encode()


def page(request: HttpRequest, status: int, kind: str = "", wait: int = 0) -> str:
    """HTML in the active language. Raises nothing."""
    # Of a fault within nobody knows what else does not work, and a feed's reader must not wait for a database.
    asks = status < 500 and kind != "feed"
    newsroom = store.newsroom_as_known() if asks else store.newsroom_remembered()
    request.herald_newsroom = newsroom  # type: ignore[attr-defined]
    content = {
        "status": status,
        "kind": kind,
        "minutes": -(-wait // 60),
        "releases": _newest() if status == 404 and not kind else [],
    }
    try:
        return render_to_string("feeds/fault.html", content, request, using="jinja2")
    except Exception:
        _log.exception("the page for a fault could not be made")
        return _LAST_RESORT


def _newest() -> list[Release]:
    try:
        return list(newest_first(store.shown())[:SHOWN])
    except Exception:  # the page stands without them
        return []


def _is_bare(request: HttpRequest, response: HttpResponseBase) -> bool:
    if response.status_code not in STATUSES or request.path_info.startswith((ADMIN, API)):
        return False
    if not isinstance(response, HttpResponse) or request.method in {"HEAD", "OPTIONS"}:
        return False
    said = response.headers.get("Content-Type", "")
    nothing = not response.content or said.startswith("text/plain")
    return nothing and "text/html" in request.headers.get("Accept", "")


def _by_a_person(accepted: str) -> bool:
    return any(kind in accepted for kind in ("text/html", "text/*", "*/*"))


def _seconds(retry_after: str) -> int:
    return int(retry_after) if retry_after.isdecimal() and len(retry_after) < 8 else 0
