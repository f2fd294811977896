"""Which release of the store a source speaks of: by its key there, by address, by title and date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from feeds import normalise
from feeds.labels import MODELS
from feeds.merging import Draft, Stored
from feeds.models import PendingLabel, Release, ReleaseKey, Source

COLUMNS = ("title", "published_on", "summary", "body", "url", "language", "author", "image_url")


@dataclass(frozen=True, slots=True)
class Found:
    """By the drafts' keys: the key's row, and the id of the release, where there is one."""

    keys: Mapping[str, ReleaseKey]
    releases: Mapping[str, int]


def find(drafts: Collection[Draft], source: Source, claimed: set[int]) -> Found:
    """Look up every draft. A release in `claimed` is found by its key alone: another item of the same source has
    already spoken of it. What is found is added to `claimed`.
    """
    names = [draft.key for draft in drafts]
    keys = {row.key: row for row in ReleaseKey.objects.filter(source=source, key__in=names)}
    owners = {row.release_id for row in keys.values()}
    existing = set(Release.objects.filter(pk__in=owners).values_list("pk", flat=True))
    releases = {name: row.release_id for name, row in keys.items() if row.release_id in existing}
    claimed |= set(releases.values())
    for search in (_by_url, _by_title_and_date):
        for key, release in search([draft for draft in drafts if draft.key not in releases], claimed):
            releases[key] = release
            claimed.add(release)
    return Found(keys, releases)


def load(ids: Collection[int]) -> dict[int, Stored]:
    """What the store holds of these releases."""
    terms: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for kind in ("office", "topic"):
        links = getattr(Release, f"{kind}s").through.objects.filter(release_id__in=ids)
        for release, term in links.values_list("release_id", f"{kind}_id"):
            terms[release][kind].add(term)
    pending: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    labels = PendingLabel.objects.filter(release_id__in=ids)
    for release, kind, label in labels.values_list("release_id", "term__kind", "term__label"):
        pending[release][kind].add(label)
    stored = {}
    for row in Release.objects.filter(pk__in=ids).values("pk", "type_id", *COLUMNS):
        pk, type_id = row.pop("pk"), row.pop("type_id")
        terms[pk]["type"] = {type_id} if type_id is not None else set()
        stored[pk] = Stored(
            row,
            {kind: frozenset(terms[pk][kind]) for kind in MODELS},
            {kind: frozenset(pending[pk][kind]) for kind in MODELS},
        )
    return stored


def _by_url(drafts: Collection[Draft], claimed: set[int]) -> Iterable[tuple[str, int]]:
    urls = [draft.url for draft in drafts if draft.url]
    candidates: dict[str, list[int]] = defaultdict(list)
    if urls:
        for url, pk in Release.objects.filter(url__in=urls).order_by("pk").values_list("url", "pk"):
            candidates[url or ""].append(pk)
    for draft in drafts:
        free = [pk for pk in candidates.get(draft.url or "", ()) if pk not in claimed]
        if free:
            yield draft.key, free[0]


def _by_title_and_date(drafts: Collection[Draft], claimed: set[int]) -> Iterable[tuple[str, int]]:
    """Only where one side has no address: two addresses are two releases, whatever their titles."""
    days = {draft.published_on for draft in drafts}
    candidates: dict[tuple[object, str], list[tuple[int, str | None]]] = defaultdict(list)
    if days:
        rows = Release.objects.filter(published_on__in=days).order_by("pk")
        for day, title, url, pk in rows.values_list("published_on", "title", "url", "pk"):
            candidates[day, normalise.fold(title)].append((pk, normalise.url(url or "")))
    for draft in drafts:
        for pk, url in candidates.get((draft.published_on, normalise.fold(draft.title)), ()):
            if pk not in claimed and (url is None or draft.url is None or url == draft.url):
                yield draft.key, pk
                break
