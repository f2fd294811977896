"""Which release of the store a source speaks of: by its key there, by address, by title and date, or because it is
plainly one of that day that it does not name any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from feeds import normalise, store
from feeds.drafting import MADE_UP
from feeds.edits import Item, same_day_edits
from feeds.labels import MODELS
from feeds.merging import BLANK, Draft, Stored
from feeds.models import PendingLabel, Release, ReleaseKey, Source
from feeds.storing import Known

COLUMNS = ("title", "published_on", *BLANK, "state")


def known(names: Collection[str], source: Source) -> dict[str, Known]:
    """What is kept under these keys, by key. `release` is 0 where it is there no more; `told` is not loaded."""
    kept = ReleaseKey.objects.filter(source=source, key__in=names)
    keys = {
        key: Known(pk, release, raw)
        for key, pk, release, raw in kept.values_list("key", "pk", "release_id", "raw")
    }
    owners = {row.release for row in keys.values()}
    existing = set(Release.objects.filter(pk__in=owners).values_list("pk", flat=True))
    for row in keys.values():
        row.release = row.release if row.release in existing else 0
    return keys


def load_told(keys: Collection[Known]) -> None:
    """Fill in `told`."""
    told = dict(ReleaseKey.objects.filter(pk__in=[row.pk for row in keys]).values_list("pk", "told"))
    for row in keys:
        row.told = told.get(row.pk) or {}


def by_what_it_says(drafts: Collection[Draft], source: Source, claimed: set[int]) -> dict[str, int]:
    """The releases that drafts without a known key speak of, by the drafts' keys. One in `claimed` is found by its key
    alone: another item of the same source has already spoken of it. What is found is added to `claimed`.
    """
    found: dict[str, int] = {}
    for search in (_by_url, _by_title_and_date):
        for key, release in search([draft for draft in drafts if draft.key not in found], source, claimed):
            found[key] = release
            claimed.add(release)
    return found


def edited(
    drafts: Collection[Draft], source: Source, present: Collection[str], claimed: Collection[int]
) -> dict[str, Known]:
    """Of a page without addresses: what a draft was called before it was edited. `present` are the keys of all that is
    there now, so a release of that day under no such key has gone from the page.
    """
    come = [draft for draft in drafts if not draft.own_key and draft.url is None]
    days = {draft.published_on for draft in come}
    kept = (
        ReleaseKey.objects.filter(source=source, key__startswith=MADE_UP)
        if come
        else ReleaseKey.objects.none()
    )
    gone: dict[int, tuple[Known, Item]] = {}
    # The releases of these days first: a source may have made up thousands of keys.
    of_the_day = (
        Release.objects.filter(published_on__in=days).exclude(pk__in=claimed)
        if days
        else Release.objects.none()
    )
    releases = {
        row[0]: row
        for row in store.readable(of_the_day.values_list("pk", "title", "summary", "published_on", "url"))
    }
    for key, pk, release, raw in kept.filter(release_id__in=releases).values_list(
        "key", "pk", "release_id", "raw"
    ):
        _, title, summary, day, url = releases[release]
        if key not in present and not url:
            gone[pk] = Known(pk, release, raw), Item(str(pk), title or "", summary or "", day)
    news = [Item(draft.key, draft.title, draft.summary, draft.published_on) for draft in come]
    pairs = same_day_edits([item for _, item in gone.values()], news)
    return {new: gone[int(old)][0] for old, new in pairs}


def load(ids: Collection[int]) -> dict[int, Stored]:
    """What the store holds of these releases."""
    if not ids:
        return {}
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
    for row in _rows(ids):
        pk, type_id = row.pop("pk"), row.pop("type_id")
        terms[pk]["type"] = {type_id} if type_id is not None else set()
        stored[pk] = Stored(
            row,
            {kind: frozenset(terms[pk][kind]) for kind in MODELS},
            {kind: frozenset(pending[pk][kind]) for kind in MODELS},
        )
    return stored


def _rows(ids: Collection[int]) -> list[dict[str, Any]]:
    """The columns of these releases. A row that cannot be read counts as empty, so that the source's word mends it."""
    return list(store.readable(Release.objects.filter(pk__in=ids).values("pk", "type_id", *COLUMNS)))


def _by_url(drafts: Collection[Draft], _: Source, claimed: set[int]) -> Iterable[tuple[str, int]]:
    urls = [draft.url for draft in drafts if draft.url]
    candidates: dict[str, list[int]] = defaultdict(list)
    if urls:
        for url, pk in Release.objects.filter(url__in=urls).order_by("pk").values_list("url", "pk"):
            candidates[url or ""].append(pk)
    for draft in drafts:
        free = [pk for pk in candidates.get(draft.url or "", ()) if pk not in claimed]
        if free:
            yield draft.key, free[0]


def _by_title_and_date(
    drafts: Collection[Draft], source: Source, claimed: set[int]
) -> Iterable[tuple[str, int]]:
    """Only where one side has no address: two addresses are two releases, whatever their titles. So are two names at
    one source: "Daily report" twice on one day.
    """
    days = {draft.published_on for draft in drafts}
    candidates: dict[tuple[object, str], list[tuple[int, str | None]]] = defaultdict(list)
    if days:
        rows = Release.objects.filter(published_on__in=days).order_by("pk")
        for day, title, url, pk in store.readable(rows.values_list("published_on", "title", "url", "pk")):
            candidates[day, normalise.fold(str(title))].append((pk, normalise.url(url or "")))
    alike = [candidates.get((draft.published_on, normalise.fold(draft.title)), ()) for draft in drafts]
    named = _named_by(source, {pk for ones in alike for pk, _ in ones})
    for draft, ones in zip(drafts, alike, strict=True):
        for pk, url in ones:
            if pk in claimed or (draft.own_key and pk in named):
                continue
            if url is None or draft.url is None or url == draft.url:
                yield draft.key, pk
                break


def _named_by(source: Source, releases: Collection[int]) -> set[int]:
    """Those of `releases` that have a name of their own at `source`."""
    if not releases:
        return set()
    kept = ReleaseKey.objects.filter(source=source, release_id__in=releases)
    return set(kept.exclude(key__startswith=MADE_UP).values_list("release_id", flat=True))
