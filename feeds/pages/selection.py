"""`/feeds/selection.atom?office=…&topic=…`: any selection as a feed, and `/feeds/selection?…`, its page."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from config import clock
from feeds import answers, documents, former, frontdesk, membership, selected, selecting, sheet
from feeds.answers import Headers
from feeds.catalogue import Catalogue
from feeds.entries import Presentation
from feeds.formats import FORMATS
from feeds.memory import Document
from feeds.pages import beside, live
from feeds.pages.parts import Page, addresses, plain
from feeds.selection import BadSelection, Selection
from feeds.workshop import Workshop

KEPT = 200  # documents in memory, all encodings of each


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document, and the state of the store and of the newsroom it was made in."""

    document: Document
    state: tuple[int, str]


class Selections:
    """Documents of selections, made once for each state of the store. Safe among threads; made one at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()
        self._workshop = Workshop()
        self._lock = Lock()

    def document(self, selection: Selection, suffix: str, now: datetime, own: str = "") -> Document:
        """`own`: the path below /feeds/ of a feed that is somebody's own, whatever they select; "": that of all."""
        show = documents.presentation()
        state = membership.reached(), show.digest
        place = selection.digest, suffix, own
        with self._lock:
            kept = self._kept.get(place)
            if kept is None or kept.state != state:
                library, press = self._workshop.tools(show)
                found = selected.document(selection, show, library)
                made = press.sheet(_at(found, own, show) if own else found, FORMATS[suffix])
                kept = _Kept(_follow(kept.document if kept else None, made, now), state)
            self._kept[place] = kept
            self._kept.move_to_end(place)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return kept.document


_selections = Selections()
_owned = Selections()


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def feed(request: HttpRequest, suffix: str) -> HttpResponse:
    """200, 304 or 226 as of any feed; 400 for a query that is no selection, 404 for terms that do not exist."""
    if suffix not in FORMATS:
        raise Http404
    if request.method == "OPTIONS":
        return _with(answers.PREFLIGHT, HttpResponse(status=204))
    wanted = _wanted(request)
    if isinstance(wanted, HttpResponse):
        return _with(answers.OPEN, wanted)
    words = selecting.write(wanted)
    path = f"/feeds/selection.{suffix}" + (f"?{words}" if words else "")
    now = clock.now()
    return _answer(request, _selections.document(wanted, suffix, now), path, suffix, now)


def somebodys_own(
    request: HttpRequest, selection: Selection, path: str, suffix: str, now: datetime
) -> HttpResponse:
    """What is selected as a feed at `path` below /feeds/, for one person's reader alone: no cache on the way may keep
    it, and no page elsewhere may read it. 200 or 304."""
    document = _owned.document(selection, suffix, now, path)
    response = _answer(request, document, f"/feeds/{path}.{suffix}", suffix, now)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    for name in ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        del response[name]
    return response


def _answer(request: HttpRequest, document: Document, path: str, suffix: str, now: datetime) -> HttpResponse:
    asked = frontdesk.Asked(
        feed="selection",
        suffix=suffix,
        path=path,
        method=request.method or "",
        headers={
            name.lower().encode(): value.encode("latin-1", "replace")
            for name, value in request.headers.items()
        },
        client=request.META.get("REMOTE_ADDR", ""),
    )
    status, headers, body = frontdesk.answer(document, asked, now).answer
    response = HttpResponse(body or b"", status=status)
    if status == 304:
        del response["Content-Type"]
    return _with(headers, response)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The HTML twin of a selection: what it is, what is new in it, how to follow it."""
    wanted = _wanted(request)
    if isinstance(wanted, HttpResponse):
        return wanted
    names = Catalogue().names
    words = selecting.write(wanted)
    content = {
        "title": selecting.describe(wanted, names) if words else _("All releases"),
        "path": "selection",
        "kind": _("A selection of your own"),
        "closed": False,
        "tongue": "",
        "choose": words,
        "said": beside.lines(request, wanted),
        "own_words": not words,
        "page": Page(selected.releases(wanted), 0, 0),
        "addresses": addresses("selection", words),
        "live": live.address("selection", words),
        "years": [],
        "year": None,
        "forms": [],
    }
    return render(request, "feeds/twin.html", content)


def _with(headers: Headers, response: HttpResponse) -> HttpResponse:
    for name, value in headers:
        response[name.decode()] = value.decode()
    return response


def _wanted(request: HttpRequest) -> Selection | HttpResponse:
    try:
        asked = selecting.read({name: request.GET.getlist(name) for name in request.GET})
    except BadSelection as error:
        return plain(400, f"{error}.\n")
    selection = former.known().selection(asked)
    unknown = selecting.unknown(selection, Catalogue().names)
    return plain(404, f"There is no {', no '.join(unknown)}.\n") if unknown else selection


def _at(document: documents.Document, path: str, show: Presentation) -> documents.Document:
    """The same at another address, under an id of its own that outlasts every change of what is selected."""
    name = hashlib.sha256(path.encode()).hexdigest()[:32]
    value = replace(
        document.value,
        id=f"tag:{show.authority}:feed/own/{name}",
        address=f"{show.base}/feeds/{path}",
        page=f"{show.base}/",
        query="",
    )
    return replace(document, value=value)


def _follow(before: Document | None, made: sheet.Sheet, now: datetime) -> Document:
    """The next state of a document in memory. Its time grows by at least a second when its bytes differ."""
    if before and before.plain == made.body:
        return before
    packed = sheet.twins(made)
    second = int(now.timestamp())
    modified = max(second, before.modified + 1) if before else second
    return Document(
        (modified * 10**9, len(made.body), 0),
        made.body,
        {coding.name: packed[coding.suffix] for coding in sheet.CODINGS},
        sheet.card(made, packed, before.card if before else None),
    )
