"""The letter of welcome: what was chosen, when the first message comes, and what the choice would have brought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from feeds import store, templating
from feeds.selection import union
from feeds.templating import language
from notifier import daytimes, post, recent, subscriptions, windows
from notifier.models import Frequency, Subscriber
from notifier.pages import letters, zones


def write(subscriber: Subscriber, now: datetime) -> None:
    """To who has just confirmed; in the transaction of that."""
    with translation.override(subscriber.language):
        content = {
            "choices": letters.choices(subscriber),
            "first": list(_first(subscriber, now)),
            "sample": _sample(subscriber, now),
        }
    post.letter(subscriber, "welcome", content, now)


def _first(subscriber: Subscriber, now: datetime) -> Iterator[str]:
    """When the first message of each kind comes, in words and on the person's clock."""
    cadences = {row.frequency: row for row in subscriber.cadences.select_related("chain")}
    if Frequency.INSTANT in cadences:
        yield _("Alerts reach you as soon as something is published.")
    runs = [windows.next_due(row.chain, now) for key, row in cadences.items() if key != Frequency.INSTANT]
    if runs:
        run = min(runs, key=lambda run: run.ends_at)
        yield _(
            "The first digest comes on %(day)s at %(hour)s, %(place)s time, if there is anything new by then."
        ) % {
            "day": templating.day(run.local_date, "full"),
            "hour": daytimes.spell(run.minute),
            "place": zones.city(subscriber.zone, language()),
        }


def _sample(subscriber: Subscriber, now: datetime) -> list[int]:
    """The last releases that the choice would have brought, by id, newest first."""
    wanted = union(wish.selection for wish in subscriptions.wishes_of(subscriber))
    foreseen = recent.foresee(wanted, [], store.newsroom().zone, now)
    return [release.pk for release in recent.latest(wanted, foreseen)]
