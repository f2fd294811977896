"""Reading releases from the store as `feeds.judgement` wants to see them, many at once: one query for each table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db.models import Model, Q

from feeds import store
from feeds.former import Former
from feeds.judgement import Known, Observed
from feeds.models import (
    Newsroom,
    PageCheck,
    PendingLabel,
    Release,
    ReleaseKey,
    ReleaseVersion,
    ReleaseWarning,
    Standing,
    Suggestion,
    TranslationLink,
)
from feeds.selection import Facts
from feeds.wording import fingerprint

log = structlog.stdlib.get_logger(__name__)
DEFAULT_MAX_AGE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One release as observed: what to judge, all it holds as plain JSON, its language group, and the authority for
    its tag: URI.
    """

    seen: Observed
    content: dict[str, Any]
    group: int
    authority: str


class _Row(NamedTuple):
    pk: int
    title: str
    published_on: date
    summary: str | None
    body: str | None
    url: str | None
    language: str | None
    author: str | None
    image_url: str | None
    editors_note: str | None
    state: str
    visible_at: datetime | None
    silent: bool
    silent_because: str | None
    translation_of: int | None
    type: str | None
    source_language: str | None
    max_age_days: int | None
    embargo_given: bool


_COLUMNS = (
    "pk", "title", "published_on", "summary", "body", "url", "language", "author", "image_url", "editors_note", "state",
    "visible_at", "silent", "silent_because", "translation_of_id", "type__slug", "source__language",
    "source__announce_max_age_days",
)  # fmt: skip
_LEFTOVERS: tuple[type[Model], ...] = (
    Release.offices.through, Release.topics.through, ReleaseKey, PendingLabel,
    ReleaseVersion, ReleaseWarning, Suggestion, PageCheck, TranslationLink,
)  # fmt: skip


def observe(ids: Collection[int]) -> dict[int, Sighting]:
    """Those of `ids` that exist and can be read, by id."""
    newsroom = store.newsroom()
    try:
        return _observe_all(list(ids), newsroom)
    except store.UNREADABLE as error:
        if not store.says_the_row(error):
            raise
        return {pk: one for pk in ids for one in _observe_alone(pk, newsroom)}


def known(standing: Standing | None, note: str | None, led: Former) -> Known | None:
    """What was held before, for the judgement. `note`: the editor's note of before, where it was looked up. A label
    that was merged into another is that one, and nothing that the release gains.
    """
    if standing is None:
        return None
    return Known(
        standing.shown,
        standing.shown or standing.gone_at is not None,
        standing.fingerprint,
        note,
        led.facts(Facts.from_json(standing.facts)),
        standing.first_seen_at,
        standing.updated_at,
        standing.announced_at is not None,
        standing.silence,
        standing.corrected_at,
    )


def sweep(unseen: Collection[int]) -> set[int]:
    """Of `unseen` those that exist no more, after removing what they left behind: no foreign key does it."""
    if not unseen:
        return set()
    gone = set(unseen) - set(Release.every.filter(pk__in=unseen).values_list("pk", flat=True))
    for model in _LEFTOVERS if gone else ():
        leftovers = model._default_manager.filter(release_id__in=gone)
        if leftovers.exists():
            leftovers.delete()
    return gone


def _observe_all(ids: list[int], newsroom: Newsroom) -> dict[int, Sighting]:
    rows = (
        Release.every.filter(pk__in=ids)
        .annotate(embargo_given=Q(visible_at__isnull=False))
        .values_list(*_COLUMNS, "embargo_given")
    )
    offices, topics = _slugs(ids, "office"), _slugs(ids, "topic")
    return {row.pk: _observe(row, offices[row.pk], topics[row.pk], newsroom) for row in map(_Row._make, rows)}


def _slugs(ids: list[int], kind: str) -> dict[int, list[str]]:
    through = getattr(Release, f"{kind}s").through
    rows = through.objects.filter(release_id__in=ids).values_list("release_id", f"{kind}__slug")
    found: dict[int, list[str]] = defaultdict(list)
    for release, slug in rows:
        found[release].append(slug)
    return found


def _observe_alone(pk: int, newsroom: Newsroom) -> Iterator[Sighting]:
    try:
        yield from _observe_all([pk], newsroom).values()
    except store.UNREADABLE as error:
        if not store.says_the_row(error):
            raise
        # What the error says may quote the row, and the row may be under embargo.
        kind = type(error).__name__
        log.error(
            "a release cannot be read and is left out; mend its row in feeds_release", release=pk, error=kind
        )


def _observe(row: _Row, offices: list[str], topics: list[str], newsroom: Newsroom) -> Sighting:
    if row.visible_at is None and row.embargo_given:
        raise ValueError("visible_at is no instant")  # never to be taken for "no embargo"
    language = row.language or row.source_language or newsroom.language
    facts = Facts(frozenset(offices), frozenset(topics), row.type or "", language)
    content = _content(row, offices, topics)
    words = fingerprint(
        title=row.title,
        summary=content["summary"],
        body=content["body"],
        note=content["editors_note"],
        date=content["published_on"],
    )
    seen = Observed(
        row.state,
        row.visible_at,
        row.published_on,
        words,
        content["editors_note"],
        facts,
        (row.silent_because or "silent") if row.silent else "",
        DEFAULT_MAX_AGE if row.max_age_days is None else timedelta(days=row.max_age_days),
    )
    return Sighting(seen, content, row.translation_of or row.pk, newsroom.tag_authority)


def _content(row: _Row, offices: list[str], topics: list[str]) -> dict[str, Any]:
    """All of a release that an editor or a reader may want to see again; NULL and the empty text are the same."""
    return {
        "title": row.title,
        "published_on": row.published_on.isoformat(),
        "summary": row.summary or "",
        "body": row.body or "",
        "url": row.url or "",
        "language": row.language or "",
        "author": row.author or "",
        "image_url": row.image_url or "",
        "editors_note": row.editors_note or "",
        "type": row.type or "",
        "offices": sorted(offices),
        "topics": sorted(topics),
    }
