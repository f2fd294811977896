"""From claimed deliveries to what can be sent, and what must not be sent any more.

    Claimed --Sorting.prepare--> Parcel --Sorting.refusal, .body--> Message, or the Mark that ends it
                                      Sorting.look, every two seconds: holds, versions, who left

`prepare` and `look` read the database in the clerk's thread; the others see only what these have found, in the event
loop or, while signatures are made, in threads (`notifier.sending.signing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from feeds import store
from notifier import addresses, descriptions, letters, outside, returns
from notifier.addresses import BadAddress
from notifier.canary import mailbox
from notifier.dkim import Key, Prepared
from notifier.ledger import Claimed, Mark
from notifier.models import NOBODY, Channel, Delivery, Dispatch, Edition, Subscriber
from notifier.sending.smtp import MARGIN, wire_address
from notifier.splice import Pattern

State = Delivery.State
Place = tuple[int, int]
Verdict = tuple[State, str]
# What `suppressions.standing` says of each.
_PEOPLE = """
    SELECT s.id, s.address, s.state, x.address IS NOT NULL, x.reason FROM notifier_subscriber s
    LEFT JOIN notifier_suppression x ON x.address = s.address AND (x.expires_at IS NULL OR x.expires_at > %s)
    WHERE s.id IN ({ids})
