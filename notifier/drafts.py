"""What a draft change of the configuration would mean, as things stand: the facts gathered, and told in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from config import revisions
from feeds import former, store
from feeds.models import Announcement, PendingLabel, Release
from feeds.selection import Facts
from notifier import interests, rescheduling
from notifier.drafting import consequences
from notifier.drafting.values import DAYS, Audience, Consequences, Effect, Recent
from notifier.models import Cadence, Chain, Frequency, Schedule, Subscription
from notifier.sections import schedule_of


def consequences_of(wanted: Mapping[str, Any], now: datetime) -> Consequences:
    """What applying this document, or a part of one, would mean. Reads only."""
    if refused := revisions.refusals(wanted):
        return Consequences(refused=tuple(refused))
    before = revisions.document()
    after = {**before, **revisions.completed(before, wanted)}
    schedules = {row["frequency"]: schedule_of(row) for row in after["schedule"]}
    audiences = list(_audiences(schedules, timed(after, before)))
    recent = list(_recent(min([a.begins for a in audiences], default=now), now))
    found = consequences.consequences(before, after, recent, audiences, now)
    touched = {release for effect in found.effects for release in _all_of(effect)}
    titles = dict(Release.objects.filter(pk__in=touched).values_list("pk", "title"))
    people, choosers = _people(found, audiences, timed(after, before)), _choosers(before, after)
    return replace(found, people=people, choosers=choosers, titles=titles)


def timed(wanted: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a draft says anything of schedules. Only then does it matter who has chosen a time of their own, which
    costs a look at each cadence's subscriptions."""
    return bool(wanted.get("schedule", before["schedule"]) != before["schedule"])


def _all_of(effect: Effect) -> set[int]:
    return {*effect.gains, *effect.loses, *effect.next_gains, *effect.next_loses}


_OWN = ("own_minute", "own_weekdays", "own_monthday")
_KIND = ("chain_id", "interest_id", "minus_id", "begins", *_OWN)


def keyed(own_times: bool = True, **filters: Any) -> Iterator[tuple[tuple[int, str], tuple[object, ...]]]:
    """((subscriber, frequency), key of its audience) of each cadence."""
    rows = _kinds(own_times).filter(**filters).values_list("subscriber_id", "frequency", *_KIND)
    for subscriber, frequency, *key in rows.iterator(5_000):
        yield (subscriber, frequency), tuple(key)


def _kinds(own_times: bool) -> QuerySet[Cadence]:
    """Who is not paused, with what tells audiences apart: choice, chain, own time, and since when they are owed."""
    begins = Case(
        When(joined_at__gte=F("chain__served_until"), then=F("since")), default=F("chain__served_until")
    )
    live = Cadence.objects.filter(paused_at=None).annotate(begins=begins)
    none = {name: Value(None, output_field=IntegerField()) for name in _OWN}
    return rescheduling.with_own_times(live) if own_times else live.annotate(**none)


def _audiences(schedules: Mapping[str, Schedule], own_times: bool) -> Iterator[Audience]:
    rows = list(_kinds(own_times).values_list(*_KIND).annotate(people=Count("pk")).order_by(*_KIND))
    chains = Chain.objects.in_bulk({row[0] for row in rows})
    standing = cache(lambda chain, own: rescheduling.due_by(chains[chain], own, schedules))
    meant = interests.selections({row[1] for row in rows})
    for *key, people in rows:
        chain_id, interest, _minus, begins, *own = key
        chain = chains[chain_id]
        instant = chain.frequency == Frequency.INSTANT
        follows = own_times and not instant
        yield Audience(
            key=tuple(key),
            frequency=chain.frequency,
            interest=meant[interest],
            people=people,
            begins=begins,
            served_until=chain.served_until,
            timetable=None if instant else chain,
            standing=standing(chain_id, rescheduling.Own(*own)) if follows else None,
        )


def _recent(begins: datetime, now: datetime) -> Iterator[Recent]:
    """Of the last 30 days, what waits for somebody, and what has labels that no term knows."""
    unplaced: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for release, kind, label in PendingLabel.objects.values_list("release_id", "term__kind", "term__label"):
        unplaced[release].append((kind, label))
    waits: dict[int, list[datetime]] = defaultdict(list)
    for release, at in Announcement.objects.filter(at__gte=begins).values_list("release_id", "at"):
        waits[release].append(at)
    first = (now - timedelta(days=DAYS)).date()
    wanted = Q(published_on__gte=first) | Q(pk__in=[*unplaced, *waits])
    led = former.known()
    rows = store.shown().prefetch_related(None).filter(wanted).order_by("pk")
    for pk, on, title, summary, facts, announced in rows.values_list(
        "pk", "published_on", "title", "summary", "standing__facts", "standing__announced_at"
    ):
        labelled = led.facts(Facts.from_json(facts, store.text_of(title, summary)))
        yield Recent(pk, labelled, tuple(waits[pk]), announced is not None, on >= first, tuple(unplaced[pk]))


def _people(found: Consequences, audiences: list[Audience], own_times: bool) -> int:
    """Subscribers for whom anything changes. Where whole choices are touched, the database counts them."""
    touched = {effect.audience.key for effect in found.effects}
    chains, choices = {key[0] for key in touched}, {key[1] for key in touched}
    if len(choices) > _IN_ONE_QUERY:
        return len({subscriber for (subscriber, _), key in keyed(own_times) if key in touched})
    box = {"chain__in": chains, "interest__in": choices}
    if all(one.key in touched for one in audiences if one.key[0] in chains and one.key[1] in choices):
        rows = Cadence.objects.filter(paused_at=None, **box)
        return rows.aggregate(many=Count("subscriber_id", distinct=True))["many"] if touched else 0
    return len({subscriber for (subscriber, _), key in keyed(own_times, **box) if key in touched})


def _choosers(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """Subscribers, paused ones too, whose choice names a term that is led otherwise than now."""
    named = [
        Q(interest__in=interests.naming(folder, slugs))
        for folder, slugs in consequences.led_otherwise(before, after).items()
        if slugs
    ]
    rows = (
        Subscription.objects.filter(reduce(or_, named), ended_at=None)
        if named
        else Subscription.objects.none()
    )
    return rows.values("subscriber").distinct().count()


_IN_ONE_QUERY = 10_000
