"""Letters that anybody can cause by typing an address: taken down at once, alike for all, and dealt with by a job.

a form -> take -> Ask -> deal -> a confirmation, a link to manage, an offer to add, or nothing
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from config.asking import Whether
from feeds import wake
from notifier import addresses, allowances, offers, subscriptions, watches
from notifier.models import Ask, Subscriber
from notifier.pages import letters
from notifier.wishes import Wish

log = structlog.stdlib.get_logger(__name__)
AT_ONCE = 100
MOST_LOOKED_AT = 2_000
KEPT = timedelta(days=1)
"""An ask that could not be dealt with is tried again for so long."""
Kind = Ask.Kind


def take(
    kind: str,
    address: str,
    *,
    language: str,
    zone: str,
    client: str,
    now: datetime,
    trapped: bool = False,
    content: dict[str, Any] | None = None,
) -> timedelta | None:
    """Take down that somebody at the network address `client` wants a letter to `address`, in its one form.

    None if it was; else how long they have to wait, and nothing was. `trapped`: a field was filled in that people do
    not see. Nothing here depends on who has the address.
    """
    with transaction.atomic():
        wait = allowances.take(client, now, trapped=trapped)
        if wait is None:
            Ask.objects.create(
                kind=kind,
                address=addresses.encrypt(address),
                content=content or {},
                language=language,
                zone=zone,
                at=now,
            )
            wake.ring()
    return wait


_waiting = Whether(Ask.objects.all)


def deal(now: datetime) -> None:
    """Write the letters that were asked for, in order. One that fails is told of, and holds nobody up: those behind it
    have their turn in the same pass.
    """
    if not _waiting():
        return
    done = 0
    for ask in list(Ask.objects.order_by("pk")[:MOST_LOOKED_AT]):
        if done == AT_ONCE:
            break
        try:
            with transaction.atomic():
                _DEALINGS[Kind(ask.kind)](ask, addresses.decrypt(bytes(ask.address)), now)
                ask.delete()
            done += 1
        except addresses.BadAddress as fault:  # written under another key: nobody will ever read it
            log.error("an ask is dropped", ask=ask.pk, why=str(fault))
            Ask.objects.filter(pk=ask.pk).delete()
        except Exception:
            log.exception("an ask could not be dealt with", ask=ask.pk)
            if now - ask.at > KEPT:
                Ask.objects.filter(pk=ask.pk).delete()


def _subscribe(ask: Ask, address: str, now: datetime) -> None:
    """Record the wish and write the letter, if the address may have one. Who is subscribed is offered to add it.

    Anybody may type any address. So of who has left nothing changes, their undo least of all, until they press the
    button: the wish waits in the letter. And what somebody is about to confirm is what their last letter says.
    """
    wish = offers.from_json(ask.content["wish"])
    known = subscriptions.find(address)
    if wish is None or (known is not None and not letters.may_have_one(known, now)):
        return
    if known is not None and known.state == Subscriber.State.LEFT:
        letters.write(known, now, offers.AGAIN, letters.offer(known, wish))
        return
    subscriber = subscriptions.ask(
        address, [wish], language=ask.language, zone=ask.zone, origin="page", now=now
    )
    if subscriber.state == Subscriber.State.ACTIVE and not offers.has(subscriber, wish):
        letters.write(subscriber, now, offers.LAYOUT, letters.offer(subscriber, wish))
    else:
        letters.write(subscriber, now)


def _manage(_ask: Ask, address: str, now: datetime) -> None:
    """A letter to an address that is subscribed, or waits for its confirmation; none to any other."""
    subscriber = subscriptions.find(address)
    if subscriber is not None and subscriber.state != Subscriber.State.LEFT:
        letters.write(subscriber, now)


def _watch(ask: Ask, address: str, now: datetime) -> None:
    """The letter with the link that begins the watch, if the address may have one."""
    watched = watches.release_called(ask.content["key"])
    if watched is None:  # withdrawn since
        return
    content = {"title": watched.title, "key": watched.key, "language_of_title": watched.language}
    subscriber = subscriptions.known(address, language=ask.language, zone=ask.zone, now=now)
    letters.write(subscriber, now, "watching", content)


_DEALINGS = {Kind.SUBSCRIBE: _subscribe, Kind.MANAGE: _manage, Kind.WATCH: _watch}


def wish_content(wish: Wish) -> dict[str, Any]:
    """What an ask to subscribe says."""
    return {"wish": offers.to_json(wish)}
