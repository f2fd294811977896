""" "Tell me if this changes": a person watches one release for a year, and is told of each change at once.

What they are told is a `Correction`, made by `notifier.corrections` when the change is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from feeds.models import Release, Standing
from notifier import subscriptions
from notifier.models import CorrectionDue, Subscriber, Watch

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Watched:
    """A release as pages name it: by its key and title; `until` when the watch ends by itself."""

    release_id: int
    key: str
    title: str
    language: str
    until: datetime | None = None


def release_called(key: str) -> Watched | None:
    """The release that is shown under this key."""
    standing = Standing.objects.filter(key=key, shown=True).first() if key.isprintable() else None
    release = standing and Release.objects.filter(pk=standing.pk, state=Release.State.PUBLISHED).first()
    if standing is None or not release:
        return None
    return Watched(release.pk, key, release.title, release.language or "")


def begin(subscriber: Subscriber, release_id: int, now: datetime) -> Watch:
    """From now on, for a year. Begun again, it lasts a year from then. Whoever does so has shown the address theirs."""
    if subscriber.state != Subscriber.State.ACTIVE:
        subscriptions.admit(subscriber, now)
    with transaction.atomic():
        over = subscriber.watches.filter(release_id=release_id, ended_at=None, until__lte=now)
        over.update(ended_at=now)
        watch, made = Watch.objects.get_or_create(
            subscriber=subscriber,
            release_id=release_id,
            ended_at=None,
            defaults={"created_at": now, "until": now + YEAR},
        )
        if not made:
            Watch.objects.filter(pk=watch.pk).update(until=now + YEAR)
    return watch


def end(subscriber: Subscriber, key: str, now: datetime) -> None:
    """End the watch of the release of this key, and what was still to be told by it. Ending twice is ending once."""
    release_id = release_of(key)
    if release_id is None:
        return
    with transaction.atomic():
        subscriber.watches.filter(release_id=release_id, ended_at=None).update(ended_at=now)
        CorrectionDue.objects.filter(
            correction__release_id=release_id, subscriber=subscriber, watching=True, dispatch_id=None
        ).delete()


def release_of(key: str) -> int | None:
    """Of a release that is or was shown under this key, its number. PostgreSQL cannot even ask for a NUL."""
    found = Standing.objects.filter(key=key) if key.isprintable() else Standing.objects.none()
    return found.values_list("pk", flat=True).first()


def is_watching(subscriber: Subscriber, release_id: int, now: datetime) -> bool:
    return subscriber.watches.filter(release_id=release_id, ended_at=None, until__gt=now).exists()


def of(subscriber: Subscriber, now: datetime) -> list[Watched]:
    """What a person watches, oldest first. A release that was deleted is not among them."""
    live = list(subscriber.watches.filter(ended_at=None, until__gt=now).order_by("pk"))
    ids = [watch.release_id for watch in live]
    keys = dict(Standing.objects.filter(pk__in=ids).values_list("pk", "key"))
    releases = Release.objects.in_bulk(ids)
    return [
        Watched(pk, keys[pk], releases[pk].title, releases[pk].language or "", watch.until)
        for watch in live
        if (pk := watch.release_id) in keys and pk in releases
    ]
