"""Reading the release store: what a reader may see, loaded in few queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import DatabaseError, DataError
from django.db.models import Model, QuerySet

from feeds import wording
from feeds.models import Newsroom, Office, Release, ReleaseType, Topic
from feeds.naming import Name, pick
from feeds.selection import Facts

UNREADABLE = (ValueError, TypeError, AttributeError, DatabaseError)
"""What reading a row raises whose values are none for Python; ask `says_the_row`."""
_NOT_UTF_8 = "Could not decode to UTF-8"  # what SQLite says of a text in another encoding, in a DatabaseError
M = TypeVar("M", bound=Model)
R = TypeVar("R")
_known: list[Newsroom] = []
_TERMS = {"office": Office, "topic": Topic, "type": ReleaseType}


def shown() -> QuerySet[Release]:
    """The releases a reader may see: noticed, and published. Standing, type and labels come with them."""
    return (
        Release.objects.filter(state=Release.State.PUBLISHED, standing__shown=True)
        .select_related("standing", "type", "source")
        .prefetch_related("offices", "topics")
    )


def load(ids: Iterable[int]) -> dict[int, Release]:
    """Those of `ids` that a reader may see, by id."""
    return {release.pk: release for release in shown().filter(pk__in=list(ids))}


def says_the_row(error: Exception) -> bool:
    """Whether it is the row that is at fault: SQLite lets other programs write what is no date and no text, PostgreSQL
    what is outside of Python's calendar ('infinity': a DataError). Any other fault of the database is no reason to take
    a row for unreadable.
    """
    return not isinstance(error, DatabaseError) or isinstance(error, DataError) or _NOT_UTF_8 in str(error)


def readable(found: QuerySet[M, R], most: int | None = None) -> list[R]:
    """The first rows, all of them if `most` is None. One that cannot be read is left out, the others are not."""
    try:
        return list(found[:most])
    except UNREADABLE as error:
        if not says_the_row(error):
            raise
    ids = list(found.values_list("pk", flat=True)[:most])
    return [row for pk in ids for row in _alone(found.filter(pk=pk))]


def _alone(found: QuerySet[M, R]) -> list[R]:
    try:
        return list(found)
    except UNREADABLE as error:
        if not says_the_row(error):
            raise
        return []


def still_shown(ids: Iterable[int]) -> set[int]:
    """Which of `ids` a reader may see."""
    rows = shown().prefetch_related(None).filter(pk__in=list(ids))
    return set(rows.values_list("pk", flat=True))


def facts(release: Release) -> Facts:
    """What matching knows of a noticed release: its labels as last noticed, and its words."""
    return Facts.from_json(release.standing.facts, text=text_of(release.title, release.summary))


def text_of(title: str, summary: str | None) -> str:
    """What words are sought in. Not in the body: see docs/decisions/0029-words-in-title-and-summary.md."""
    return f"{title}\n{summary or ''}"


def fingerprint(release: Release) -> str:
    """Of its text as it lies in the store, made as `Standing.fingerprint` is of the text that was noticed."""
    return wording.fingerprint(
        title=release.title,
        summary=release.summary or "",
        body=release.body or "",
        note=release.editors_note or "",
        date=release.published_on.isoformat(),
    )


def names(terms: Iterable[tuple[str, str]], language: str) -> dict[tuple[str, str], Name]:
    """What the terms (kind, slug) are called in `language` now, in a query a kind; those that are gone are left out."""
    wanted, usual = set(terms), newsroom().language
    found: dict[tuple[str, str], Name] = {}
    for kind, model in _TERMS.items():
        slugs = [slug for of_kind, slug in wanted if of_kind == kind]
        if slugs:
            rows = model._default_manager.filter(slug__in=slugs).values_list("slug", "name", "names")
            found |= {(kind, slug): pick(name, names, language, usual) for slug, name, names in rows}
    return found


def newsroom() -> Newsroom:
    """The newsroom's row, or its defaults before the first configuration is applied."""
    found = Newsroom.objects.first() or Newsroom()
    _known[:] = [found]
    return found


def newsroom_as_known() -> Newsroom:
    """The newsroom's row; without the database as this process read it last, or the defaults. Raises nothing."""
    try:
        return newsroom()
    except Exception:  # a page that says what went wrong must not go wrong by it
        return newsroom_remembered()


def newsroom_remembered() -> Newsroom:
    """As this process read it last, or the defaults. Asks nobody."""
    return _known[0] if _known else Newsroom()
