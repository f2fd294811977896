"""What is known of one subscriber besides their messages, in plain English, for those who answer for the mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from feeds.models import Release
from notifier import suppressions
from notifier.models import Subscriber, Suppression
from notifier.pages import holdings

MOST = 200
_TURNS = {
    "asked": "Asked for mail.", "confirmed": "Confirmed.", "paused": "Paused.",
    "resumed": "Went on, with what was missed.", "afresh": "Went on afresh, without what was missed.",
    "left": "Left.", "came_back": "Came back.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the subscription at `at` (UTC), in a sentence, and `more` where there is more."""

    at: datetime
    said: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """`state` in one sentence; `subscriptions`: (what, when) of each that lives; `events`, the newest first, at most
    `MOST`; `suppression`: what keeps mail from the address now.
    """

    state: str
    subscriptions: list[tuple[str, str]]
    events: list[Event]
    suppression: Suppression | None


def of(subscriber: Subscriber, now: datetime) -> Story:
    """As things stand at `now`. Reads only."""
    with translation.override("en"):
        held = [(it.sentence, it.words) for it in holdings.held_by(subscriber)]
    events = sorted(_events(subscriber), key=lambda one: one.at, reverse=True)[:MOST]
    barred = suppressions.standing(now).filter(address=subscriber.address).first()
    return Story(_state(subscriber), held, events, barred)


def _state(subscriber: Subscriber) -> str:
    if subscriber.state == Subscriber.State.LEFT:
        return "Has left: gets no mail."
    if subscriber.state == Subscriber.State.PENDING:
        return "Has not confirmed yet: gets no mail."
    if subscriber.cadences.exclude(paused_at=None).exists():
        day = f" until {subscriber.pause_until:%-d %B %Y}" if subscriber.pause_until else ""
        how = (
            ", and then goes on without what was missed"
            if subscriber.pause_until and subscriber.pause_afresh
            else ""
        )
        return f"Subscribed, and pauses{day}{how}."
    return "Subscribed."


def _events(subscriber: Subscriber) -> Iterator[Event]:
    for turn in subscriber.turns.order_by("-pk")[:MOST]:
        yield Event(turn.at, _TURNS.get(turn.kind, f"{turn.kind}."))
    for consent in subscriber.consents.order_by("-pk")[:MOST]:
        yield Event(
            consent.at, f"Agreed, {consent.get_way_display()} (language: {consent.language}).",
            f"{consent.wording} They had chosen: {consent.what or 'nothing yet'}.",
        )  # fmt: skip
    for reply in subscriber.replies.order_by("-at", "-pk")[:MOST]:
        forgiven = "" if reply.counts else " It counts no more: the address has proven to work since."
        to = f"dispatch {reply.dispatch_id}" if reply.dispatch_id else "a message"
        yield Event(reply.at, f"In reply to {to} there came: {reply}.{forgiven}")
    watches = list(subscriber.watches.order_by("-pk")[:MOST])
    titles = dict(Release.objects.filter(pk__in={it.release_id for it in watches}).values_list("pk", "title"))
    for watch in watches:
        yield Event(
            watch.created_at, f"Began to watch “{titles.get(watch.release_id, 'a release that is gone')}”."
        )
        if watch.ended_at:
            yield Event(
                watch.ended_at, f"Watches no more “{titles.get(watch.release_id, 'a release that is gone')}”."
            )
