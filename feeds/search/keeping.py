"""The index follows the numbered changes: the consumer `search` of `notice`, the last and least urgent of a look.

    changed releases, and those of changed terms -> shown? their words written : removed
    an index that is new is filled from the first release to the last, some at each look

Whoever wrote a release, its change comes this way: so do corrections, withdrawals, erasure.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from feeds import notice, tangles
from feeds.models import Change, Office, Release, Standing, Topic
from feeds.search import index
from feeds.search.index import Words
from feeds.search.query import tokens

NAME, FILLING = "search", "search-filling"
AT_ONCE = 200  # releases of one step, some 0.3 s
LONGEST_BODY = 100_000  # characters
_TERMS: tuple[tuple[str, type[Office | Topic]], ...] = (("office", Office), ("topic", Topic))


def keep(_now: datetime) -> bool:
    """One step; True if there was anything to do. A backlog is worked off by many, so that mail is not held up."""
    if notice.reached(NAME) is None:
        _begin()
    return _fill() | _follow()


def rebuild(progress: Callable[[int, int], None] | None = None) -> int:
    """Make the index anew, missing, damaged or not; returns how many releases it holds."""
    with transaction.atomic():
        index.drop()
        index.create()
        _begin()
    total, done = Standing.objects.filter(shown=True).count(), 0
    while _fill():
        done += AT_ONCE
        if progress:
            progress(min(done, total), total)
    while _follow():
        pass
    return total


def is_filling() -> bool:
    """Whether the index is still being filled for the first time."""
    return notice.reached(FILLING) is not None


def _begin() -> None:
    with transaction.atomic():
        notice.move(NAME, notice.last_seq())
        notice.move(FILLING, 0)


def _fill() -> bool:
    """The next releases of an index that is new."""
    reached = notice.reached(FILLING)
    if reached is None:
        return False
    rest = Standing.objects.filter(pk__gt=reached, shown=True).order_by("pk")
    ids = list(rest.values_list("pk", flat=True)[:AT_ONCE])
    found = list(_read(ids))
    with transaction.atomic():
        if ids:
            _write(ids, found)
            notice.move(FILLING, ids[-1])
        else:
            notice.forget(FILLING)
    return bool(ids)


def _follow() -> bool:
    changes = notice.after(NAME, 4 * AT_ONCE)
    if not changes:
        return False
    ids = list(_touched(changes))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        # Outside, as SQLite has one writer; what changes meanwhile has a change of its own.
        found = list(_read(some))
        with transaction.atomic():
            _write(some, found)
    notice.move(NAME, changes[-1].seq or 0)
    return True


def _touched(changes: Iterable[Change]) -> dict[int, None]:
    by_kind: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        by_kind[change.kind].add(change.subject_id)
    ids = dict.fromkeys(by_kind["release"])
    for kind, _ in _TERMS:
        links: Any = getattr(Release, f"{kind}s").through.objects
        if terms := by_kind[kind]:
            found = links.filter(**{f"{kind}_id__in": terms}).values_list("release_id", flat=True)
            ids |= dict.fromkeys(found)
    return ids


def _write(ids: Collection[int], found: Collection[Words]) -> None:
    index.remove(set(ids) - {row.release_id for row in found})
    index.write(found)


def _read(ids: Collection[int]) -> Iterator[Words]:
    """The words of those that a reader may see."""
    shown = Release.objects.filter(pk__in=ids, state=Release.State.PUBLISHED, standing__shown=True)
    labels = _labels(ids)
    for pk, title, summary, body in shown.values_list("pk", "title", "summary", "body"):
        yield Words(
            pk,
            tokens(str(title or "")),
            tokens(str(summary or "")),
            [token for name in labels[pk] for token in tokens(name)],
            tokens(text_of(body)),
        )


def text_of(body: Any) -> str:
    """The text of a body, as far as it is searched."""
    return html.unescape(tangles.text_of(str(body or "")[:LONGEST_BODY]))


def _labels(ids: Collection[int]) -> dict[int, list[str]]:
    """By release, what its offices and topics are called, in every language."""
    found: dict[int, list[str]] = defaultdict(list)
    for kind, model in _TERMS:
        links: Any = getattr(Release, f"{kind}s").through.objects
        pairs = list(links.filter(release_id__in=ids).values_list("release_id", f"{kind}_id"))
        rows: Any = model._default_manager.filter(pk__in={term for _, term in pairs})
        called = {pk: _called(name, names) for pk, name, names in rows.values_list("pk", "name", "names")}
        for release, term in pairs:
            found[release] += called.get(term, [])
    return found


def _called(name: str, names: object) -> list[str]:
    others = names.values() if isinstance(names, dict) else ()
    return [name, *(one for one in others if isinstance(one, str))]
