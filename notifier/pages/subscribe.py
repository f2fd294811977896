"""`/subscribe`: ask for mail. Whoever asks, for whatever address, gets the same answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from config import clock
from feeds.templating import language, newsroom_of
from notifier import subscriptions
from notifier.pages import choice as choices
from notifier.pages import desk, front, letters, timing
from notifier.wishes import Wish


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """POST: the address, the choice and the times; 303 to the next page, or 422 with what to mend. GET: the form."""
    if request.method != "POST":
        return redirect("notifier:front")
    now = clock.now()
    chosen = choices.read(request.POST, desk.offered_topics(), desk.offered_offices())
    schedules = timing.offered()
    usual = timing.standard(schedules, newsroom_of(request).zone, language())
    times, wrong = timing.read_times(request.POST, usual, schedules)
    typed = request.POST.get("email", "")
    address, complaint = timing.read_address(typed)
    if complaint:
        wrong = {"email": complaint, **wrong}
    if wrong:
        return front.show(request, chosen, timing.Form(times, typed[:254], wrong), now)
    ask(address, times.wish(chosen.selection), times, now)
    response = redirect("notifier:sent")
    response.status_code = 303
    return response


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox: the same page for everybody."""
    return render(request, "notifier/sent.html")


def ask(address: str, wish: Wish, times: timing.Times, now: datetime) -> None:
    """Record the wish and write the letter, if the address may have one."""
    with transaction.atomic():
        subscriber = subscriptions.ask(
            address, [wish], language=times.language, zone=times.zone, origin="page", now=now
        )
        letters.write(subscriber, now)
