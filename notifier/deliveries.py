"""Messages one by one, for whoever answers for them: those of one person, and those of one dispatch. Reads only.

The ledger's key is (dispatch, person), and there is no other index over what has ended: so a person's messages are
found by looking at some thousand dispatches at a time, and a dispatch's in order of persons. Pages go on from a key,
as counting a million rows for the number of a page costs more than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.models import Release, Standing
from notifier import interests
from notifier.dispatches import Board
from notifier.models import Delivery, Dispatch, Edition

PAGE = 50
AT_ONCE = 500
LOOKED_AT = 20_000
"""Dispatches that one page of a person's messages looks at, letters to others among them."""
TITLES = 5
_LETTERS = {
    "confirm": "question whether they want this", "manage": "link to manage", "welcome": "welcome",
    "gone": "notice that they have left", "changed": "notice of a change", "add": "offer to add a choice",
    "watching": "notice of a watch", "move": "question before a new address", "moving": "notice of a new address",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery. `what`: "daily 07:00 Europe/Vienna", "at once", "letter: welcome"; `because`: what they had chosen,
    in words; `releases`: (key, title) of those in it, the first few, with `more` of them.

    `tries`: how often it was begun. `perhaps`: the connection broke after it was handed over, so it may have arrived.
    """

    dispatch: int
    subscriber: int
    made_at: datetime
    what: str
    state: str
    reason: str
    tries: int
    next_try_at: datetime | None
    finished_at: datetime | None
    perhaps: bool
    because: str
    releases: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Page:
    """`further`: the key to go on from; None at the end."""

    messages: Sequence[Message]
    further: int | None


def of_person(subscriber: int, now: datetime, before: int | None = None) -> Page:
    """The newest first, of dispatches with a smaller number than `before`."""
    found: list[Delivery] = []
    looked, last = 0, before
    while looked < LOOKED_AT:
        dispatches = Dispatch.objects.filter(archived_at=None).order_by("-pk")
        dispatches = dispatches.filter(pk__lt=last) if last is not None else dispatches
        ids = list(dispatches.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return Page(_messages(found, now), None)
        mine = Delivery.objects.filter(dispatch_id__in=ids, subscriber_id=subscriber).order_by("-dispatch_id")
        found += mine
        if len(found) >= PAGE:
            found = found[:PAGE]
            return Page(_messages(found, now), found[-1].dispatch_id)
        looked, last = looked + len(ids), ids[-1]
    return Page(_messages(found, now), last)


def of_dispatch(dispatch: int, now: datetime, state: int | None = None, after: int | None = None) -> Page:
    """In order of persons, from the one after `after`; those in one `state`, or all."""
    rows = Delivery.objects.filter(dispatch_id=dispatch).order_by("subscriber_id")
    rows = rows.filter(state=state) if state is not None else rows
    found = list((rows.filter(subscriber_id__gt=after) if after is not None else rows)[: PAGE + 1])
    further = found[PAGE - 1].subscriber_id if len(found) > PAGE else None
    return Page(_messages(found[:PAGE], now), further)


def _messages(rows: Sequence[Delivery], now: datetime) -> list[Message]:
    editions = Edition.objects.select_related("dispatch__chain").in_bulk({row.edition_id for row in rows})
    chosen = interests.selections({row.interest_id for row in rows if row.interest_id})
    words = {pk: interests.describe(selection, "en") for pk, selection in chosen.items()}
    dispatches = {edition.dispatch_id: edition.dispatch for edition in editions.values()}
    board = Board(list(dispatches.values()), now)
    named = _named(edition for edition in editions.values())
    return [
        _message(row, editions[row.edition_id], board, words, named)
        for row in rows
        if row.edition_id in editions
    ]


def _message(
    row: Delivery, edition: Edition, board: Board, words: dict[int, str], named: dict[int, tuple[str, str]]
) -> Message:
    releases = tuple(named[pk] for pk in _releases(edition) if pk in named)
    what = board.what(edition.dispatch)
    if edition.dispatch.lane == Dispatch.Lane.LETTER:
        what = f"letter: {_LETTERS.get(edition.layout, edition.layout)}"
    return Message(
        row.dispatch_id, row.subscriber_id, edition.dispatch.made_at, what,
        Delivery.State(row.state).name.lower(), row.reason, row.attempt, row.next_try_at, row.finished_at,
        row.after_dot and row.state != Delivery.State.SENT, words.get(row.interest_id or 0, ""),
        releases[:TITLES], max(0, len(releases) - TITLES),
    )  # fmt: skip


def _releases(edition: Edition) -> Iterator[int]:
    """Of a letter nothing is told: what it held may be one person's own."""
    items: Any = edition.content
    return (item["release"] for item in items) if isinstance(items, list) else iter(())


def _named(editions: Iterable[Edition]) -> dict[int, tuple[str, str]]:
    """{release: (key, title)}"""
    ids = {pk for edition in editions for pk in _releases(edition)}
    keys = dict(Standing.objects.filter(pk__in=ids).values_list("pk", "key"))
    titles = dict(Release.objects.filter(pk__in=ids).values_list("pk", "title"))
    return {pk: (keys[pk], titles.get(pk, "a release that is gone")) for pk in keys}
