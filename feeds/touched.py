"""Which releases a run of changes touches, as far as their feeds are concerned.

Those that changed, the other languages of these (their entries name each other), and, where a saved feed was changed,
those that now belong in or out of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Max

from feeds import catalogue
from feeds.models import Change, Membership, Release, Standing
from feeds.selection import Facts

AT_ONCE = 5_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Touched:
    """A release, the change that touched it last, and when that was noticed."""

    release_id: int
    seq: int
    at: datetime


def find(after: int, upto: int, now: datetime) -> list[Touched]:
    """What the changes after `after` up to `upto` touch, in the order in which it enters feeds: by date and id."""
    touched = _changed(after, upto, now)
    for one in (*_translations(touched), *_refilled(after, upto, now)):
        touched.setdefault(one.release_id, one)
    return _in_order(list(touched.values()))


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _changed(after: int, upto: int, now: datetime) -> dict[int, Touched]:
    changes = Change.objects.filter(kind="release", seq__gt=after, seq__lte=upto).values_list("subject_id")
    found = changes.annotate(last=Max("seq"), at=Max("noticed_at"))
    return {release_id: Touched(release_id, seq, at or now) for release_id, seq, at in found}


def _translations(touched: Mapping[int, Touched]) -> Iterator[Touched]:
    for ids in chunks(list(touched), AT_ONCE):
        groups = dict(Standing.objects.filter(pk__in=ids).values_list("group", "pk"))
        others = Standing.objects.filter(group__in=list(groups))
        for pk, group in others.values_list("pk", "group"):
            if pk not in touched:
                yield replace(touched[groups[group]], release_id=pk)


def _refilled(after: int, upto: int, now: datetime) -> Iterator[Touched]:
    """Of all releases those whose rows in saved feeds are not what they should be."""
    changes = Change.objects.filter(kind="feed", seq__gt=after, seq__lte=upto)
    last = changes.aggregate(seq=Max("seq"), at=Max("noticed_at"))
    if last["seq"] is None:
        return
    rows = Membership.objects.filter(feed__startswith=f"{catalogue.SAVED}/", left_at=None)
    held: dict[int, set[str]] = {}
    for release_id, feed in rows.values_list("release_id", "feed"):
        held.setdefault(release_id, set()).add(feed)
    facts = Standing.objects.filter(shown=True).values_list("pk", "facts")
    for some in chunks(list(facts), AT_ONCE):
        wanted = catalogue.paths_of({pk: Facts.from_json(labels) for pk, labels in some})
        for pk, paths in wanted.items():
            if {path for path in paths if path.startswith(f"{catalogue.SAVED}/")} != held.get(pk, set()):
                yield Touched(pk, last["seq"], last["at"] or now)


def _in_order(touched: Collection[Touched]) -> list[Touched]:
    """What is not shown comes first, as it can only leave. Its date is not asked for: it may be past reading."""
    dates: dict[int, date] = {}
    for ids in chunks([one.release_id for one in touched], AT_ONCE):
        shown = Release.objects.filter(pk__in=ids, standing__shown=True)
        dates.update(shown.values_list("pk", "published_on"))
    return sorted(touched, key=lambda one: (dates.get(one.release_id, date.min), one.release_id))
