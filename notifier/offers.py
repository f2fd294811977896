"""A wish of somebody who is subscribed already. Anybody may type any address, so it waits in the letter that offers it.

    the form -> Wish -> content of the letter "add" -> its link -> wish_in(dispatch) -> subscriptions.add

It has no row of its own: the link names the letter's dispatch, and the letter's edition holds the wish.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from feeds import former
from feeds.selection import BadSelection, Selection
from notifier import subscriptions
from notifier.models import Edition, Subscriber
from notifier.wishes import BadWish, Wish, checked

LAYOUT = "add"
AGAIN = "confirm"
"""The layout of a letter that, to somebody who has left, holds what they would come back to."""


def to_json(wish: Wish) -> dict[str, Any]:
    return {**asdict(wish), "selection": wish.selection.to_json()}


def wish_in(dispatch: int, layout: str = LAYOUT) -> Wish | None:
    """What the letter of this dispatch offers, merged terms as those they went up in; None if it offers nothing."""
    edition = Edition.objects.filter(dispatch_id=dispatch, layout=layout).first()
    if edition is None:
        return None
    return from_json(edition.content.get("wish"))


def from_json(value: Any) -> Wish | None:
    """What `to_json` wrote, merged terms as those they went up in; None for what is none, or cannot be asked for."""
    try:
        stored = dict(value)
        selection = former.known().selection(Selection.from_json(stored.pop("selection")))
        return checked([Wish(selection, **stored)])[0]
    except (BadSelection, BadWish, KeyError, TypeError, ValueError):  # written by another version of Herald
        return None


def has(subscriber: Subscriber, wish: Wish) -> bool:
    """Whether the person has this selection at this frequency, at whatever hour."""
    held = subscriptions.wishes_of(subscriber)
    return any((it.frequency, it.selection) == (wish.frequency, wish.selection) for it in held)
