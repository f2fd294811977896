"""`/subscribe`: ask for mail. Whoever asks, for whatever address, gets the same answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from config import clock
from config.places import here
from feeds.selection import BadSelection
from feeds.templating import language, newsroom_of
from notifier import asks
from notifier.pages import choice as choices
from notifier.pages import desk, front, strangers, timing
from notifier.pages.choice import Choice


@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """POST: the address, the choice and the times; 303 to the next page, or 422 with what to mend.

    GET: the form, for the selection in the address.
    """
    if request.method != "POST":
        return redirect(here(f"/?{request.GET.urlencode()}#yours" if request.GET else "/"))
    now = clock.now()
    chosen, wrong = _chosen(request)
    schedules = timing.offered()
    usual = timing.standard(schedules, newsroom_of(request).zone, language())
    times, complaints = timing.read_times(request.POST, usual, schedules)
    wrong |= complaints
    typed = request.POST.get("email", "")
    address, complaint = timing.read_address(typed)
    if complaint:
        wrong = {"email": complaint, **wrong}
    if wrong:
        return front.show(request, chosen, timing.Form(times, typed[:254], wrong), now)
    content = asks.wish_content(times.wish(chosen.selection))
    return strangers.taken(request, asks.Kind.SUBSCRIBE, address, times, now, content)


def _chosen(request: HttpRequest) -> tuple[Choice, dict[str, str]]:
    """What was chosen, or everything and what is wrong with it."""
    try:
        return choices.read(request.POST, desk.offered_topics(), desk.offered_offices()), {}
    except BadSelection:
        return Choice(), front.nothing_like_it()


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox: the same page for everybody."""
    return render(request, "notifier/sent.html")
