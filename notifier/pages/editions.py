"""`/editions/<token>`: an edition on the web, for whoever has its address. It knows nobody and changes nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from config import clock
from feeds.templating import newsroom_of
from notifier import amendments, contents, summary, tokens
from notifier.arranging import arrange
from notifier.models import Edition
from notifier.tokens import BadToken, Purpose


@require_safe
def edition(request: HttpRequest, token: str) -> HttpResponse:
    """The edition's releases as they are now, none left out for length; in its own language unless another is asked
    for. 404 for what is no edition, 410 after ten years.
    """
    try:
        claim = tokens.read(Purpose.EDITION, token, clock.now().date())
    except BadToken as fault:
        return _public(_refuse(request, expired=fault.expired))
    found = Edition.objects.select_related("dispatch__chain").filter(pk=claim.reference).first()
    if found is None or not isinstance(found.content, list):
        raise Http404
    asked = request.GET.get("lang", "")
    with translation.override(asked if asked in settings.HERALD_LANGUAGES else found.language):
        response = render(request, "notifier/edition.html", _content(request, found))
        response.headers["Content-Language"] = translation.get_language() or "en"
    return _public(response)


def _content(request: HttpRequest, edition: Edition) -> dict[str, object]:
    newsroom = newsroom_of(request)
    told = amendments.entries(edition.content)
    entries = [*told, *contents.entries_on_the_web(edition, [entry.release for entry in told])]
    dispatch = edition.dispatch
    zone = dispatch.chain.zone if dispatch.chain and edition.layout == "digest" else newsroom.zone
    return {
        "heading": summary.sentence(entries, personal=False),
        "day": dispatch.local_date or dispatch.made_at.astimezone(ZoneInfo(zone)).date(),
        "groups": arrange(entries, newsroom.edition_sections) if entries else [],
    }


def _refuse(request: HttpRequest, *, expired: bool) -> HttpResponse:
    content = {"expired": expired, "purpose": Purpose.EDITION.word, "days": Purpose.EDITION.days}
    return render(request, "notifier/badlink.html", content, status=410 if expired else 404)


def _public(response: HttpResponse) -> HttpResponse:
    """What was withdrawn must be gone at the next look; search engines are for the releases themselves."""
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
