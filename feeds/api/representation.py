"""From the store to what an answer shows: a release under a key of one source, as `schemas.Release`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.db.models import Max, OuterRef, QuerySet, Subquery
from pydantic import BaseModel

from config import places
from feeds import normalise, store
from feeds.api.schemas import Label, State
from feeds.api.schemas import Release as Shown
from feeds.models import Release, ReleaseKey, ReleaseVersion, Source

ROOT = "/api/releases"
_STATES: Mapping[str, State] = {"published": "published", "scheduled": "scheduled", "withdrawn": "withdrawn"}


@dataclass(frozen=True, slots=True)
class Representation:
    """The bytes of an answer, and its strong entity tag, which names exactly these bytes (RFC 9110, 8.8.3)."""

    content: bytes
    tag: str


def address(key: str) -> str:
    """Where the release under `key` is. Slashes are encoded too, so that no key is taken for a path."""
    return places.here(f"{ROOT}/{quote(key, safe='')}")


def of(value: BaseModel) -> Representation:
    content = value.model_dump_json().encode()
    return Representation(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def keys(source: Source) -> QuerySet[ReleaseKey]:
    """All that `source` has brought and is still there, each with what is shown of it."""
    last = ReleaseVersion.objects.filter(release_id=OuterRef("release_id")).values("release_id")
    return (
        ReleaseKey.objects.filter(source=source)
        .select_related("release", "release__standing", "release__type")
        .prefetch_related(
            "release__offices", "release__topics", "release__pending_labels__term", "release__warnings",
            "release__translation_links",
        )
        .annotate(changed_at=Subquery(last.annotate(at=Max("at")).values("at")))
    )  # fmt: skip


def find(source: Source, key: str) -> ReleaseKey | None:
    """What `source` has brought under `key`; None also where its release was deleted, or is past reading."""
    return next(iter(store.readable(keys(source).filter(key=key))), None)


def show(rows: Iterable[ReleaseKey], source: Source) -> list[Shown]:
    """What answers show of them, in order."""
    found = list(rows)
    originals = {row.release.translation_of_id for row in found} - {None}
    named = ReleaseKey.objects.filter(source=source, release_id__in=originals)
    names = dict(named.values_list("release_id", "key")) if originals else {}
    return [_show(row, names, source) for row in found]


def said(row: ReleaseKey) -> Mapping[str, Any]:
    """What the source has said last under this key; see `ReleaseKey.told`."""
    return row.told if isinstance(row.told, dict) else {}


def _show(row: ReleaseKey, names: Mapping[int, str], source: Source) -> Shown:
    """Two sources may speak of one release. What another one has brought is this one's to see when all may see it;
    until then it is shown what it has said itself, and no more.
    """
    release = row.release
    standing = getattr(release, "standing", None)  # there is none before it was noticed
    state: State = _STATES.get(release.state, "withdrawn")  # other programs may write anything
    public = standing is not None and standing.shown and state == "published"
    foreign = release.source_id != source.pk
    told = said(row) if foreign and not public else None
    pending = sorted((label.term.kind, label.term.label) for label in release.pending_labels.all())

    def text(name: str) -> str:
        value = str(getattr(release, name) or "")  # on SQLite other programs may write bytes
        return value if told is None or told.get(name) == normalise.digest(value) else ""

    def labels(kind: str, terms: Iterable[Any]) -> list[Label]:
        if told is not None:
            return [Label(slug=None, name=label) for label in told.get(kind, [])]
        known = [Label(slug=term.slug, name=term.name) for term in terms]
        unknown = [Label(slug=None, name=label) for its, label in pending if its == kind]
        return sorted(known, key=lambda label: label.name) + unknown

    return Shown(
        key=row.key,
        title=text("title"),
        published_on=release.published_on,
        url=text("url"),
        summary=text("summary"),
        body=text("body"),
        type=next(iter(labels("type", [release.type] if release.type else [])), None),
        offices=labels("office", release.offices.all()),
        topics=labels("topic", release.topics.all()),
        language=text("language"),
        author=text("author"),
        image_url=text("image_url"),
        visible_at=_instant(release.visible_at) if told is None or "visible_at" in told else None,
        silent=bool(release.silent),
        editors_note=text("editors_note"),
        withdrawn_reason=text("withdrawn_reason"),
        translation_of=_translation_of(release, names, source) if told is None else None,
        state=state,
        corrected=standing is not None and standing.corrected_at is not None,
        page=places.public(f"/releases/{standing.key}") if standing and public else None,
        guid=standing.guid if standing else None,
        created_at=_instant(standing.first_seen_at) if standing else None,
        updated_at=_instant(standing.updated_at) if standing else None,
        changed_at=_instant(getattr(row, "changed_at", None)),
        announced_at=_instant(standing.announced_at) if standing else None,
        silence=standing.silence if standing else "",
        warnings=sorted(warning.text for warning in release.warnings.all()),
    )


def _translation_of(release: Release, names: Mapping[int, str], source: Source) -> str | None:
    """As the source has said; else as an editor has."""
    for link in release.translation_links.all():
        if link.source_id == source.pk:
            return link.name
    return names.get(release.translation_of_id) if release.translation_of_id else None


def _instant(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
