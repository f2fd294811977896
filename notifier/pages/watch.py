"""`/watch/<release>`: ask to be told if a release changes; `/watch/…/<token>` begins it, `/unwatch/…/<token>` ends it.

The first stands on each release's page, and gives every address the same answer. The links of the others come by mail.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import clock
from feeds.templating import language, newsroom_of
from notifier import asks, consents, suppressions, watches
from notifier.models import Subscriber
from notifier.pages import holdings, links, strangers, timing
from notifier.tokens import Purpose


@csrf_exempt  # it acts for nobody: whoever posts it, the owner of the address decides. So release pages set no cookie.
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """GET: the form. POST: 303 to "look into your mailbox", or 422 with what to mend. 404 for what is not shown."""
    watched = watches.release_called(key)
    if watched is None:
        raise Http404
    times = timing.standard(timing.offered(), newsroom_of(request).zone, language())
    typed = request.POST.get("email", "")
    address, complaint = timing.read_address(typed) if request.method == "POST" else ("", "")
    if address:
        return strangers.taken(request, asks.Kind.WATCH, address, times, clock.now(), {"key": key})
    form = timing.Form(times, typed[:254], {"email": complaint} if complaint else {})
    content = {"watched": watched, "form": form}
    return render(request, "notifier/watch_ask.html", content, status=422 if complaint else 200)


@links.behind(Purpose.WATCH)
def watch(request: HttpRequest, subscriber: Subscriber, now: datetime, key: str) -> HttpResponse:
    """GET shows what is about to be watched; POST begins it."""
    watched = watches.release_called(key)
    if watched is None:
        raise Http404
    if request.method == "POST":
        _begin(subscriber, watched.release_id, now)
        subscriber.refresh_from_db()
    is_active = subscriber.state == Subscriber.State.ACTIVE
    content = {
        "watched": watched,
        "done": is_active and watches.is_watching(subscriber, watched.release_id, now),
        "address": holdings.masked(subscriber),
        "agreed": consents.wording(),
        "pending": holdings.held_by(subscriber) if subscriber.state == Subscriber.State.PENDING else [],
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/watch.html", content)


@transaction.atomic
def _begin(subscriber: Subscriber, release_id: int, now: datetime) -> None:
    """With the consent to it, given once."""
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    began = not watches.is_watching(subscriber, release_id, now)
    watches.begin(subscriber, release_id, now)
    if began:
        consents.given(subscriber, now)
    suppressions.proven(subscriber)


@links.behind(Purpose.UNWATCH)
def unwatch(request: HttpRequest, subscriber: Subscriber, now: datetime, key: str) -> HttpResponse:
    """GET asks. POST ends this watch and nothing else, whatever its body says (RFC 8058); always 200."""
    release_id = watches.release_of(key)
    if release_id is None:
        raise Http404
    if request.method == "POST":
        watches.end(subscriber, key, now)
    content = {
        "ended": not watches.is_watching(subscriber, release_id, now),
        "watched": watches.release_called(key),
        "address": holdings.masked(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/unwatch.html", content)
