"""`/live?…` and `/live/<path>`: a selection or a feed on a second screen, kept up to date by its stream."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.places import here
from feeds import selecting
from feeds.catalogue import Catalogue
from feeds.live import streams
from feeds.live.streaming import LAST_ID
from feeds.live.streams import NoStream, Stream
from feeds.pages.parts import plain, titled
from feeds.workshop import Workshop

SHOWN = 20
REFRESH = 60  # seconds between two looks of a browser without JavaScript


@require_safe
def selection(request: HttpRequest) -> HttpResponse:
    """200, 400 for what is no selection, 404 for terms that do not exist."""
    try:
        stream = streams.chosen({name: request.GET.getlist(name) for name in request.GET})
    except NoStream as none:
        return plain(none.status, f"{none.detail}.\n")
    words = selecting.write(stream.selection)
    title = selecting.describe(stream.selection, Catalogue().names) if words else _("All releases")
    query = f"?{words}" if words else ""
    return _page(request, stream, title, f"/feeds/selection{query}", f"/feeds/selection.events{query}")


@require_safe
def feed(request: HttpRequest, path: str) -> HttpResponse:
    """The live page of any feed of the catalogue."""
    found = Catalogue().find(path)
    if found is not None:
        events = f"/feeds/{quote(path)}.events"
        return _page(request, streams.of_feed(found), titled(found)[0].title, found.page, events)
    try:
        streams.find(path, "")
    except NoStream as none:
        if none.location:
            return redirect("feeds:live-feed", path=none.location, permanent=True)
    raise Http404


def address(path: str, words: str = "") -> str:
    """The live page of the feed `path`, or of the selection that the query `words` means."""
    if path != streams.SELECTION:
        return here(f"/live/{quote(path)}")
    return here(f"/live?{words}" if words else "/live")


def _page(request: HttpRequest, stream: Stream, title: str, still: str, events: str) -> HttpResponse:
    state = streams.state(stream, Workshop(), SHOWN)
    content = {
        "title": title,
        "still": here(still),
        "own_words": stream.path in {"all", "untagged"} or still == "/feeds/selection",
        "events": f"{here(events)}{'&' if '?' in events else '?'}{urlencode({LAST_ID: state.told})}",
        "releases": state.releases,
        "most": SHOWN,
        "refresh": REFRESH,
    }
    response = render(request, "feeds/live.html", content)
    response["Cache-Control"] = "no-store"
    return response
