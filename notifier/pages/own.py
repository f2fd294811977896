"""What only the owner of the address may do: take along all that is held, and have it erased.

Links to manage stand in every message, and messages are passed on. So these two ask for a link that has come by a
letter to the address alone, within the last days.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from notifier import dossier, erasures
from notifier.models import Delivery, Dispatch, Subscriber
from notifier.pages import holdings, links
from notifier.tokens import Purpose

FRESH = timedelta(days=2)
_FOR_ONE = "manage"


def is_fresh(subscriber: Subscriber, reference: int, now: datetime) -> bool:
    """Whether a link to manage, which names the dispatch it came by, came by a letter of the last two days to the
    address that is theirs now."""
    since = max(now - FRESH, subscriber.moved_at or now - FRESH)
    letter = Dispatch.objects.filter(
        pk=reference, lane=Dispatch.Lane.LETTER, made_at__gt=since, editions__layout=_FOR_ONE
    )
    went = Delivery.objects.filter(dispatch_id=reference, subscriber_id=subscriber.pk)
    return reference > 0 and letter.exists() and went.exists()


@links.behind(Purpose.MANAGE, referring=True)
def data(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET: all that is held about the person, a JSON file. Without a fresh link: back to the page to manage."""
    if not is_fresh(subscriber, reference, now):
        return _ask_for_a_fresh_link(request)
    text = json.dumps(dossier.of(subscriber, now), ensure_ascii=False, indent=1)
    response = HttpResponse(f"{text}\n", content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@links.behind(Purpose.MANAGE, referring=True)
def erase(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET says what would be erased; POST with the box ticked does it, for good. Without a fresh link, as `data`."""
    if not is_fresh(subscriber, reference, now):
        return _ask_for_a_fresh_link(request)
    content = {
        "address": holdings.masked(subscriber),
        "back": request.path.rpartition("/")[0],
        "wrong": request.method == "POST" and "sure" not in request.POST,
        "erased": request.method == "POST" and "sure" in request.POST,
    }
    if content["erased"]:
        erasures.erase(subscriber, now)
    return render(request, "notifier/erase.html", content, status=422 if content["wrong"] else 200)


def _ask_for_a_fresh_link(request: HttpRequest) -> HttpResponse:
    return redirect(f"{request.path.rpartition('/')[0]}#data")
