"""`/unsubscribe/<token>`: a page with buttons, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.translation import gettext as _

from feeds import characters
from notifier import subscriptions
from notifier.models import Farewell, Subscriber
from notifier.pages import holdings, letters, links
from notifier.tokens import Purpose

LONGEST_WORDS = 300
_LEFT = Subscriber.State.LEFT


def gone(request: HttpRequest) -> HttpResponse:
    """Nothing is sent to who has been erased: an old link, or a mail program's one click, got what it wanted."""
    return render(request, "notifier/gone.html")


@links.behind(Purpose.UNSUBSCRIBE, gone=gone)
def leave(request: HttpRequest, subscriber: Subscriber, now: datetime) -> HttpResponse:
    """GET asks. POST leaves all, whatever its body says, unless `act` is one of undo, one, back and why; always 200,
    never a redirect."""
    act, did = _act(request), False
    if request.method == "POST":
        did = _do(request, act, subscriber, now)
        subscriber.refresh_from_db()
    is_left = subscriber.state == _LEFT
    held = holdings.held_by(subscriber)
    dropped = subscriptions.dropped(subscriber, now)
    content = {
        "state": _state(act, did, is_left=is_left),
        "address": holdings.masked(subscriber),
        "wanted": held,
        "dropped": [] if is_left else [holdings.said(wish, subscriber, pk) for pk, wish in dropped],
        "undo": subscriptions.may_come_back(subscriber, now),
        "reasons": reasons(),
        "told_why": subscriber.told_why,
        "manage": links.link(Purpose.MANAGE, subscriber, now),
    }
    return render(request, "notifier/leave.html", content)


def _act(request: HttpRequest) -> str:
    """Which button; none where the body cannot be read: a mail program may write it as it likes."""
    try:
        return request.POST.get("act", "")
    except (BadRequest, SuspiciousOperation, MultiPartParserError):
        return ""


def reasons() -> list[tuple[str, str]]:
    """Why somebody may leave, in the page's language."""
    return [
        (Farewell.Reason.TOO_MUCH, _("Too many messages")),
        (Farewell.Reason.NOT_MINE, _("Not what I am interested in")),
        (Farewell.Reason.NO_NEED, _("I no longer need it for my work")),
        (Farewell.Reason.FEED, _("I follow the newsroom another way")),
        (Farewell.Reason.NEVER_ASKED, _("I never asked for it")),
        (Farewell.Reason.OTHER, _("Something else")),
    ]


def _state(act: str, did: bool, *, is_left: bool) -> str:
    if is_left:
        return "left"
    if act in {"undo", "back"}:
        return "back"
    return "less" if act == "one" and did else "here"


def _do(request: HttpRequest, act: str, subscriber: Subscriber, now: datetime) -> bool:
    """What the button says. False where one of several was to go and none did."""
    if act == "undo":
        if subscriber.state == _LEFT:
            subscriptions.come_back(subscriber, now)
    elif act == "one":
        return drop(subscriber, request.POST.get("held", ""), now)
    elif act == "back":
        take_back(subscriber, request.POST.get("number", ""), now)
    elif act == "why":
        _hear(request, subscriber, now)
    elif subscriber.state != _LEFT:
        _leave(subscriber, now)
    return True


@transaction.atomic
def drop(subscriber: Subscriber, key: str, now: datetime) -> bool:
    """Leave one of several, and tell the owner of the address; False if it is not there, or the only one."""
    held = holdings.held_by(subscriber)
    gone = holdings.called(held, key)
    if gone is None or len(held) < 2:
        return False
    subscriptions.drop(subscriber, gone.wish, now)
    tell_of_change(subscriber, now)
    return True


def take_back(subscriber: Subscriber, number: str, now: datetime) -> None:
    if number.isascii() and number.isdecimal() and len(number) < 19:
        subscriptions.take_back(subscriber, int(number), now)


def tell_of_change(subscriber: Subscriber, now: datetime) -> None:
    """Tell the owner what they get now: it may have been somebody to whom a message was passed on. Call it in the
    transaction of the change.
    """
    letters.notice(subscriber, "changed", letters.choices(subscriber), now)


@transaction.atomic
def _leave(subscriber: Subscriber, now: datetime) -> None:
    was_active, had = subscriber.state == Subscriber.State.ACTIVE, letters.choices(subscriber)
    subscriptions.leave(subscriber, now)
    if was_active and subscriber.left_at == now:
        letters.notice(subscriber, "gone", had, now)


def _hear(request: HttpRequest, subscriber: Subscriber, now: datetime) -> None:
    """Keep why they left, once for each leaving, without whose it is."""
    reason, words = (
        request.POST.get("reason", ""),
        " ".join(characters.shown(request.POST.get("words", "")).split()),
    )
    if reason not in Farewell.Reason.values and not words:
        return
    with transaction.atomic():
        if Subscriber.objects.filter(pk=subscriber.pk, told_why=False).update(told_why=True):
            Farewell.objects.create(
                reason=reason if reason in Farewell.Reason.values else Farewell.Reason.OTHER,
                words=words[:LONGEST_WORDS],
                on=now.date(),
            )
