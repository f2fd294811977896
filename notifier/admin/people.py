"""One subscriber's page in the admin site: who is meant, the facts and messages as it shows them, and its buttons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from config import auditing
from config.adminsite import actor, number
from notifier import addresses, subscriptions, suppressions
from notifier.admin.local import Clock
from notifier.deliveries import Message
from notifier.models import Subscriber
from notifier.pages import letters

TONES = {"sent": "good", "failed": "bad", "suppressed": "bad", "cancelled": "warn", "deferred": "warn"}
_ORIGINS = {
    "page": "by a page of this site", "command": "by an operator", "import": "from another system", "demo": "made up",
}  # fmt: skip
_LONGEST = 200


def called(typed: str) -> Subscriber | None:
    """Who has this address, or this number."""
    name = typed.strip()
    if (pk := number(name)) is not None:
        return Subscriber.objects.filter(pk=pk).first()
    try:
        return subscriptions.find(name)
    except addresses.BadAddress:
        return None


def facts(found: Subscriber, local: Clock) -> list[tuple[str, str]]:
    """What the row says, in words; what is not so is left out."""
    said = [
        ("Language", found.language),
        ("Time zone", found.zone),
        ("Came", f"{local.shown(found.created_at)}, {_ORIGINS.get(found.origin, found.origin)}"),
        ("Confirmed", local.shown(found.confirmed_at)),
        ("Left", local.shown(found.left_at)),
        ("Digests", "hold also what came at once" if found.repeat_alerts else ""),
        ("Private feed", f"since {found.feed_since:%-d %B %Y}" if found.feed_since else ""),
    ]
    return [(label, value) for label, value in said if value]


def row(one: Message, local: Clock) -> dict[str, Any]:
    """A message as a line of a table."""
    why = reverse("admin:notifier_subscriber_why")
    return {
        "one": one,
        "made": local.shown(one.made_at),
        "ended": local.shown(one.finished_at),
        "next": local.shown(one.next_try_at),
        "tone": TONES.get(one.state, "quiet"),
        "releases": [(title, f"{why}?person={one.subscriber}&release={key}") for key, title in one.releases],
        "dispatch": reverse("admin:notifier_dispatch_change", args=[one.dispatch]),
        "person": reverse("admin:notifier_subscriber_change", args=[one.subscriber]),
    }


def act(request: HttpRequest, found: Subscriber, now: datetime) -> None:
    """Do what the button says that was pressed, record it, and tell."""
    button = _BUTTONS.get(request.POST.get("do", ""))
    if button is None:
        messages.warning(request, "Nothing was done: there is no such button.")
    else:
        button(request, found, now)


def _suppress(request: HttpRequest, found: Subscriber, now: datetime) -> None:
    reason = request.POST.get("reason", "").strip()[:_LONGEST]
    days = number(request.POST.get("days", "0") or "0")
    if not reason or days is None or days > 36_500:
        messages.warning(request, "Nothing was done: say why, and for how many days (0: for good).")
        return
    try:
        address, ends = addresses.decrypt(bytes(found.address)), suppressions.until(now, days)
        suppressions.add(address, reason, actor(request), "admin", now, ends)
    except addresses.BadAddress as error:
        messages.warning(request, f"Nothing was done: {error}.")
    else:
        messages.success(request, "Suppressed: nothing is sent to this address, whatever is queued for it.")


def _lift(request: HttpRequest, found: Subscriber, now: datetime) -> None:
    barred = suppressions.standing(now).filter(address=found.address).first()
    if barred is None:
        messages.warning(request, "Nothing was done: the address is not suppressed.")
        return
    suppressions.lift(barred, request.POST.get("note", "").strip()[:300], actor(request), "admin", now)
    messages.success(request, "Lifted: the address gets mail again, if it is subscribed.")


def _letter(request: HttpRequest, found: Subscriber, now: datetime) -> None:
    """The link to manage; for one who has not confirmed, the question once more."""
    with transaction.atomic():
        written = found.state != Subscriber.State.LEFT and letters.write(found, now)
        if written:
            _record(request, found, "sent a link", now)
    if written:
        messages.success(request, "A letter with their link is on its way.")
    else:
        why = (
            "they have left"
            if found.state == Subscriber.State.LEFT
            else ("the address is suppressed, or had a letter in the last quarter of an hour or three today")
        )
        messages.warning(request, f"No letter was sent: {why}.")


def _cancel(request: HttpRequest, found: Subscriber, now: datetime) -> None:
    with transaction.atomic():
        many = subscriptions.cancel_queued(found.pk, now, "cancelled by an admin")
        if many:
            _record(request, found, "cancelled what was queued", now, {"messages": many})
    if many:
        messages.success(request, f"Cancelled: {many:,} {'message' if many == 1 else 'messages'} to them.")
    else:
        messages.warning(request, "Nothing was done: nothing is queued for them.")


def _record(request: HttpRequest, found: Subscriber, what: str, now: datetime, after: Any = None) -> None:
    subject = f"subscriber {found.pk}"
    auditing.record(actor(request), "admin", what, subject, before=None, after=after, now=now)


_BUTTONS = {"suppress": _suppress, "lift": _lift, "letter": _letter, "cancel": _cancel}
