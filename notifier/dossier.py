"""All that is held about one person, as plain values for a JSON document (docs/dossier.md has its shape)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from feeds.models import Standing
from feeds.selection import Selection
from notifier import addresses, interests
from notifier.models import (
    CorrectionDue,
    Delivery,
    Dispatch,
    Edition,
    Interest,
    Move,
    Reply,
    Subscriber,
    Suppression,
)

Facts = dict[str, Any]
_OWN = ("address", "id")
_AT_ONCE = 500


def of(subscriber: Subscriber, now: datetime) -> Facts:
    """Every row about the person, in English names and with instants as ISO 8601 in UTC. Reads only."""
    person = Subscriber.objects.get(pk=subscriber.pk)
    return {
        "made_at": now.isoformat(),
        "person": {"address": addresses.decrypt(bytes(person.address)), **_row(person, _OWN)},
        "subscriptions": _chosen(person.subscriptions.order_by("pk")),
        "schedules": _chosen(person.cadences.select_related("chain").order_by("pk")),
        "earlier_schedules": _chosen(person.spells.select_related("chain").order_by("pk")),
        "history": [_row(turn) for turn in person.turns.order_by("pk")],
        "consents": [_row(turn) for turn in person.turns.filter(kind__in=("asked", "confirmed")).order_by("pk")],
        "watches": [{**_row(watch), "release": _key(watch.release_id)} for watch in person.watches.order_by("pk")],
        "messages": list(_messages(person.pk)),
        "corrections_due": [
            _row(due) for due in CorrectionDue.objects.filter(subscriber_id=person.pk).order_by("pk")
        ],
        "what_came_back": [_row(reply) for reply in Reply.objects.filter(subscriber=person).order_by("pk")],
        "suppression": [
            _row(row, ("id", "address")) for row in Suppression.objects.filter(address=bytes(person.address))
        ],
        "change_of_address": _move(person),
    }  # fmt: skip


def _row(row: Model, without: Iterable[str] = ("id", "subscriber", "digest")) -> Facts:
    """Its columns as plain values; numbers of rows that say nothing to a person are left out."""
    return {
        field.name: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.name not in without
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _chosen(rows: QuerySet[Any]) -> list[Facts]:
    """Rows with a selection, said in words and as it is kept."""
    found = []
    for row in rows:
        facts = _row(row, ("id", "subscriber", "interest", "minus", "chain"))
        facts["what"] = _what(row.interest_id)
        if hasattr(row, "chain"):
            facts["when"] = str(row.chain)
        found.append(facts)
    return found


def _what(interest: int) -> Facts:
    selection = Selection.from_json(Interest.objects.get(pk=interest).selection)
    return {"words": interests.describe(selection, "en"), "selection": selection.to_json()}


def _messages(pk: int) -> Iterable[Facts]:
    """The deliveries that are kept, with what each message held. Older ones are in sums, which name nobody."""
    kept = list(Dispatch.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(kept), _AT_ONCE):
        own = Delivery.objects.filter(dispatch_id__in=kept[first : first + _AT_ONCE], subscriber_id=pk)
        for delivery in own.order_by("dispatch_id"):
            edition = Edition.objects.select_related("dispatch").filter(pk=delivery.edition_id).first()
            yield {
                "made_at": _plain(edition.dispatch.made_at) if edition else None,
                "kind": edition.layout if edition else "",
                "language": edition.language if edition else "",
                "state": Delivery.State(delivery.state).name.lower(),
                "finished_at": _plain(delivery.finished_at),
                "attempt": delivery.attempt,
                "reason": delivery.reason,
                "because_of": _what(delivery.interest_id) if delivery.interest_id else None,
                "content": edition.content if edition else None,
            }


def _key(release: int) -> str:
    return Standing.objects.filter(pk=release).values_list("key", flat=True).first() or ""


def _move(person: Subscriber) -> Facts | None:
    move = Move.objects.filter(subscriber=person).select_related("to").first()
    if move is None:
        return None
    return {"to": addresses.decrypt(bytes(move.to.address)), **_row(move, ("id", "subscriber", "to"))}
