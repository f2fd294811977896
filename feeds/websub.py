"""The publisher of WebSub (W3C Recommendation): the newsroom's hub is told of each document that has changed.

    folder's position -> changes since it was told -> feeds they reach -> HubPing rows -> requests to the hub

A row is a document that a hub is still to be told of. `follow` writes them, for what lies in this host's folder: a hub
that is told fetches at once. Where each host has a folder of its own, each sees to it that the hub is told when its own
files are there, so that the last ping finds none that is out of date. `ping_due` sends them.

A change of how the newsroom shows itself (its name, its hub) is no news; it reaches subscribers with the next change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from config import clock
from config.asking import Whether
from feeds import canary, documents, hub, notice, reach, store
from feeds.catalogue import Catalogue
from feeds.entries import Presentation
from feeds.folder import Folder, Position
from feeds.formats import FORMATS
from feeds.hub import Post, Reply, Verdict
from feeds.models import HubFailure, HubPing
from feeds.publisher import MANY, ours
from feeds.web.client import Limits, from_settings

log = structlog.stdlib.get_logger(__name__)

NAME = "hub"  # its cursor: what a hub is to be told of, on whichever host that was seen first
AT_ONCE = 4  # requests
MOST_TOPICS = 100  # in one request
PATIENCE = 5.0  # seconds, after which one call begins no more requests
LEASE = timedelta(minutes=1)  # of the rows in a round of requests, should its process die
LIMITS = Limits(seconds=10.0, body=100_000, wire=500_000)


def follow(folder: Path, now: datetime) -> int:
    """Note what the hub is to be told of since it was asked last; how many documents that are. No hub: nothing.

    A hub that is new is told of what changes from now on. A folder that is new goes on where any host had come to.
    """
    target = Folder(folder)
    position, known = target.position(), target.told()
    if position is None or position == known:  # in the middle of a batch, or nothing is new: not a hub either
        return 0
    show = documents.presentation()
    if position.presentation != show.digest:  # before a new hub stands in the files
        return 0
    if not show.hubs:
        _forget()
        target.tell(position)
        return 0
    reached = notice.reached(NAME)
    names = list(_documents(folder, _after(reached, known, position), position.seq))
    with transaction.atomic():
        HubPing.objects.exclude(hub__in=show.hubs).delete()
        HubFailure.objects.exclude(hub__in=show.hubs).delete()
        _owe(show.hubs, [f"{show.base}/feeds/{name}" for name in names], position.seq, now)
        notice.move(NAME, max(reached or 0, position.seq))
    target.tell(position)
    return len(names)


_any_owed = Whether(HubPing.objects.all)


def any_due(now: datetime) -> bool:
    """Whether there is a hub to be told of something. For who looks often."""
    if not _any_owed():
        return False
    resting = HubFailure.objects.filter(next_at__gt=now).values("hub")
    return HubPing.objects.filter(next_at__lte=now).exclude(hub__in=resting).exists()


def ping_due(now: datetime, web: Post | None = None) -> int:
    """Tell hubs what they are to be told by now; returns of how many documents they were told."""
    newsroom, began, told = store.newsroom(), clock.ticks(), 0
    topics = max(1, min(newsroom.hub_topics, MOST_TOPICS))
    for address in Presentation.of(newsroom, settings.BASE_URL).hubs:
        while (passed := clock.ticks() - began) < PATIENCE:
            rows = _claim(address, now + timedelta(seconds=passed), topics)
            if not rows:
                break
            web = web or from_settings(limits=LIMITS)
            parcels = _parcels(rows, topics)
            replies = _tell(web, address, parcels)
            at = now + timedelta(seconds=clock.ticks() - began)
            told += sum(_record(*one, at) for one in zip(parcels, replies, strict=True))
            _judge(address, replies, at)
    return told


def _after(reached: int | None, known: Position | None, position: Position) -> int:
    """The change after which the hub is to be told of what lies at `position`."""
    if reached is None:
        return position.seq
    if known is None:
        return reached
    return known.seq if ours(known, position.seq) else 0


def _documents(folder: Path, after: int, upto: int) -> Iterator[str]:
    """The names of the files that changes after `after` up to `upto` reach."""
    paths: Collection[str] | None = reach.feeds(after, upto, MANY)
    found = {feed.path for feed in Catalogue()} if paths is None else set(paths)
    for path in sorted(found - {canary.PATH}):
        for suffix in FORMATS:
            if (folder / f"{path}.{suffix}").exists():
                yield f"{path}.{suffix}"


def _owe(hubs: Sequence[str], topics: Sequence[str], seq: int, now: datetime) -> None:
    """Rows that are there already are due again, also those that are just being told."""
    HubPing.objects.bulk_create(
        [HubPing(hub=address, topic=topic, seq=seq, next_at=now) for address in hubs for topic in topics],
        update_conflicts=True,
        unique_fields=["hub", "topic"],
        update_fields=["seq", "next_at"],
    )


def _forget() -> None:
    """There is no hub any more."""
    with transaction.atomic():
        HubPing.objects.all().delete()
        HubFailure.objects.all().delete()
        notice.forget(NAME)


def _claim(address: str, now: datetime, topics: int) -> list[HubPing]:
    """Rows that are due, for one round of requests: one request if the hub failed last time, none while it rests.

    What was refused comes last.
    """
    failure = HubFailure.objects.filter(hub=address).first()
    due = HubPing.objects.filter(hub=address, next_at__lte=now)
    if (failure and failure.next_at > now) or not due.exists():
        return []
    requests = 1 if failure else AT_ONCE
    with transaction.atomic():
        locked = due.order_by("next_at", "pk").select_for_update(skip_locked=True)
        rows = list(locked.filter(failures=0)[: topics * requests]) or list(locked[:requests])
        HubPing.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=now + LEASE)
    for row in rows:
        row.next_at = now + LEASE
    return rows


def _parcels(rows: Sequence[HubPing], topics: int) -> list[Sequence[HubPing]]:
    """What goes in one request. A document that was refused, alone or among others, goes alone from then on."""
    size = 1 if rows[0].failures else topics
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _tell(web: Post, address: str, parcels: Sequence[Sequence[HubPing]]) -> list[Reply]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(hub.tell, web, address, [row.topic for row in rows]) for rows in parcels]
        return [reply.result() for reply in asked]


def _record(rows: Sequence[HubPing], reply: Reply, at: datetime) -> int:
    """How many the hub has taken. What it is owed more by now has another `next_at`, and stays as it is."""
    held = HubPing.objects.filter(pk__in=[row.pk for row in rows], next_at=rows[0].next_at)
    if reply.verdict is Verdict.TAKEN:
        held.delete()
        return len(rows)
    if reply.verdict is Verdict.FAILED:
        held.update(next_at=at)
    else:
        wait = hub.delay(rows[0].failures + 1, rows[0].topic) if len(rows) == 1 else timedelta()
        next_at = max(at + wait, reply.not_before or at)
        held.update(failures=F("failures") + 1, error=reply.error, next_at=next_at)
    return 0


def _judge(address: str, replies: Sequence[Reply], at: datetime) -> None:
    """A hub that failed is left alone for a while; one that has answered has its failures forgotten."""
    before = HubFailure.objects.filter(hub=address).first()
    failed = [reply for reply in replies if reply.verdict is Verdict.FAILED]
    if before and len(failed) < len(replies):
        before.delete()
        log.warning("the hub answers again")
        before = None
    if failed:
        count = before.failures + 1 if before else 1
        rests = [reply.not_before for reply in failed if reply.not_before]
        next_at = max([at + hub.delay(count, f"{settings.BASE_URL} {address}"), *rests])
        now_is = {"failures": count, "next_at": next_at, "error": failed[0].error}
        HubFailure.objects.update_or_create(
            hub=address, defaults=now_is, create_defaults={**now_is, "since": at}
        )
        if not before:
            log.warning("the hub cannot be told of changes and will be tried again", error=failed[0].error)
