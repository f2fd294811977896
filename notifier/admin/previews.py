"""How messages look: pages that show them in frames, light, dark and narrow, with their text part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config import clock
from feeds import selecting
from feeds.catalogue import Catalogue
from feeds.selection import BadSelection
from notifier import preview, samples, texts
from notifier.models import Edition
from notifier.preview import Preview
from notifier.texts import Wording

_DARK = "@media (prefers-color-scheme: dark)"
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the page shows it. What a screen decides, light or dark, is decided beforehand."""

    name: str
    message: Preview

    @property
    def frames(self) -> list[tuple[str, int, str]]:
        """(title, width in pixels, document)"""
        light, dark = framed(self.message.html, dark=False), framed(self.message.html, dark=True)
        return [
            ("light", 680, light), ("light, 320 px wide", 320, light), ("dark", 680, dark),
            ("dark, 320 px wide", 320, dark),
        ]  # fmt: skip

    @property
    def size(self) -> int:
        """Of the HTML, in kB."""
        return -(-len(self.message.html.encode()) // 1000)


def of_selection(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The newest releases of a selection as a digest, or made-up messages of every kind. GET; it changes nothing."""
    language = _language(request.GET.get("language", ""))
    query, kind = request.GET.get("selection", ""), request.GET.get("kind", "")
    shown: list[Shown] = []
    fault = ""
    if kind in samples.KINDS:
        shown = [Shown(kind, preview.of_sample(kind, language, texts.wording()))]
    else:
        found, fault = _digest(query, language)
        shown = [Shown("digest", found)] if found else []
    return _page(
        request,
        {
            **context,
            "title": "Preview",
            "query": query,
            "kind": kind,
            "kinds": list(samples.KINDS),
            "fault": fault,
        },
        language,
        shown,
    )


def of_edition(request: HttpRequest, context: dict[str, Any], edition: Edition) -> HttpResponse:
    """An edition as it arrives. Raises letters.Empty."""
    name = f"dispatch {edition.dispatch_id}, edition {edition.pk}, version {edition.version}"
    shown = [Shown(name, preview.of_edition(edition))]
    return _page(request, {**context, "title": f"Edition {edition.pk}"}, edition.language, shown)


def of_text(
    request: HttpRequest, context: dict[str, Any], key: str, wording: Wording, language: str
) -> HttpResponse:
    """Every kind of made-up message in which the text `key` stands, with a draft of it."""
    language = _language(language)
    shown = [Shown(kind, preview.of_sample(kind, language, wording)) for kind in samples.kinds_with(key)]
    return _page(request, {**context, "title": f"Preview of the draft: {key}"}, language, shown)


def _digest(query: str, language: str) -> tuple[Preview | None, str]:
    try:
        wanted = selecting.read(parse_qs(query.partition("?")[2] or query))
    except BadSelection as error:
        return None, f"{error}."
    if unknown := selecting.unknown(wanted, Catalogue().names):
        return None, f"There is no {', no '.join(unknown)}."
    found = preview.of_selection(wanted, language, clock.now())
    return found, "" if found else "No release matches this selection."


def _page(
    request: HttpRequest, context: dict[str, Any], language: str, shown: Sequence[Shown]
) -> HttpResponse:
    content = {
        **context,
        "language": language,
        "languages": settings.LANGUAGES,
        "shown": shown,
    }
    return TemplateResponse(request, "admin_site/preview.html", content, using="django")


def _language(asked: str) -> str:
    return asked if asked in settings.HERALD_LANGUAGES else str(settings.HERALD_LANGUAGES[0])


def framed(html: str, *, dark: bool) -> str:
    """The document as a light or a dark screen shows it; nothing in it can run, and links lead nowhere."""
    chosen = html.replace(_DARK, "@media all" if dark else "@media not all")
    scheme = "dark" if dark else "light"
    guard = (
        f'<meta http-equiv="Content-Security-Policy" content="{_FRAMED}">'
        f"<style>:root {{ color-scheme: {scheme} }}</style>"
    )
    return re.sub(r"<head>", lambda head: head[0] + guard, chosen, count=1)
