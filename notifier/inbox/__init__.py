"""What waits for a person's decision, over all rooms: one list for the admin site's home page and the weekly letter.

    piles(now) -> [Pile], the most urgent first; each is a few cheap queries and shows its first few matters
    seen_by(may, piles) -> those that an account with these permissions may see

Reads only. What is done about a matter is done by the page of its model (`notifier.admin.inbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from notifier.inbox import mail, newsroom, unmatched
from notifier.inbox.values import Button, Matter, Pile, Urgency

__all__ = ["Button", "Matter", "Pile", "Urgency", "piles", "seen_by"]

_PILES: tuple[Callable[[datetime], Pile | None], ...] = (
    mail.stopped,
    mail.relays,
    mail.unwell,
    mail.held,
    newsroom.fetches,
    newsroom.sources,
    mail.missing,
    newsroom.withdrawals,
    mail.corrections,
    newsroom.offices,
    newsroom.labels,
    unmatched.kept,
)


def piles(now: datetime) -> list[Pile]:
    """Those that hold anything, the most urgent first."""
    found = (pile for find in _PILES if (pile := find(now)) is not None and pile.total)
    return sorted(found, key=lambda pile: pile.urgency)


def seen_by(may: Callable[[str], bool], all_piles: Sequence[Pile]) -> Iterator[Pile]:
    """`may("feeds.view_source")` says whether somebody has a permission."""
    return (pile for pile in all_piles if may(pile.see))
