"""`/manage/<token>`: see what one gets, change it, pause, go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from feeds.templating import language
from notifier import subscriptions, watches
from notifier.models import Frequency, Subscriber
from notifier.pages import choice as choices
from notifier.pages import desk, front, holdings, links, timing
from notifier.pages.holdings import Held
from notifier.tokens import Purpose
from notifier.wishes import Wish


@links.behind(Purpose.MANAGE)
def manage(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    """GET shows; POST does what its button (`act`) says and comes back with 303, or 422 with what to mend."""
    if request.method == "POST":
        wrong = _act(request, subscriber, now)
        if not wrong:
            return _back(request)
        return _show(request, subscriber, now, wrong)
    return _show(request, subscriber, now, {})


def _act(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    """Do it. What is wrong with the form, by field; empty if it was done."""
    act = request.POST.get("act", "")
    if act == "save":
        return _save(request, subscriber, now)
    if act == "remove":
        _remove(request, subscriber, now)
    elif act == "person":
        return _save_person(request, subscriber, now)
    elif act == "unwatch":
        watches.end(subscriber, request.POST.get("key", ""), now)
    elif act == "pause":
        subscriptions.pause(subscriber, now)
    elif act in {"resume", "afresh"}:
        subscriptions.resume(subscriber, now, missed=act == "resume")
    return {}


def _save(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    held = holdings.held_by(subscriber)
    edited = _numbered(held, request.POST.get("number", ""))
    if edited is None:
        return {}
    times, wrong = timing.read_times(request.POST, edited.times, timing.offered())
    if wrong:
        return wrong
    selection = edited.selection
    if edited.choice is not None:
        keep = edited.choice.offices  # a closed office that was chosen long ago may stay chosen
        offices = {*desk.offered_offices(), *keep}
        selection = choices.read(request.POST, desk.offered_topics(), offices).selection
    changed = times.wish(selection)
    after = [changed if it is edited else _alongside(it, changed) for it in held]
    subscriptions.change(subscriber, after, now=now)
    return {}


def _remove(request: HttpRequest, subscriber: Subscriber, now: datetime) -> None:
    held = holdings.held_by(subscriber)
    gone = _numbered(held, request.POST.get("number", ""))
    if gone is not None and len(held) > 1:
        subscriptions.change(subscriber, [it.wish for it in held if it is not gone], now=now)


def _save_person(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    before = timing.Times(Frequency.DAILY, 0, "", subscriber.zone, subscriber.language)
    times, wrong = timing.read_times(request.POST, before, timing.offered())
    if not wrong:
        subscriptions.change(
            subscriber,
            now=now,
            zone=times.zone,
            language=times.language,
            repeat_alerts="repeat" in request.POST if "may_repeat" in request.POST else None,
        )
    return wrong


def _alongside(held: Held, changed: Wish) -> Wish:
    """Another wish of the person: one hour is for all at the same frequency."""
    if held.frequency != changed.frequency:
        return held.wish
    return replace(held.wish, minute=changed.minute, weekdays=changed.weekdays, monthday=changed.monthday)


def _numbered(held: list[Held], number: str) -> Held | None:
    return next((it for it in held if str(it.number) == number), None)


def _back(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(f"{request.path}?done=1")
    response.status_code = 303
    return response


def _show(request: HttpRequest, subscriber: Subscriber, now: datetime, wrong: dict[str, str]) -> HttpResponse:
    held = holdings.held_by(subscriber)
    asked = request.POST.get("number") or request.GET.get("edit") or ("1" if len(held) == 1 else "")
    edited = _numbered(held, asked)
    person = timing.Times(Frequency.DAILY, 0, "", subscriber.zone, subscriber.language)
    content = {
        "state": subscriber.state,
        "address": holdings.masked(subscriber),
        "held": held,
        "edited": edited,
        "watched": watches.of(subscriber, now),
        "paused": subscriptions.is_paused(subscriber),
        "done": "done" in request.GET and not wrong,
        "wrong": wrong,
        "person": person,
        "may_repeat": len({it.frequency for it in held}) > 1
        and any(it.frequency == Frequency.INSTANT for it in held),
        "repeats": subscriber.repeat_alerts,
        "frequencies": front.frequency_options(timing.offered(), None),
        "leave": links.link(Purpose.UNSUBSCRIBE, subscriber, now),
        "code": language(),
        **front.time_options(edited.times if edited else person, now),
        **_picks(edited),
    }
    return render(request, "notifier/manage.html", content, status=422 if wrong else 200)


def _picks(edited: Held | None) -> dict[str, object]:
    """The boxes of the subscription that is open, all of them in sight."""
    if edited is None or edited.choice is None:
        return {"topics": [], "offices": []}
    chosen = edited.choice
    return {
        "topics": desk.boxes(desk.offered_topics(), chosen.topics),
        "offices": desk.boxes(desk.offered_offices(chosen.offices), chosen.offices),
    }
