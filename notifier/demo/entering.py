"""Entering made-up people as everybody is entered: they ask, and they confirm."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from notifier import subscriptions
from notifier.demo.people import Person

ORIGIN = "demo"


def enter(people: Iterable[Person], now: datetime) -> int:
    """Enter and confirm them, in one transaction; returns how many. No letter is written."""
    count = 0
    with transaction.atomic():
        for person in people:
            wishes = [
                subscriptions.Wish(choice.selection, choice.frequency, choice.minute, choice.weekdays)
                for choice in person.choices
            ]
            subscriber = subscriptions.ask(
                person.address, wishes, language=person.language, zone=person.zone, origin=ORIGIN, now=now
            )
            subscriptions.confirm(subscriber.pk, now)
            count += 1
    return count
