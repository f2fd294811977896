"""A release's page of reach: feeds and mail, as it came out, or as it would. Counts alone, so every role may see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config import clock
from feeds import release_admin
from feeds.models import Release, Standing
from feeds.release_admin import SILENCES
from notifier import reach
from notifier.admin.local import Clock
from notifier.models import Frequency
from notifier.reach import WITHDRAWN, Coming, Mailing, Reach

MOST_RUNS = 60


def page(request: HttpRequest, release_id: int, context: dict[str, Any]) -> HttpResponse:
    """GET: which feeds it is in, whom it was mailed to and whom it will be; before it is shown, a forecast."""
    if not request.user.has_perm("feeds.view_release"):
        raise PermissionDenied
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise Http404
    now, local = clock.now(), Clock()
    found = reach.of(release, now)
    shown = {
        **context,
        "title": "Reach, as a forecast" if found.foreseen else "Reach",
        "release": release,
        "found": found,
        "says": sentences(release, found, local),
        "silence": SILENCES.get(found.silence, found.silence),
        "figures": list(_figures(found)),
        "places": [
            (it, local.shown(it.joined_at), local.shown(it.left_at), f"{it.subscribers:,}")
            for it in found.places
        ],
        "mailings": [_row(it, local) for it in found.mailings],
        "coming": [_coming(it, local) for it in found.coming[:MOST_RUNS]],
        "later": f"{later:,}" if (later := sum(it.people for it in found.coming[MOST_RUNS:])) else "",
        "zone": local.zone,
        "back": reverse("admin:feeds_release_change", args=[release_id]),
        "may_explain": request.user.has_perm("notifier.view_subscriber"),
        "key": Standing.objects.filter(pk=release_id).values_list("key", flat=True).first() or "",
    }
    return TemplateResponse(request, "admin_site/reach.html", shown, using="django")


def sentences(release: Release, found: Reach, local: Clock) -> str:
    """What the page comes to, in one or two sentences."""
    if release.state == Release.State.WITHDRAWN:
        return "It is withdrawn: it is in no feed any more, and no further message brings it."
    if not found.foreseen:
        return ""
    if found.appears is None and release.state == Release.State.SCHEDULED:
        when = "Nobody has said yet when it is to be shown. Shown now, this is what it would reach."
    elif found.appears is None:
        when = "It is shown in a moment. This is what it will reach."
    else:
        when = f"It is to be shown on {local.shown(found.appears)}. This is what it will reach."
    return f"{when} Subscribers may still change what they have chosen."


def _figures(found: Reach) -> Iterator[tuple[str, str, str]]:
    """Label, value, and what more there is to say."""
    reported = sum(place.subscribers for place in found.places if place.left_at is None)
    if found.foreseen:
        yield "At once", f"{found.ahead_at_once:,}", "messages as soon as it is shown"
        yield "In digests", f"{found.people_ahead - found.ahead_at_once:,}", "messages, at the times below"
    else:
        sent = found.total("sent")
        yield "Got it at once", f"{found.sent_at_once:,}", "messages handed over, and taken"
        yield "Got it in a digest", f"{sent - found.sent_at_once:,}", "messages handed over, and taken"
        waiting = found.waiting + found.people_ahead
        yield (
            "Still to get it",
            f"{waiting:,}",
            f"{found.waiting:,} in the queue, {found.people_ahead:,} in runs to come",
        )
        missed = found.total("failed", "suppressed", "cancelled", WITHDRAWN)
        bounced = sum(one.bounced for one in found.mailings)
        yield "Did not get it", f"{missed:,}", f"and {bounced:,} came back after they were taken"
    feeds = f"{len(found.places):,} {'feed' if len(found.places) == 1 else 'feeds'}"
    yield "In feeds", f"{reported:,}", f"subscribers reported by online readers, in {feeds}"


def _row(one: Mailing, local: Clock) -> dict[str, Any]:
    count = one.counts.get
    cells = (
        count("sent", 0), one.waiting, count("failed", 0), count("suppressed", 0), count("cancelled", 0),
        count(WITHDRAWN, 0), one.bounced, one.complained,
    )  # fmt: skip
    return {
        "url": reverse("admin:notifier_dispatch_change", args=[one.dispatch]),
        "one": one,
        "made": local.shown(one.made_at),
        "cells": [f"{many:,}" for many in cells],
    }


def _coming(one: Coming, local: Clock) -> tuple[str, str, str]:
    return Frequency(one.frequency).label, local.shown(one.at) or "at once", f"{one.people:,}"


def link(release: Release) -> SafeString:
    """To the page above, on the release's own."""
    return format_html(
        '<a href="{}" class="underline">Reach</a>',
        reverse("admin:notifier_dispatch_reach", args=[release.pk]),
    )


release_admin.links.insert(0, link)
