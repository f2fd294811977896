"""The newsroom's colours as a stylesheet and as an icon, and what robots are told."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.middleware import the_same_for_all
from feeds import store
from feeds.models import Newsroom

LIGHT_INK, DARK_INK = "#ffffff", "#0c1722"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@the_same_for_all
@require_safe
def theme(_request: HttpRequest) -> HttpResponse:
    """The brand's custom properties for light and dark ground, from the newsroom's row."""
    newsroom = store.newsroom()
    usual = Newsroom()
    light = _properties(newsroom.brand, usual.brand)
    dark = _properties(newsroom.brand_dark, usual.brand_dark)
    css = f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    return response


@the_same_for_all
@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    """What a browser shows beside a page's title: a sheet with its lines, on the newsroom's colour."""
    ground = _colour(store.newsroom().brand, Newsroom().brand)
    ink = ink_on(ground)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{ground}"/>'
        f'<path d="M8 9.5h16M8 16h16M8 22.5h9" stroke="{ink}" stroke-width="3.5" stroke-linecap="round"/></svg>\n'
    )
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@the_same_for_all
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    private = ("admin", "confirm", "editions", "feeds/private", "manage", "move", "subscribe", "unsubscribe")
    lines = ["User-agent: *", *(f"Disallow: /{path}/" for path in private)]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response


def ink_on(colour: str) -> str:
    """White or near-black, whichever reads better on `colour` (#rrggbb): WCAG 2.2's contrast ratio."""
    luminance = _luminance(colour)
    on_white = 1.05 / (luminance + 0.05)
    on_dark = (luminance + 0.05) / (_luminance(DARK_INK) + 0.05)
    return LIGHT_INK if on_white >= on_dark else DARK_INK


def _properties(colour: str, default: str) -> str:
    colour = _colour(colour, default)
    return f"--brand:{colour};--brand-ink:{ink_on(colour)}"


def _colour(colour: str, default: str) -> str:
    return colour if _COLOUR.fullmatch(colour) else default


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
