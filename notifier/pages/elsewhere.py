"""A form to subscribe that stands on another site: the HTML to copy, and the page that its readers arrive at.

What another site posts stores nothing and sends nothing. It fills in a form of ours, which the reader sends: so
forgery, traps and limits are dealt with in one place, `/subscribe`. See docs/decisions/0046.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from markupsafe import Markup

from config import clock
from config.places import public, source
from feeds.selection import BadSelection
from feeds.templating import language, newsroom_of, sentence_case
from notifier import interests
from notifier.pages import choice as choices
from notifier.pages import desk, front, timing
from notifier.pages.choice import Choice


def signup(request: HttpRequest, choose: str) -> Markup:
    """The small form of the page of an office or topic; `choose`: what is chosen, as a query."""
    chosen = choices.asked(QueryDict(choose), desk.offered_topics(), desk.offered_offices())
    return Markup(  # noqa: S704 - rendered with everything escaped
        render_to_string("notifier/signup.html", {**_form(request, chosen, {}), "choose": choose}, request)
    )


@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """The HTML to copy for the choice in the address; 400 for one that cannot be."""
    try:
        chosen = choices.asked(request.GET, desk.offered_topics(), desk.offered_offices())
    except BadSelection:
        return _refused(request, "", 400)
    action = f"{public(reverse('notifier:elsewhere'))}?lang={language()}"
    content = {"action": action, "hidden": chosen.hidden, "sentence": _sentence(chosen)}
    html = render_to_string("notifier/paste.html", content)
    return render(request, "notifier/paste_page.html", {**content, "html": html.strip(), "allowed": source()})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest) -> HttpResponse:
    """POST from anywhere: a page with what was typed and a button that sends it to `/subscribe`. Keeps nothing."""
    if request.method != "POST":
        return redirect("notifier:front")
    try:
        chosen = choices.read(request.POST, desk.offered_topics(), desk.offered_offices())
    except BadSelection:
        return _refused(request, _typed(request.POST), 422)
    response = render(request, "notifier/arrived.html", _form(request, chosen, request.POST))
    response["Cache-Control"] = "no-store"
    return response


def _refused(request: HttpRequest, typed: str, status: int) -> HttpResponse:
    """The front page, to choose anew."""
    usual = timing.standard(timing.offered(), newsroom_of(request).zone, language())
    wrong = timing.Form(usual, typed, front.nothing_like_it())
    return front.show(request, Choice(), wrong, clock.now(), refused=status)


def _form(request: HttpRequest, chosen: Choice, posted: QueryDict | dict[str, str]) -> dict[str, Any]:
    schedules = timing.offered()
    usual = timing.standard(schedules, newsroom_of(request).zone, language())
    frequencies = front.frequency_options(schedules, None)
    asked = str(posted.get("frequency", ""))
    return {
        "hidden": chosen.hidden,
        "sentence": _sentence(chosen),
        "form": timing.Form(usual, _typed(posted)),
        "frequencies": frequencies,
        "frequency": asked if asked in dict(frequencies) else usual.frequency,
        "tongue_of_mail": language(),
    }


def _typed(posted: QueryDict | dict[str, str]) -> str:
    return str(posted.get("email", "")).replace("\0", "")[:254]


def _sentence(chosen: Choice) -> str:
    return sentence_case(interests.describe(chosen.selection, language()))
