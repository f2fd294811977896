"""A term that goes up in another, as a change of the configuration: the document to apply, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from config import revisions
from config.sections import ConfigurationError, Document, Row
from feeds.models import Membership, ReleaseType, SavedFeed
from feeds.selection import Selection

FOLDERS = {"office": "offices", "topic": "topics", "type": "types"}


class CannotMerge(ConfigurationError):
    """Why these two cannot become one; `str()` says it in a sentence."""


@dataclass(frozen=True, slots=True)
class Union:
    """What a merger would do, as things stand. `moves`: addresses that lead on for ever, old -> new, without suffix;
    `crossed`: how many addresses of an office with a topic do besides. `labels`: what the heir is called as well.
    `narrower`: topics that get a new broader one; `saved`: titles of saved feeds that name the old term.
    """

    releases: int
    both: int
    moves: dict[str, str]
    crossed: int
    labels: tuple[str, ...]
    narrower: tuple[str, ...] = ()
    saved: tuple[str, ...] = field(default=())


def wanted(section: str, old: str, heir: str) -> Document:
    """The part of a document in which `old` (a slug) has gone up in `heir`. Raises CannotMerge."""
    rows: list[Row] = revisions.document()[section]
    known = {row["slug"]: row for row in rows}
    if old == heir or old not in known or heir not in known:
        raise CannotMerge(f"There is no such pair of {FOLDERS[section]}.")
    heirs = known[heir] | {"former": [*known[heir]["former"], old]}
    if "broader" in heirs:
        # What was below the old one comes below the heir; the heir itself must not come below itself.
        heirs |= {"broader": known[old]["broader"] if _is_below(heir, old, known) else heirs["broader"]}
    return {
        section: [
            _below(heirs if row["slug"] == heir else row, old, heir) for row in rows if row["slug"] != old
        ]
    }


def union(section: str, old: Any, heir: Any) -> Union:
    """What `wanted` would do to two rows, short of what it means for people's mail. Reads only."""
    folder = FOLDERS[section]
    path = f"{folder}/{old.slug}"
    crossed = Membership.objects.filter(feed__startswith="offices/", feed__contains="/topics/")
    crossed = (
        crossed.filter(feed__startswith=f"{path}/")
        if folder == "offices"
        else crossed.filter(feed__endswith=f"/{path}")
    )
    names = [old.name, *old.aliases, *old.names.values()]
    present = {one.casefold() for one in (heir.name, *heir.aliases, *heir.names.values())}
    return Union(
        releases=_carried(old).count(),
        both=_carried(old).filter(pk__in=_carried(heir).values("pk")).count(),
        moves={path: f"{folder}/{heir.slug}"}
        | {f"{folder}/{one}": f"{folder}/{heir.slug}" for one in old.former},
        crossed=crossed.values("feed").distinct().count() if folder != "types" else 0,
        labels=tuple(dict.fromkeys(name for name in names if name.casefold() not in present)),
        narrower=tuple(old.narrower.exclude(pk=heir.pk).values_list("name", flat=True))
        if section == "topic"
        else (),
        saved=_saved(folder, old.slug),
    )


def _is_below(slug: str, wider: str, known: dict[str, Row]) -> bool:
    for _ in known:
        slug = known.get(slug, {}).get("broader", "")
        if slug == wider:
            return True
    return False


def _below(row: Row, old: str, heir: str) -> Row:
    return row | {"broader": heir} if row.get("broader") == old else row


def _carried(term: Any) -> Any:
    return term.release_set if isinstance(term, ReleaseType) else term.releases


def _saved(folder: str, slug: str) -> tuple[str, ...]:
    return tuple(
        feed.title
        for feed in SavedFeed.objects.all()
        if names(Selection.from_json(feed.selection), folder, slug)
    )


def names(selection: Selection, folder: str, slug: str) -> bool:
    """Whether a selection speaks of the term, be it only to leave it out."""
    return any(slug in getattr(rule, name) for rule in selection.rules for name in (folder, f"not_{folder}"))
