"""`/confirm/<token>`: one page, one button."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifier import addresses, consents, offers, subscriptions, suppressions
from notifier.models import Dispatch, Subscriber
from notifier.pages import holdings, links, welcome
from notifier.tokens import Purpose
from notifier.wishes import Wish

PENDING = Subscriber.State.PENDING


@links.behind(Purpose.CONFIRM, referring=True)
def confirm(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET shows what is about to be confirmed; POST confirms it. Who has left since the letter is not brought back."""
    again = _again(subscriber, reference)
    if request.method == "POST" and (again or subscriber.state == PENDING):
        subscriber, again = _confirm(subscriber, again, now), None
    content = {
        "done": subscriber.state == Subscriber.State.ACTIVE,
        "left": subscriber.state == Subscriber.State.LEFT and again is None,
        "address": holdings.masked(subscriber),
        "agreed": consents.wording(),
        "wanted": [holdings.would_hold(subscriber, again)] if again else holdings.held_by(subscriber),
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/confirm.html", content)


def _again(subscriber: Subscriber, dispatch: int) -> Wish | None:
    """What somebody who had left asked for in this letter; None if they left after it."""
    if subscriber.state != Subscriber.State.LEFT or subscriber.left_at is None:
        return None
    later = Dispatch.objects.filter(pk=dispatch, made_at__gt=subscriber.left_at)
    return offers.wish_in(dispatch, offers.AGAIN) if later.exists() else None


@transaction.atomic
def _confirm(subscriber: Subscriber, again: Wish | None, now: datetime) -> Subscriber:
    """Of two clicks at once one confirms, and welcomes."""
    if again is not None:
        subscriber = subscriptions.ask(
            addresses.decrypt(bytes(subscriber.address)),
            [again],
            language=subscriber.language,
            zone=subscriber.zone,
            origin="page",
            now=now,
        )
    subscriber = subscriptions.confirm(subscriber, now)
    suppressions.proven(subscriber)
    if subscriber.confirmed_at == now and subscriptions.wishes_of(subscriber):
        consents.given(subscriber, now)
        welcome.write(subscriber, now)
    return subscriber
