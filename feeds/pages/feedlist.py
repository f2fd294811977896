"""`/feeds/`: every feed there is, and the twins of those that belong to no office and no topic."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feeds import store
from feeds.catalogue import Feed
from feeds.models import Membership
from feeds.pages.parts import Address, addresses, named_feeds
from feeds.pages.terms import twin


@dataclass(frozen=True, slots=True)
class Row:
    feed: Feed
    count: int
    addresses: list[Address]


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """All feeds in three groups, each with its formats and how many releases it holds."""
    live = Membership.objects.filter(left_at=None).values_list("feed")
    counts: dict[str, int] = dict(live.annotate(Count("pk")))
    groups: dict[str, list[Row]] = {"": [], "offices": [], "topics": []}
    for path, feed in named_feeds().items():
        groups[path.rpartition("/")[0]].append(Row(feed, counts.get(path, 0), addresses(path)))
    captions = {"": _("The newsroom"), "offices": _("Where we are"), "topics": _("What we do")}
    content = {"groups": [(captions[name], rows) for name, rows in groups.items()]}
    return render(request, "feeds/feeds.html", content)


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    return twin(
        request, title=_("All releases"), path="all", releases=store.shown(), choose="", kind=_("All feeds")
    )


@require_safe
def untagged(request: HttpRequest) -> HttpResponse:
    return twin(
        request,
        title=_("Releases without labels"),
        path="untagged",
        releases=store.shown().filter(offices=None, topics=None),
        choose="untagged=1",
        kind=_("All feeds"),
    )


@require_safe
def to_page(_request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """An office's or topic's feed without suffix: its page is the twin."""
    return redirect(f"feeds:{kind}", slug=slug)
