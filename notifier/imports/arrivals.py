"""People who are new, many at once: rows as `subscriptions.ask` and `confirm` make them for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from feeds.selection import Selection, of
from notifier import addresses, cadences, interests, offers, subscriptions
from notifier.imports.entries import Entry
from notifier.models import Cadence, Consent, Import, Imported, Subscriber, Subscription, Turn
from notifier.pages import letters
from notifier.wishes import Wish

ORIGIN = "import"
EVERYTHING = of()
Row = TypeVar("Row", Subscription, Cadence, Turn)
Kind = tuple[str, str, tuple[Wish, ...]]


def bring_in(people: Sequence[Entry], made: Import, now: datetime) -> None:
    """In a transaction under the planning lock, after `notice.advance(now)`; nobody of them is known here."""
    alike: dict[Kind, list[Entry]] = defaultdict(list)
    for one in people:
        alike[one.language, one.zone, wishes_of(one, made)].append(one)
    for kind, group in alike.items():
        found = _ask(group, kind, now) if made.asks else _confirmed(group, kind, now)
        Imported.objects.bulk_create([Imported(subscriber=s, by=made, at=now) for s in found], batch_size=500)
        if not made.asks:
            _consents(found, group, kind, made, now)


def wishes_of(one: Entry, made: Import) -> tuple[Wish, ...]:
    """What their row says, or what all get."""
    if one.topics or one.offices:
        return (Wish(of(one.offices, one.topics), made.frequency),)
    found = [wish for wish in map(offers.from_json, made.wishes) if wish is not None]
    return tuple(found) or (Wish(of(), made.frequency),)


def _ask(group: Iterable[Entry], kind: Kind, now: datetime) -> list[Subscriber]:
    """Each gets a letter, and is subscribed by its button."""
    language, zone, wishes = kind
    found = []
    for one in group:
        person = subscriptions.ask(one.address, wishes, language=language, zone=zone, origin=ORIGIN, now=now)
        letters.write(person, now)
        found.append(person)
    return found


def _confirmed(group: Sequence[Entry], kind: Kind, now: datetime) -> list[Subscriber]:
    """The first as everybody is; the others get copies of what it got."""
    language, zone, wishes = kind
    first = subscriptions.ask(group[0].address, wishes, language=language, zone=zone, origin=ORIGIN, now=now)
    subscriptions.agree(first, cadences.moment(now), now)
    others = Subscriber.objects.bulk_create(
        [
            Subscriber(
                address=addresses.encrypt(one.address), domain=addresses.domain_of(one.address),
                state=first.state, language=language, zone=zone, origin=ORIGIN, created_at=now, confirmed_at=now,
            )
            for one in group[1:]
        ],
        batch_size=500,
    )  # fmt: skip
    _copy_all(Subscription, first, others)
    _copy_all(Cadence, first, others)
    _copy_all(Turn, first, others)
    return [first, *others]


def _copy_all(model: type[Row], first: Subscriber, others: Sequence[Subscriber]) -> None:
    given = list(model._default_manager.filter(subscriber=first).order_by("pk"))
    copies = [_copy(row, other) for other in others for row in given]
    model._default_manager.bulk_create(copies, batch_size=500)


def _copy(row: Row, subscriber: Subscriber) -> Row:
    fields = (field for field in row._meta.concrete_fields if not field.primary_key)
    values = {field.attname: getattr(row, field.attname) for field in fields}
    return type(row)(**{**values, "subscriber_id": subscriber.pk})


def _consents(
    found: Sequence[Subscriber], group: Sequence[Entry], kind: Kind, made: Import, now: datetime
) -> None:
    language, _, wishes = kind
    what = "; ".join(interests.describe(wish.selection, language) for wish in wishes)
    Consent.objects.bulk_create(
        [
            Consent(
                subscriber=person, at=one.agreed or now, way=Consent.Way.IMPORT, language=language,
                wording=made.basis, what=what,
            )
            for person, one in zip(found, group, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip


def selection_of(made: Import) -> Selection:
    """What all get whose row says nothing."""
    found = [wish for wish in map(offers.from_json, made.wishes) if wish is not None]
    return found[0].selection if found else EVERYTHING