"""
KEPT = 2_000  # patterns and choices in memory; a pattern is some 20 kB


class Person(NamedTuple):
    """A subscriber with the address as it is kept, and whether and why it is suppressed now."""

    address: bytes
    state: str
    suppressed: bool
    reason: str


class Parcel(NamedTuple):
    """A delivery with all that its message needs but the edition.

    `to` is the checked address, in ASCII but for the local part of some; `size` about how many bytes the message has;
    `sender` its return path, empty for that of the line.
    """

    claimed: Claimed
    to: str
    made_at: datetime
    choice: str
    size: int = 0
    sender: str = ""


class Message(NamedTuple):
    """The bytes for one recipient, and which version of the edition they are."""

    data: bytes
    version: int


class _Known(NamedTuple):
    """An edition as it was read; one value, so that no thread sees a part of it. No `pattern`: all was withdrawn."""

    version: int
    language: str
    pattern: Pattern | None
    prepared: Prepared | None

    def size(self, signatures: int) -> int:
        return self.pattern.size + MARGIN * (1 + signatures) if self.pattern else 0


class Sorting:
    """What a worker knows of the editions and people it has in hand."""

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        """`keys` sign what is sent; without any it goes unsigned."""
        self.stopped = False
        self._keys = keys
        self.signs_slowly = any(key.is_slow for key in keys)
        self._gate = outside.from_settings()
        self._domain = ""
        self._known: dict[int, _Known] = {}
        self._held: set[int] = set()
        self._cancelled: set[int] = set()
        self._barred: dict[Place, Verdict] = {}
        self._choices: dict[tuple[int, str, int], str] = {}

    def prepare(self, claimed: Collection[Claimed], now: datetime) -> tuple[list[Parcel], list[Mark]]:
        """Parcels for those that may be sent, in their order, and marks for those that may not."""
        if claimed:  # nothing can be claimed of what is stopped or held
            self.stopped = False
            self._held -= {c.dispatch for c in claimed}
        self._load_editions({c.edition for c in claimed} - self._known.keys())
        made = dict(
            Dispatch.objects.filter(pk__in={c.dispatch for c in claimed}).values_list("pk", "made_at")
        )
        self._load_choices({self._chosen(c) for c in claimed if c.interest}, made, now)
        people = _people({c.subscriber for c in claimed}, now)
        barred = _barred(claimed, people)
        parcels, marks = [], []
        for c in claimed:
            if (c.dispatch, c.subscriber) in barred:
                state, reason = barred[c.dispatch, c.subscriber]
                marks.append(Mark(c, state, now, reason))
                continue
            try:
                to = wire_address(_address(c, people, made))
            except BadAddress as error:
                marks.append(Mark(c, State.FAILED, now, f"not an address mail can be sent to: {error}"))
                continue
            if self._gate.bars(to):
                marks.append(Mark(c, State.SUPPRESSED, now, self._gate.reason))
                continue
            choice = self._choices.get(self._chosen(c), "")
            made_at = made[c.dispatch]
            sender = returns.sender(c.subscriber, c.dispatch, made_at.date())
            size = self._known[c.edition].size(len(self._keys)) if c.edition in self._known else 0
            parcels.append(Parcel(c, to, made_at, choice, size, sender))
        return parcels, marks

    def look(self, claimed: Collection[Claimed], now: datetime) -> None:
        """Find out again what may have changed for what is in hand."""
        self.stopped = Channel.objects.filter(stopped_at__isnull=False).exists()
        dispatches = {c.dispatch for c in claimed}
        rows = Dispatch.objects.filter(pk__in=dispatches).values_list("pk", "held", "cancelled_at")
        self._held = dispatches - {pk for pk, held, _ in rows if not held}
        self._cancelled = {pk for pk, _, cancelled_at in rows if cancelled_at}
        self._barred = _barred(claimed, _people({c.subscriber for c in claimed}, now))
        versions = dict(
            Edition.objects.filter(pk__in={c.edition for c in claimed}).values_list("pk", "version")
        )
        known = self._known
        self._load_editions({pk for pk, v in versions.items() if pk not in known or known[pk].version != v})
        if len(self._known) > KEPT:
            self._known = {pk: self._known[pk] for pk in versions if pk in self._known}

    def refusal(self, parcel: Parcel) -> Verdict | None:
        """Why its body must not be begun (PENDING: it is given back); None if it may."""
        c = parcel.claimed
        if c.dispatch in self._cancelled:
            return State.CANCELLED, "the dispatch was cancelled"
        known = self._known.get(c.edition)
        if self.stopped or c.dispatch in self._held or known is None:
            return State.PENDING, ""
        if (c.dispatch, c.subscriber) in self._barred:
            return self._barred[c.dispatch, c.subscriber]
        if known.pattern is None:
            return State.CANCELLED, "all of it was withdrawn"
        return None

    def body(self, parcel: Parcel, ahead: Message | None = None) -> Message:
        """The message as things stand: `ahead`, if it was made of the same version. Only for a parcel without a
        refusal.
        """
        c = parcel.claimed
        known = self._known[c.edition]
        if ahead is not None and ahead.version == known.version:
            return ahead
        pattern, at = known.pattern, parcel.made_at
        assert pattern is not None
        values = letters.values(pattern, c.dispatch, at.date(), c.subscriber, parcel.to, parcel.choice)
        if known.prepared is None:
            return Message(pattern.fill(values), known.version)
        return Message(known.prepared.signed(values, self._keys, self._domain, at), known.version)

    def _load_editions(self, ids: Iterable[int]) -> None:
        editions = list(Edition.objects.filter(pk__in=set(ids)).select_related("dispatch__chain"))
        if not editions:
            return
        patterns = letters.patterns(editions)
        if self._keys:
            self._domain = store.newsroom().sender_address.rpartition("@")[2]
        for edition in editions:
            pattern = patterns[edition.pk]
            prepared = Prepared(pattern) if self._keys and pattern else None
            self._known[edition.pk] = _Known(edition.version, edition.language, pattern, prepared)

    def _chosen(self, claimed: Claimed) -> tuple[int, str, int]:
        """What a delivery says of the person's choice hangs on: interest, language, and the dispatch's time."""
        known = self._known.get(claimed.edition)
        return claimed.interest or 0, known.language if known else "en", claimed.dispatch

    def _load_choices(
        self, wanted: set[tuple[int, str, int]], made: Mapping[int, datetime], now: datetime
    ) -> None:
        missing = wanted - self._choices.keys()
        if not missing:
            return
        if len(self._choices) > KEPT:
            self._choices = {key: self._choices[key] for key in wanted & self._choices.keys()}
        known = descriptions.of({(interest, language) for interest, language, _ in missing}, now)
        self._choices |= {
            (interest, language, dispatch): known.at((interest, language), made[dispatch])
            for interest, language, dispatch in missing
        }


def _address(claimed: Claimed, people: Mapping[int, Person], made: Mapping[int, datetime]) -> str:
    """As it is to be written to. Raises BadAddress."""
    if claimed.subscriber == NOBODY:
        return mailbox.address(claimed.dispatch, made[claimed.dispatch].date())
    return addresses.decrypt(people[claimed.subscriber].address)


def _people(ids: Collection[int], now: datetime) -> dict[int, Person]:
    """In one statement, by numbers that stand in it: every message comes by here, and the mapper costs ten times it."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _PEOPLE.format(ids=",".join(map(str, ids))), [connection.ops.adapt_datetimefield_value(now)]
        )
        return {pk: Person(bytes(address), *more) for pk, address, *more in cursor.fetchall()}


def _barred(claimed: Iterable[Claimed], people: Mapping[int, Person]) -> dict[Place, Verdict]:
    """Who gets nothing, and why. A letter goes to people who are not subscribed, too: it asks them whether they are. A
    canary goes to nobody, who cannot leave.
    """
    found: dict[Place, Verdict] = {}
    for c in claimed:
        key, person = (c.dispatch, c.subscriber), people.get(c.subscriber)
        if c.subscriber == NOBODY:
            continue
        if person is None:
            found[key] = (State.CANCELLED, "the subscriber is gone")
        elif person.suppressed:
            found[key] = (State.SUPPRESSED, person.reason)
        elif person.state != Subscriber.State.ACTIVE and c.lane != Dispatch.Lane.LETTER:
            found[key] = (State.CANCELLED, "unsubscribed before it was sent")
    return found
