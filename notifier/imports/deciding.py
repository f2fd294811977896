"""What becomes of each row: brought in, or why not. Reads only; some rows at a time, by three queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from feeds import labels
from feeds.models import Office, Topic
from notifier import addresses, channel, erasures, suppressions
from notifier.imports import batches, entries
from notifier.imports.entries import Entry, Refusal, Usual
from notifier.models import Import, Subscriber

NEW = "new"
SHOWN = 200
_STANDING = {
    Subscriber.State.ACTIVE: ("here", "is subscribed here already; what they have stays as it is"),
    Subscriber.State.PENDING: ("waiting", "has asked here, and has a letter to confirm"),
    Subscriber.State.LEFT: ("left here", "has left here, and is not brought back"),
}
_SUPPRESSED = ("suppressed", "must get nothing: see Suppressions")
_ERASED = ("erased", "had all erased here, and is not brought back")
_TWICE = ("twice", "stands in the file already, further up")


@dataclass
class Found:
    """Counts by what becomes of rows, and the first of those that are not taken."""

    counts: dict[str, int] = field(default_factory=dict)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)

    def add(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def refuse(self, refusal: Refusal) -> None:
        self.add(refusal.kind)
        if len(self.refusals) < SHOWN:
            self.refusals.append((refusal.line, refusal.why))


def usual(made: Import) -> Usual:
    """What rows are read by, with the offices and topics as they are called now."""
    terms = {"topic": Topic, "office": Office}
    return Usual(
        made.language,
        made.zone,
        settings.HERALD_LANGUAGES,
        {kind: labels.load(kind) for kind in terms},
        {kind: dict(model._default_manager.values_list("pk", "slug")) for kind, model in terms.items()},
        channel.takes_utf8(),
    )


def decide(
    rows: Iterable[batches.Row], made: Import, usual: Usual, now: datetime
) -> Iterator[Entry | Refusal]:
    """Each row in order; an Entry is somebody new."""
    read = [entries.entry(line, cells, made.columns, usual) for line, cells in rows]
    sealed = {one.line: addresses.encrypt(one.address) for one in read if isinstance(one, Entry)}
    why = _known(list(sealed.values()), now)
    seen: set[bytes] = set()
    for one in read:
        if isinstance(one, Refusal):
            yield one
            continue
        key = sealed[one.line]
        reason = why.get(key) or (_TWICE if key in seen else None)
        seen.add(key)
        yield Refusal(one.line, *reason) if reason else one


def look_through(made: Import, now: datetime, most: int | None = None) -> Found:
    """The dry run: what would become of all rows, or of the first ones, `most` or a few more. Of those
    that are twice in the file the first counts.
    """
    found, seen, known = Found(), set[int](), usual(made)
    wanted = made.batches.order_by("number")[: None if most is None else -(-most // batches.SIZE)]
    for batch in wanted.iterator(20):
        for one in decide(batches.rows(batch), made, known, now):
            if isinstance(one, Refusal):
                found.refuse(one)
                continue
            mark = hash(addresses.encrypt(one.address))  # 8 bytes each: a million people are some 70 MB
            if mark in seen:
                found.refuse(Refusal(one.line, *_TWICE))
            else:
                seen.add(mark)
                found.add(NEW)
                found.labels.update(one.unknown[:5] if len(found.labels) < SHOWN else ())
    return found


def _known(keys: Sequence[bytes], now: datetime) -> dict[bytes, tuple[str, str]]:
    """Why not, by address; the graver reason last, so that it counts."""
    found: dict[bytes, tuple[str, str]] = {}
    for address, state in Subscriber.objects.filter(address__in=keys).values_list("address", "state"):
        found[bytes(address)] = _STANDING[Subscriber.State(state)]
    for address in suppressions.standing(now).filter(address__in=keys).values_list("address", flat=True):
        found[bytes(address)] = _SUPPRESSED
    for address in erasures.erased(keys):
        found[address] = _ERASED
    return found
