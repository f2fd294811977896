"""`/manage/`: no link at hand? One is sent; the page says the same to everybody."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config import clock
from feeds.templating import language, newsroom_of
from notifier import subscriptions
from notifier.models import Subscriber
from notifier.pages import letters, timing


@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: 303 to "look into your mailbox", or 422 with what to mend."""
    times = timing.standard(timing.offered(), newsroom_of(request).zone, language())
    if request.method != "POST":
        return render(request, "notifier/lost.html", {"form": timing.Form(times)})
    typed = request.POST.get("email", "")
    address, complaint = timing.read_address(typed)
    if complaint:
        form = timing.Form(times, typed[:254], {"email": complaint})
        return render(request, "notifier/lost.html", {"form": form}, status=422)
    remind(address, clock.now())
    response = redirect("notifier:sent")
    response.status_code = 303
    return response


def remind(address: str, now: datetime) -> None:
    """A letter to an address that is subscribed, or waits for its confirmation; none to any other."""
    with transaction.atomic():
        subscriber = subscriptions.find(address)
        if subscriber is not None and subscriber.state != Subscriber.State.LEFT:
            letters.write(subscriber, now)
