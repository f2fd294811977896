"""`/unsubscribe/<token>`: a page with a button, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifier import subscriptions
from notifier.models import Subscriber
from notifier.pages import holdings, links
from notifier.tokens import Purpose


@links.behind(Purpose.UNSUBSCRIBE)
def leave(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    """GET asks. POST leaves, whatever its body says, unless that is `act=undo`; always 200, never a redirect."""
    undo = request.POST.get("act") == "undo"
    was_left = subscriber.state == Subscriber.State.LEFT
    if request.method == "POST" and undo and was_left:
        subscriptions.come_back(subscriber, now)
    elif request.method == "POST" and not undo and not was_left:
        subscriptions.leave(subscriber, now)
    subscriber.refresh_from_db()
    is_left = subscriber.state == Subscriber.State.LEFT
    content = {
        "state": "left" if is_left else "back" if undo else "here",
        "address": holdings.masked(subscriber),
        "wanted": holdings.held_by(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/leave.html", content)
