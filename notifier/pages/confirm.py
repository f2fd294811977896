"""`/confirm/<token>`: one page, one button."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifier import subscriptions, suppressions
from notifier.models import Subscriber
from notifier.pages import holdings, links
from notifier.tokens import Purpose


@links.behind(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    """GET shows what is about to be confirmed; POST confirms it. Who has left since is not brought back by it."""
    if request.method == "POST" and subscriber.state == Subscriber.State.PENDING:
        subscriber = subscriptions.confirm(subscriber, now)
        suppressions.proven(subscriber)
    content = {
        "done": subscriber.state == Subscriber.State.ACTIVE,
        "left": subscriber.state == Subscriber.State.LEFT,
        "address": holdings.masked(subscriber),
        "wanted": holdings.held_by(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/confirm.html", content)
