"""Reading releases from the store as `feeds.judgement` wants to see them, many at once."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from feeds import store
from feeds.judgement import Known, Observed, fingerprint
from feeds.models import Newsroom, PendingLabel, Release, ReleaseKey, Standing
from feeds.selection import Facts

log = logging.getLogger(__name__)
DEFAULT_MAX_AGE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One release as observed: what to judge, its language group, and the authority for its tag: URI."""

    seen: Observed
    group: int
    authority: str


def observe(ids: Collection[int]) -> dict[int, Sighting]:
    """Those of `ids` that exist, by id."""
    newsroom = store.newsroom()
    try:
        return _observe_all(list(ids), newsroom)
    except (ValueError, TypeError, AttributeError):
        # SQLite lets other programs write what is no date and no text; such a row must not hold up the rest.
        return {pk: one for pk in ids for one in _observe_alone(pk, newsroom)}


def known(standing: Standing | None) -> Known | None:
    """What was held before, for the judgement."""
    if standing is None:
        return None
    return Known(
        standing.shown,
        standing.fingerprint,
        Facts.from_json(standing.facts),
        standing.first_seen_at,
        standing.updated_at,
        standing.announced_at is not None,
        standing.silence,
    )


def sweep(gone: Collection[int]) -> None:
    """Remove what a plain DELETE of releases has left behind: no foreign key does it."""
    if not gone:
        return
    for model in (Release.offices.through, Release.topics.through, ReleaseKey, PendingLabel):
        leftovers = model._default_manager.filter(release_id__in=gone)
        if leftovers.exists():
            leftovers.delete()


def _observe_all(ids: list[int], newsroom: Newsroom) -> dict[int, Sighting]:
    releases = (
        Release.objects.filter(pk__in=ids)
        .annotate(embargo_given=Q(visible_at__isnull=False))
        .select_related("type", "source")
        .prefetch_related("offices", "topics")
    )
    return {release.pk: _observe(release, newsroom) for release in releases}


def _observe_alone(pk: int, newsroom: Newsroom) -> list[Sighting]:
    try:
        return list(_observe_all([pk], newsroom).values())
    except (ValueError, TypeError, AttributeError) as error:
        log.error("release %s cannot be read and is left out: %s; mend its row in feeds_release", pk, error)
        return []


def _observe(release: Release, newsroom: Newsroom) -> Sighting:
    source = release.source
    if release.visible_at is None and release.embargo_given:  # type: ignore[attr-defined] # annotated
        raise ValueError("visible_at is no instant")  # never to be taken for "no embargo"
    facts = Facts(
        frozenset(office.slug for office in release.offices.all()),
        frozenset(topic.slug for topic in release.topics.all()),
        release.type.slug if release.type else "",
        release.language or (source.language if source else "") or newsroom.language,
    )
    words = fingerprint(
        title=release.title,
        summary=release.summary or "",
        body=release.body or "",
        note=release.editors_note or "",
        date=release.published_on.isoformat(),
    )
    seen = Observed(
        release.state,
        release.visible_at,
        release.published_on,
        words,
        facts,
        (release.silent_because or "silent") if release.silent else "",
        timedelta(days=source.announce_max_age_days) if source else DEFAULT_MAX_AGE,
    )
    return Sighting(seen, release.translation_of_id or release.pk, newsroom.tag_authority)
