"""`/releases/<key>`: a release as it is held, or what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feeds import catalogue, store
from feeds.models import Release, Standing
from feeds.pages import versions
from feeds.pages.parts import named_feeds, newest_first
from feeds.selection import Facts
from feeds.templating import web

ALIKE = 3


@dataclass(frozen=True, slots=True)
class Gone:
    """A release that readers could see once: since when they cannot (None: just now), and why, if somebody said so."""

    at: datetime | None
    reason: str


@require_safe
def release(request: HttpRequest, key: str) -> HttpResponse:
    """200 with the release, 410 if it was withdrawn or deleted, else 404: one under embargo is like one unknown."""
    found = store.shown().filter(standing__key=key).first()
    if found is None:
        return _gone(request, key)
    paths = catalogue.paths_for(store.facts(found))
    others = store.shown().filter(standing__group=found.standing.group).exclude(pk=found.pk)
    content = {
        "release": found,
        "original": web(found.url),
        "feeds": [feed for path, feed in named_feeds().items() if path in paths],
        "others": list(others.order_by("language", "pk")[:20]),
        "steps": versions.public(found.pk),
    }
    return render(request, "feeds/release.html", content)


def _gone(request: HttpRequest, key: str) -> HttpResponse:
    standing = Standing.objects.filter(key=key).first()
    gone = what_became_of(standing) if standing else None
    if standing is None or gone is None:
        raise Http404
    return render(request, "feeds/gone.html", {"gone": gone, "releases": _near(standing)}, status=410)


def _near(standing: Standing) -> list[Release]:
    """The newest releases under a label of one that is gone: who followed a link to it is looking for something."""
    facts = Facts.from_json(standing.facts)
    alike = Q(topics__slug__in=facts.topics) | Q(offices__slug__in=facts.offices)
    return list(newest_first(store.shown().filter(alike).distinct())[:ALIKE])


def what_became_of(standing: Standing) -> Gone | None:
    """None unless a reader could once see the release and now cannot, because it was withdrawn or deleted."""
    if standing.gone_at is None and not standing.shown:
        return None
    row = Release.objects.filter(pk=standing.release_id).first()
    if row is None:
        return Gone(standing.gone_at, "")
    if row.state != Release.State.WITHDRAWN:
        return None
    return Gone(standing.gone_at, row.withdrawn_reason or "")
