"""`/move/<token>`: another address, agreed to by the mailbox that the link came to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from notifier import addresses, allowances, moves, subscriptions, suppressions
from notifier.models import Subscriber
from notifier.pages import holdings, letters, links, timing
from notifier.tokens import BadToken, Purpose


@links.behind(Purpose.MOVE, referring=True)
def move(request: HttpRequest, subscriber: Subscriber, now: datetime, reference: int) -> HttpResponse:
    """GET shows what is asked; POST agrees. When both have, 303 to the page to manage."""
    asked = moves.asked_in(reference, subscriber, now)
    if asked is None:
        raise BadToken
    is_old = subscriber.pk == asked.subscriber_id
    if request.method == "POST":
        suppressions.proven(subscriber)
        if moves.agree(asked, subscriber, now):
            response = redirect(f"{links.link(Purpose.MANAGE, asked.subscriber, now)}?done=1")
            response.status_code = 303
            return response
        asked.refresh_from_db()
    content = {
        "old": holdings.masked(asked.subscriber),
        # Whose mail is to go elsewhere must see where; the new mailbox may be a stranger's, by a slip.
        "new": addresses.decrypt(bytes(asked.to.address)) if is_old else holdings.masked(asked.to),
        "agreed": bool(asked.here_at if is_old else asked.there_at),
        "is_old": is_old,
    }
    return render(request, "notifier/move.html", content)


def ask(subscriber: Subscriber, typed: str, client: str, now: datetime) -> str:
    """Write to both addresses. What is wrong with the one that was typed; "" if nothing is. `client`: who asks; one
    may cause only so many letters to addresses one types, here as everywhere.

    Whoever has the new address already gets the link to what they have, and nothing is moved. Nobody else learns of it,
    nor whether the new mailbox may just now be written to.
    """
    address, complaint = timing.read_address(typed)
    if complaint:
        return complaint
    if allowances.take(client, now) is not None:
        return not_today()
    with transaction.atomic():
        to = subscriptions.known(address, language=subscriber.language, zone=subscriber.zone, now=now)
        if to.pk == subscriber.pk:
            return _("That is the address you have.")
        begun = moves.begin(subscriber, to, now)
        if begun.asked_today > moves.A_DAY or not letters.question(
            subscriber, moves.HERE, _told(begun.pk, subscriber, to), now
        ):
            transaction.set_rollback(True)
            return not_today()
        if to.state == Subscriber.State.ACTIVE:
            letters.write(to, now)
        else:
            letters.write(to, now, moves.THERE, _told(begun.pk, to, subscriber))
    return ""


def not_today() -> str:
    return _("We cannot write to your present address just now. Please try again tomorrow.")


def _told(pk: int, reader: Subscriber, other: Subscriber) -> dict[str, object]:
    with translation.override(reader.language):
        return {"move": pk, "other": holdings.masked(other)}
