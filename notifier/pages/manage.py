"""`/manage/<token>`: see what one gets, change it, pause, go on; another address, a feed of one's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from feeds.pages.parts import addresses
from feeds.selection import Selection
from feeds.templating import day, language
from notifier import moves, pauses, subscriptions, watches
from notifier.models import Frequency, Subscriber
from notifier.pages import choice as choices
from notifier.pages import desk, front, holdings, leave, letters, links, move, own, private, timing
from notifier.pages.holdings import Held
from notifier.tokens import Purpose
from notifier.wishes import Wish


@links.behind(Purpose.MANAGE, referring=True)
def manage(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET shows; POST does what its button (`act`) says and comes back with 303, or 422 with what to mend."""
    fresh = own.is_fresh(subscriber, reference, now)
    if request.method == "POST":
        wrong = _act(request, subscriber, now)
        if not wrong:
            return _back(request)
        return _show(request, subscriber, now, wrong, fresh)
    return _show(request, subscriber, now, {}, fresh)


def _act(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    """Do it. What is wrong with the form, by field; empty if it was done."""
    act = request.POST.get("act", "")
    if act == "save":
        return _save(request, subscriber, now)
    if act == "person":
        return _save_person(request, subscriber, now)
    if act == "pause":
        return _pause(request, subscriber, now)
    if subscriber.state == Subscriber.State.ACTIVE and act == "move":
        client = request.META.get("REMOTE_ADDR", "")
        complaint = move.ask(subscriber, request.POST.get("email", ""), client, now)
        return {"email": complaint} if complaint else {}
    if act == "link":
        return {} if _link(subscriber, now) else {"link": move.not_today()}
    _press(request, act, subscriber, now)
    return {}


def _press(request: HttpRequest, act: str, subscriber: Subscriber, now: datetime) -> None:
    """What needs nothing but a button."""
    if act == "remove":
        leave.drop(subscriber, request.POST.get("held", ""), now)
    elif act == "back":
        leave.take_back(subscriber, request.POST.get("number", ""), now)
    elif act == "unwatch":
        watches.end(subscriber, request.POST.get("key", ""), now)
    elif act == "feed":
        private.renew(subscriber, now)
    elif act in {"resume", "afresh"}:
        subscriptions.resume(subscriber, now, missed=act == "resume")


@transaction.atomic
def _link(subscriber: Subscriber, now: datetime) -> bool:
    """A new link by mail, whatever their state: the data are theirs."""
    return letters.write(subscriber, now, "manage", soon=True)


def _pause(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    """Until they go on, or until a day by their own calendar."""
    said = request.POST.get("until", "").strip()
    first, last = pauses.days(subscriber.zone, now)
    try:
        until = date.fromisoformat(said) if said else None
    except ValueError:
        until = date.min
    if until is not None and not first <= until <= last:
        return {
            "until": _("Choose a day from tomorrow on, at most a year ahead, such as %(day)s.")
            % {"day": day(first)}
        }
    subscriptions.pause(subscriber, now, until, afresh=request.POST.get("then") == "afresh")
    return {}


@transaction.atomic
def _save(request: HttpRequest, subscriber: Subscriber, now: datetime) -> dict[str, str]:
    """Of two pages that are open, the one that is saved later meets what the earlier one has made of it."""
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    held = holdings.held_by(subscriber)
    edited = holdings.called(held, request.POST.get("held", ""))
    if edited is None:
        return {
            "held": _("This has been changed meanwhile. Please look at what you have, and change it anew.")
        }
    times, wrong = timing.read_times(request.POST, edited.times, timing.offered())
    if wrong:
        return wrong
    selection = _selection(request, edited)
    if selection is None:
        return {"line": _("Keep a line, or tick something for a new one.")}
    changed = times.wish(selection)
    after = [changed if it is edited else _alongside(it, changed) for it in held]
    before = subscriptions.wishes_of(subscriber)
    subscriptions.change(subscriber, after, now=now)
    if subscriptions.wishes_of(subscriber) != before:
        leave.tell_of_change(subscriber, now)
    return {}


def _selection(request: HttpRequest, edited: Held) -> Selection | None:
    """What the form selects: its boxes, or the lines that were kept and one of the boxes. None: nothing at all."""
    had = edited.choice or choices.Choice()  # what is closed and was chosen long ago may stay chosen
    topics, offices = desk.offered_topics(had.topics), desk.offered_offices(had.offices)
    chosen = choices.read(request.POST, topics, offices)
    if edited.choice is not None:
        return chosen.selection
    kept = set(request.POST.getlist("line"))
    rules = [rule for number, rule in enumerate(edited.selection.rules, 1) if str(number) in kept]
    rules += chosen.selection.rules if chosen != choices.Choice(either=chosen.either) else ()
    return Selection(tuple(rules)) if rules else None


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


def _back(request: HttpRequest) -> HttpResponse:
    written = request.POST.get("act") in {"move", "link"}
    response = HttpResponseRedirect(f"{request.path}?{'sent' if written else 'done'}=1")
    response.status_code = 303
    return response


def _show(
    request: HttpRequest, subscriber: Subscriber, now: datetime, wrong: dict[str, str], fresh: bool
) -> HttpResponse:
    subscriber.refresh_from_db()
    held = holdings.held_by(subscriber)
    edited = holdings.called(held, request.POST.get("held") or request.GET.get("edit", ""))
    edited = edited or (held[0] if len(held) == 1 else None)
    person = timing.Times(Frequency.DAILY, 0, "", subscriber.zone, subscriber.language)
    content = {
        "state": subscriber.state,
        "undo": subscriptions.may_come_back(subscriber, now),
        "address": holdings.masked(subscriber),
        "held": held,
        "edited": edited,
        "watched": watches.of(subscriber, now),
        **_away(subscriber, now),
        **_owned(request, subscriber, now, wrong, fresh),
        "dropped": [
            holdings.said(wish, subscriber, pk) for pk, wish in subscriptions.dropped(subscriber, now)
        ],
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


def _away(subscriber: Subscriber, now: datetime) -> dict[str, object]:
    """The pause: whether there is one, until when, and which days one may choose."""
    first, last = pauses.days(subscriber.zone, now)
    return {
        "paused": subscriptions.is_paused(subscriber),
        "paused_until": subscriber.pause_until,
        "paused_afresh": subscriber.pause_afresh,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
    }


def _owned(
    request: HttpRequest, subscriber: Subscriber, now: datetime, wrong: dict[str, str], fresh: bool
) -> dict[str, object]:
    """What is the person's own: a feed, an address, and all that is held."""
    path, moving = private.path_of(subscriber), moves.pending(subscriber, now)
    return {
        "feed": addresses(path) if path else [],
        "moving": holdings.masked(moving.to) if moving else "",
        "form": timing.Form(
            timing.Times(Frequency.DAILY, 0, "", subscriber.zone, subscriber.language),
            request.POST.get("email", "")[:254],
            wrong,
        ),
        "fresh": fresh,
        "sent": "sent" in request.GET and not wrong,
    }


def _picks(edited: Held | None) -> dict[str, object]:
    """The boxes of the subscription that is open, all of them in sight."""
    if edited is None:
        return {"topics": [], "offices": []}
    chosen = edited.choice or choices.Choice()
    return {
        "topics": desk.boxes(desk.offered_topics(chosen.topics), chosen.topics),
        "offices": desk.boxes(desk.offered_offices(chosen.offices), chosen.offices),
    }
