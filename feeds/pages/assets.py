"""Styles, scripts and the newsroom's logo. The address of each tells its bytes, so caches keep it for ever.

    /static/3f2a90c1d4e5/herald.css

Under another tag the present bytes are answered too, for whoever has a page of before, and are kept shortly.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from config.middleware import the_same_for_all
from config.places import here
from feeds import logo, store
from feeds.models import Newsroom
from feeds.pages.site import theme

STYLE = "herald.css"
LOGO, LOGO_DARK = "logo", "logo-dark"
FOREVER, SHORTLY = "public, max-age=31536000, immutable", "public, max-age=60"
_FOLDER = "herald/"
Asset = tuple[str, bytes]
"""A media type and bytes."""


@the_same_for_all
@gzip_page
@require_safe
def asset(_request: HttpRequest, tag: str, name: str) -> HttpResponse:
    # Without the database first: a page that says that it is away looks as it should.
    found = _made(name, store.newsroom_remembered())
    if found is None or tag != _tag(found[1]):
        found = _made(name, store.newsroom_as_known())
    if found is None:
        raise Http404
    kind, body = found
    response = HttpResponse(body, content_type=kind)
    response["Cache-Control"] = FOREVER if tag == _tag(body) else SHORTLY
    if kind.startswith("image/"):
        response["Content-Security-Policy"] = logo.SERVED
    return response


def static(path: str) -> str:
    """The address of herald/<name>, one of Herald's static files."""
    name = path.removeprefix(_FOLDER)
    found = _file(name)
    return _address(name, found) if found else ""


def style(newsroom: Newsroom) -> str:
    """The address of the stylesheet, in the newsroom's colours."""
    return _address(STYLE, _style(newsroom))


def logos(newsroom: Newsroom) -> tuple[str, str]:
    """The addresses of its logo on light and on dark ground; "" where there is none."""
    light, dark = _image(newsroom.logo), _image(newsroom.logo_dark)
    return _address(LOGO, light) if light else "", _address(LOGO_DARK, dark) if dark else ""


def _made(name: str, newsroom: Newsroom) -> Asset | None:
    if name == STYLE:
        return _style(newsroom)
    if name in {LOGO, LOGO_DARK}:
        return _image(newsroom.logo if name == LOGO else newsroom.logo_dark)
    return _file(name)


def _style(newsroom: Newsroom) -> Asset:
    kind, sheet = _file(STYLE) or ("text/css; charset=utf-8", b"")
    return kind, theme(newsroom).encode() + sheet


@lru_cache(maxsize=16)
def _image(text: str) -> Asset | None:
    """None for one that got into the row unchecked and is no good."""
    try:
        return logo.image(text) if text else None
    except ValueError:
        return None


def _file(name: str) -> Asset | None:
    found = finders.find(_FOLDER + name)
    return _read(name, Path(found), Path(found).stat().st_mtime_ns) if isinstance(found, str) else None


@lru_cache(maxsize=64)
def _read(name: str, path: Path, _changed: int) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, path.read_bytes()


def _address(name: str, found: Asset) -> str:
    return here(reverse("feeds:asset", kwargs={"tag": _tag(found[1]), "name": name}))


@lru_cache(maxsize=64)
def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
