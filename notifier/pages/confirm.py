"""`/confirm/<token>`: one page, one button."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifier import consents, subscriptions, suppressions
from notifier.models import Subscriber
from notifier.pages import holdings, links, welcome
from notifier.tokens import Purpose

PENDING = Subscriber.State.PENDING


@links.behind(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    """GET shows what is about to be confirmed; POST confirms it. Who has left since is not brought back by it."""
    if request.method == "POST" and subscriber.state == PENDING:
        subscriber = _confirm(subscriber, now)
    content = {
        "done": subscriber.state == Subscriber.State.ACTIVE,
        "left": subscriber.state == Subscriber.State.LEFT,
        "address": holdings.masked(subscriber),
        "agreed": consents.wording(),
        "wanted": holdings.held_by(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/confirm.html", content)


@transaction.atomic
def _confirm(subscriber: Subscriber, now: datetime) -> Subscriber:
    """Of two clicks at once one confirms, and welcomes."""
    subscriber = subscriptions.confirm(subscriber, now)
    suppressions.proven(subscriber)
    if subscriber.confirmed_at == now and subscriptions.wishes_of(subscriber):
        consents.given(subscriber, now)
        welcome.write(subscriber, now)
    return subscriber
