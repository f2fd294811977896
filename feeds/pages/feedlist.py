"""`/feeds/`: the feeds there are, as a page and as OPML, and the twins of those without a page of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from config.middleware import the_same_for_all
from feeds import canary, documents, membership, selecting, store
from feeds.catalogue import Catalogue, Feed
from feeds.entries import Presentation
from feeds.formats import opml
from feeds.models import Membership, Office, ReleaseType, Topic
from feeds.pages.parts import Address, addresses, named_feeds, titled
from feeds.pages.terms import twin
from feeds.selection import EVERYTHING, UNTAGGED, Rule, Selection
from feeds.titles import spoken

GROUPS = {
    "all": "", "untagged": "", "saved": "", "office": "offices", "topic": "topics", "type": "types",
    "language": "languages", "crossed": "crossed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    feed: Feed
    count: int
    addresses: list[Address]


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """All feeds in groups, each with its formats and how many releases it holds, and a form for any other selection."""
    found = named_feeds()
    counts = _counts()
    rows = {
        caption: [Row(feed, counts.get(feed.path, 0), addresses(feed.path)) for feed in group]
        for caption, group in _grouped(found.values())
    }
    content = {
        "groups": rows.items(),
        "offices": Office.objects.all(),
        "topics": Topic.objects.all(),
        "types": ReleaseType.objects.all(),
    }
    return render(request, "feeds/feeds.html", content)


def _state(_request: HttpRequest) -> str:
    return quote_etag(f"{membership.reached()}-{documents.presentation().digest}")


@the_same_for_all
@require_safe
@cache_control(public=True, max_age=60, stale_while_revalidate=600, stale_if_error=600)  # as feeds are
@gzip_page
@condition(etag_func=_state)
def outlines(_request: HttpRequest) -> HttpResponse:
    """`/feeds.opml`: every feed that has a file, called as its documents call it, in the newsroom's language."""
    show = documents.presentation()
    response = HttpResponse(_opml(show), content_type=f"{opml.MEDIA_TYPE}; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="feeds.opml"'
    response["Access-Control-Allow-Origin"] = "*"
    response["Content-Language"] = spoken(show.language)
    return response


def _opml(show: Presentation) -> bytes:
    with translation.override(spoken(show.language)):
        groups = [
            (caption, [_outline(feed, show.base) for feed in group])
            for caption, group in _grouped(Catalogue())
        ]
    members = Membership.objects.exclude(feed=canary.PATH)
    changed = members.order_by("-pk").values_list("joined_at", flat=True).first()
    return opml.render(show.name, show.publisher, changed or documents.EMPTY_SINCE, show.language, groups)


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    return twin(
        request,
        title=_("All releases"),
        path="all",
        releases=store.shown(),
        choose="",
        selection=EVERYTHING,
        kind=_("All feeds"),
    )


@require_safe
def untagged(request: HttpRequest) -> HttpResponse:
    return twin(
        request,
        title=_("Releases without labels"),
        path="untagged",
        releases=store.shown().filter(offices=None, topics=None),
        choose="untagged=1",
        selection=Selection((Rule(offices=(UNTAGGED,), topics=(UNTAGGED,)),)),
        kind=_("All feeds"),
    )


@require_safe
def of_path(request: HttpRequest, path: str) -> HttpResponse:
    """The page of any feed by its address without suffix. Offices and topics have one elsewhere."""
    feed = Catalogue().find(path)
    if feed is None:
        raise Http404
    if feed.kind in {"office", "topic"}:
        return redirect(f"feeds:{feed.kind}", slug=feed.slug)
    [shown] = titled(feed)
    members = Membership.objects.filter(feed=path, left_at=None).values("release_id")
    return twin(
        request,
        title=shown.title,
        tongue=shown.tongue,
        path=path,
        releases=store.shown().filter(pk__in=members),
        choose=selecting.write(feed.selection),
        selection=feed.selection,
        kind=_captions().get(GROUPS[feed.kind], _("All feeds")),
    )


def _captions() -> dict[str, str]:
    return {
        "": _("The newsroom"),
        "offices": _("Where we are"),
        "topics": _("What we do"),
        "types": _("Kinds of release"),
        "languages": _("Languages"),
        "crossed": _("Where we are, and what we do there"),
    }


def _grouped(found: Iterable[Feed]) -> Iterator[tuple[str, list[Feed]]]:
    groups: dict[str, list[Feed]] = {name: [] for name in _captions()}
    for feed in found:
        groups[GROUPS[feed.kind]].append(feed)
    yield from ((caption, groups[name]) for name, caption in _captions().items())


def _outline(feed: Feed, base: str) -> opml.Outline:
    return opml.Outline(feed.title, f"{base}/feeds/{feed.path}.atom", f"{base}{feed.page}", feed.subtitle)


def _counts() -> dict[str, int]:
    """How many releases each listed feed holds."""
    live = Membership.objects.filter(left_at=None).exclude(feed__contains="/topics/")
    return dict(live.values_list("feed").annotate(Count("release_id", distinct=True)))
