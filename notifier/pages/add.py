"""`/add/<token>`: what somebody who is subscribed asked for through the form, and a button that adds it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifier import consents, offers, subscriptions, suppressions
from notifier.models import Subscriber
from notifier.pages import holdings, links
from notifier.tokens import BadToken, Purpose
from notifier.wishes import Wish


@links.behind(Purpose.ADD, referring=True)
def add(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET shows what is about to be added; POST adds it. Who has left since is not brought back by it."""
    wish = offers.wish_in(reference)
    if wish is None:
        raise BadToken
    if request.method == "POST" and subscriber.state == Subscriber.State.ACTIVE:
        subscriber = _add(subscriber, wish, now)
    is_active = subscriber.state == Subscriber.State.ACTIVE
    content = {
        "done": is_active and offers.has(subscriber, wish),
        "left": not is_active,
        "paused": subscriptions.is_paused(subscriber),
        "address": holdings.masked(subscriber),
        "agreed": consents.wording(),
        "offered": holdings.would_hold(subscriber, wish),
        "wanted": holdings.held_by(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/add.html", content)


@transaction.atomic
def _add(subscriber: Subscriber, wish: Wish, now: datetime) -> Subscriber:
    """With the consent to it. Of two clicks at once one adds it."""
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    had = offers.has(subscriber, wish)
    subscriber = subscriptions.add(subscriber, wish, now)
    if not had:
        consents.given(subscriber, now)
    suppressions.proven(subscriber)
    return subscriber
