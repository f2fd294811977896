"""Which feeds a run of changes reaches: those that hold, or held, what was changed.

They are asked for by whoever makes the feeds' files, and by whoever tells a hub of them.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from feeds import catalogue
from feeds.models import Change, Membership, Office, Release, ReleaseType, SavedFeed, Standing, Topic


def feeds(after: int, upto: int, most: int) -> frozenset[str] | None:
    """The paths of the feeds that changes after `after` up to `upto` reach; None for all.

    All, if they have `most` subjects or more, for then hardly a feed is untouched, or if one was a term that is gone.
    """
    changes = Change.objects.filter(seq__gt=after, seq__lte=upto)
    subjects = list(changes.values_list("kind", "subject_id").distinct()[:most])
    if len(subjects) == most:
        return None
    releases = _in_all_languages({subject for kind, subject in subjects if kind == "release"})
    rows = Membership.objects.filter(Q(left_at=None) | Q(seq__gt=after), release_id__in=releases)
    paths = _paths(rows) if releases else set()
    for kind, subject in subjects:
        if kind != "release":
            held = _paths_of_term(kind, subject)
            if held is None:
                return None
            paths |= held
    return frozenset(paths)


def _in_all_languages(releases: set[int]) -> set[int]:
    """With their translations: the entries of these name each other."""
    groups = Standing.objects.filter(pk__in=releases).values("group")
    return releases.union(Standing.objects.filter(group__in=groups).values_list("pk", flat=True))


def _paths_of_term(kind: str, subject: int) -> set[str] | None:
    """A term's own feed and all that name it in a category; None if it is gone, and its feed with it."""
    models: dict[str, tuple[type[Office | Topic | ReleaseType | SavedFeed], str]] = {
        "office": (Office, "offices"),
        "topic": (Topic, "topics"),
        "type": (ReleaseType, "type"),
        "feed": (SavedFeed, ""),
    }
    model, relation = models[kind]
    term = model._default_manager.filter(pk=subject).first()
    if term is None:
        return None
    if not relation:
        return {f"{catalogue.SAVED}/{term.slug}"}
    own = catalogue.term_path(kind, term.slug)
    releases = Release.objects.filter(**{relation: subject}).values("pk")
    crossed = Membership.objects.filter(Q(feed__startswith=f"{own}/") | Q(feed__endswith=f"/{own}"))
    held = Membership.objects.filter(page=None, left_at=None, release_id__in=releases)
    return {own, *_paths(crossed), *_paths(held)}


def _paths(rows: QuerySet[Membership]) -> set[str]:
    return set(rows.values_list("feed", flat=True).distinct())
