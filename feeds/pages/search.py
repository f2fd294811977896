"""`/search`: offices, topics and releases by words; and how to be told when something new has them."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from markupsafe import Markup

from config import clock
from feeds import gazetteer, selecting, store
from feeds.models import Release
from feeds.pages.parts import LAST_PAGE, addresses
from feeds.search import index, keeping, snippets
from feeds.search.query import LONGEST, Query, read
from feeds.selection import BadSelection, Rule, Selection
from feeds.templating import language

RESULTS = 10
TERMS = 6  # offices and topics on top

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    release: Release
    title: Markup
    text: Markup


@dataclass(frozen=True, slots=True)
class Results:
    """One page of them; `total` of all pages. `newer` and `older`: the pages before and after, or 0."""

    found: list[Result]
    total: int = 0
    newer: int = 0
    older: int = 0


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """200 with what was found, or with the form and tips; 503 while the index cannot be read."""
    typed = " ".join(strip_nul(request.GET.get("q", "")).split())[:LONGEST]
    query = read(typed)
    terms = gazetteer.find(typed, language())[:TERMS] if typed else []
    try:
        with transaction.atomic():
            results = _results(query, request.GET.get("page")) if query else Results([])
    except DatabaseError:
        log.exception("the index for searching cannot be read; `herald releases reindex` makes it anew")
        results = None
    follow = _follow(query)
    content = {
        "typed": typed,
        "query": query,
        "terms": terms,
        "results": results,
        "follow": follow,
        "addresses": addresses("selection", follow) if follow else [],
    }
    response = render(request, "feeds/search.html", content, status=503 if results is None else 200)
    response["X-Robots-Tag"] = "noindex"
    return response


def strip_nul(text: str) -> str:
    """Without what neither a page nor a database can hold."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _results(query: Query, asked: str | None) -> Results:
    number = int(asked) if asked and asked.isascii() and asked.isdecimal() and len(asked) < 4 else 1
    number = min(max(number, 1), LAST_PAGE)
    total = index.count(query)
    ids = index.find(query, clock.now().date(), (number - 1) * RESULTS, RESULTS)
    releases = store.load(ids)
    found = [_result(releases[pk], query) for pk in ids if pk in releases]
    return Results(found, total, number - 1, number + 1 if number * RESULTS < total else 0)


def _result(release: Release, query: Query) -> Result:
    """With the summary, unless only the body has the words."""
    text, body = release.summary or "", ""
    if not text or not snippets.found_in(text, query):
        body = keeping.text_of(release.body)
    if body and (not text or snippets.found_in(body, query)):
        text = body
    return Result(release, snippets.marked(release.title, query), snippets.snippet(text, query))


def _follow(query: Query) -> str:
    """The selection, as the query of an address, of what has any of these words in title or summary; "" for none."""
    if not query:
        return ""
    try:
        return selecting.write(Selection((Rule(words=query.said, not_words=query.unsaid),)))
    except BadSelection:
        return ""
