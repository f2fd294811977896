"""Offices and topics: their lists, and for each one page that is the HTML twin of its feed too."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feeds import catalogue, store
from feeds.models import Office, Release, Topic
from feeds.pages import beside, live
from feeds.pages.parts import addresses, counted, page_of
from feeds.selection import Rule, Selection
from feeds.templating import called, newsroom_of


@require_safe
def offices(request: HttpRequest) -> HttpResponse:
    found = list(counted(Office.objects.all()))
    content = {
        "open": [office for office in found if not office.closed],
        "closed": [office for office in found if office.closed],
    }
    return render(request, "feeds/offices.html", content)


@require_safe
def topics(request: HttpRequest) -> HttpResponse:
    found = list(counted(Topic.objects.all()))
    content = {
        "open": [topic for topic in found if not topic.closed],
        "closed": [topic for topic in found if topic.closed],
    }
    return render(request, "feeds/topics.html", content)


@require_safe
def office(request: HttpRequest, slug: str) -> HttpResponse:
    found = Office.objects.filter(slug=slug).first()
    if found is None:
        return _merged("office", "offices", slug)
    name = called(found, newsroom_of(request))
    return twin(
        request,
        title=name.text,
        tongue=name.language,
        path=f"offices/{slug}",
        releases=store.shown().filter(offices=found),
        choose=None if found.closed else urlencode({"office": slug}),
        selection=Selection((Rule(offices=(slug,)),)),
        kind=_("Where we are"),
        own=True,
    )


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    found = Topic.objects.filter(slug=slug).first()
    if found is None:
        return _merged("topic", "topics", slug)
    name = called(found, newsroom_of(request))
    return twin(
        request,
        title=name.text,
        tongue=name.language,
        path=f"topics/{slug}",
        releases=store.shown().filter(topics=found),
        choose=None if found.closed else urlencode({"topic": slug}),
        selection=Selection((Rule(topics=(slug,)),)),
        kind=_("What we do"),
        own=True,
    )


def _merged(kind: str, folder: str, slug: str) -> HttpResponse:
    """A term that was merged into another leads there for ever. Raises Http404 for one that never was."""
    there = catalogue.moved().get(f"{folder}/{slug}")
    if there is None:
        raise Http404
    return redirect(f"feeds:{kind}", slug=there.partition("/")[2], permanent=True)


def twin(
    request: HttpRequest,
    *,
    title: str,
    path: str,
    releases: QuerySet[Release],
    choose: str | None,
    selection: Selection,
    kind: str,
    tongue: str = "",
    own: bool = False,
) -> HttpResponse:
    """A feed as a page: what it is, what is in it, where its formats are.

    `choose`: the query of its sign-up link; None for a term that is closed, of which nothing new is expected.
    `tongue`: the language of its title, "" for the newsroom's. `own`: with a sign-up of its own, and an archive by year
    (`?year=2024`); 404 for a year of which there is nothing.
    """
    years = [day.year for day in releases.dates("published_on", "year", order="DESC")] if own else []
    year = _year(request.GET.get("year"), years)
    asked = releases.filter(published_on__year=year) if year else releases
    content = {
        "title": title,
        "path": path,
        "kind": kind,
        "closed": choose is None,
        "said": beside.lines(request, selection) if choose is not None else [],
        "tongue": tongue,
        "choose": choose,
        "own_words": path in {"all", "untagged"},
        "page": page_of(asked, request.GET.get("page")),
        "addresses": addresses(path),
        "live": live.address(path),
        "years": years,
        "year": year,
        "forms": beside.forms(request, choose) if own and choose else [],
    }
    return render(request, "feeds/twin.html", content)


def _year(asked: str | None, years: list[int]) -> int | None:
    """The year that is asked for, None for all. Raises Http404 for one without releases."""
    if not asked:
        return None
    found = next((year for year in years if str(year) == asked), None)
    if found is None:
        raise Http404
    return found
