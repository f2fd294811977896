"""Letters that anybody can cause by typing an address, or with a link that was passed on: few, and none to who must not
get any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import translation

from notifier import interests, offers, post, suppressions
from notifier.models import Subscriber
from notifier.pages import holdings
from notifier.wishes import Wish

BETWEEN_LETTERS = timedelta(minutes=15)
LETTERS_A_DAY = 3
BETWEEN_NOTICES = timedelta(days=1)
NOTICES = {"gone": "left_notice_at", "changed": "change_notice_at"}


def write(
    subscriber: Subscriber,
    now: datetime,
    layout: str = "",
    content: dict[str, Any] | None = None,
    *,
    soon: bool = False,
) -> bool:
    """A confirmation, or the link to manage for who is subscribed, or what else is said; whether one was written.

    At most one in 15 minutes and three on one day (UTC); `soon`: only the latter, for what needs a link of theirs.
    Call it in the transaction that found the subscriber.
    """
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if not may_have_one(row, now, soon=soon) or is_suppressed(row, now):
        return False
    row.letters_today = _letters_on(row, now) + 1
    row.letter_sent_at = now
    row.save(update_fields=["letters_today", "letter_sent_at"])
    if not layout:
        layout = "manage" if row.state == Subscriber.State.ACTIVE else "confirm"
    if content is None:
        content = {
            "choices": [interests.describe(held.selection, row.language) for held in holdings.held_by(row)]
        }
    post.letter(row, layout, content, now)
    return True


def choices(subscriber: Subscriber) -> list[str]:
    """What the person gets, and when, in their language."""
    with translation.override(subscriber.language):
        return [f"{it.sentence} · {it.words}" for it in holdings.held_by(subscriber)]


def offer(subscriber: Subscriber, wish: Wish) -> dict[str, Any]:
    """What the letter says that offers to add this wish, and the wish itself."""
    with translation.override(subscriber.language):
        held = holdings.would_hold(subscriber, wish)
        so_far = [it.sentence for it in holdings.held_by(subscriber)]
    return {"wish": offers.to_json(wish), "choices": [f"{held.sentence} · {held.words}"], "so_far": so_far}


def notice(subscriber: Subscriber, layout: str, choices: list[str], now: datetime) -> bool:
    """Tell the owner of the address what was done with a link of theirs: "gone" or "changed"; each once in 24 hours.

    Call it in the transaction of what was done.
    """
    column = NOTICES[layout]
    row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    last = getattr(row, column)
    if (last is not None and now - last < BETWEEN_NOTICES) or is_suppressed(row, now):
        return False
    setattr(row, column, now)
    row.save(update_fields=[column])
    post.letter(row, layout, {"choices": choices}, now)
    return True


def question(subscriber: Subscriber, layout: str, content: dict[str, Any], now: datetime) -> bool:
    """Ask the owner of the address about what was asked for with a link of theirs. Its caller sees to it that there are
    few. Call it in the transaction of what was asked for.
    """
    if is_suppressed(subscriber, now):
        return False
    post.letter(subscriber, layout, content, now)
    return True


def may_have_one(subscriber: Subscriber, now: datetime, *, soon: bool = False) -> bool:
    last = subscriber.letter_sent_at
    rested = last is None or soon or now - last >= BETWEEN_LETTERS
    return rested and _letters_on(subscriber, now) < LETTERS_A_DAY


def is_suppressed(subscriber: Subscriber, now: datetime) -> bool:
    return suppressions.standing(now).filter(address=subscriber.address).exists()


def _letters_on(subscriber: Subscriber, now: datetime) -> int:
    last = subscriber.letter_sent_at
    same_day = last is not None and last.astimezone(UTC).date() == now.astimezone(UTC).date()
    return subscriber.letters_today if same_day else 0
