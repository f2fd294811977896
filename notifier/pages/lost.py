"""`/manage/`: no link at hand? One is sent; the page says the same to everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from config import clock
from feeds.templating import language, newsroom_of
from notifier import asks
from notifier.pages import strangers, timing


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
    return strangers.taken(request, asks.Kind.MANAGE, address, times, clock.now())
