"""The newsroom's colours as the head of the stylesheet and as an icon, and what robots are told."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.middleware import the_same_for_all
from config.places import here
from feeds import contrast, store
from feeds.models import Newsroom

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def theme(newsroom: Newsroom) -> str:
    """The brand's custom properties for light and dark ground. A colour that would not read well is mended."""
    light = _properties(newsroom.brand, Newsroom().brand, contrast.LIGHT_GROUNDS)
    dark = _properties(newsroom.brand_dark, Newsroom().brand_dark, contrast.DARK_GROUNDS)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


@the_same_for_all
@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    """What a browser shows beside a page's title: a sheet with its lines, on the newsroom's colour."""
    ground = _colour(store.newsroom_as_known().brand, Newsroom().brand)
    ink = contrast.ink_on(ground)
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
    private = (
        "admin",
        "confirm",
        "editions",
        "feeds/private",
        "manage",
        "move",
        "setup",
        "subscribe",
        "unsubscribe",
    )
    lines = ["User-agent: *", *(f"Disallow: {here(f'/{path}/')}" for path in private)]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _properties(colour: str, default: str, grounds: tuple[str, ...]) -> str:
    colour = contrast.readable(_colour(colour, default), grounds)
    return f"--brand:{colour};--brand-ink:{contrast.ink_on(colour)}"


def _colour(colour: str, default: str) -> str:
    return colour if _COLOUR.fullmatch(colour) else default
