"""The versions of a release as its page shows them: what was changed when, in words, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.utils.translation import gettext as _

from feeds import comparison, templating, versions
from feeds.comparison import Difference, Piece
from feeds.models import Office, ReleaseType, Topic
from feeds.versions import Version

STEPS = 12  # changes that are shown in full; a source that cannot make up its mind makes hundreds


@dataclass(frozen=True, slots=True)
class Step:
    """What led to one version, in words; `differences` are (name of the field, what differs)."""

    at: datetime
    what: str
    significant: bool
    corrected: bool
    differences: tuple[tuple[str, Difference], ...]


def public(release_id: int) -> list[Step]:
    """What readers may see of how a release came to be what it is; empty if it never changed."""
    return steps(versions.history(release_id, public_only=True, newest=STEPS))


def steps(history: list[Version]) -> list[Step]:
    """Newest first. The oldest has no differences."""
    if len(history) < 2:
        return []
    pairs = list(pairwise(history))
    compared = [comparison.compare(before.content, after.content) for before, after in pairs]
    names = _names(difference for found in compared for difference in found)
    made = [_step(after, found, names) for (_, after), found in zip(pairs, compared, strict=True)]
    first = history[0]
    word = _("First version") if first.number == 1 else _("Earlier version")
    return [*reversed(made), Step(first.at, word, False, False, ())]


def told(found: list[Difference]) -> list[tuple[str, Difference]]:
    """Differences with the names of their fields, as people read them."""
    fields, names = _fields(), _names(found)
    return [(fields[one.field], comparison.shortened(_told(one, names))) for one in found]


def _step(version: Version, found: list[Difference], names: Mapping[tuple[str, str], str]) -> Step:
    fields = _fields()
    what = _("Changed") if version.significant else _("Small change")
    if version.corrected:
        what = _("Corrected")
    differences = tuple(
        (fields[difference.field], comparison.shortened(_told(difference, names))) for difference in found
    )
    return Step(version.at, what, version.significant, version.corrected, differences)


def _fields() -> dict[str, str]:
    return {
        "title": _("Title"),
        "published_on": _("Date"),
        "summary": _("Summary"),
        "body": _("Text"),
        "links": _("Links"),
        "editors_note": _("Editor’s note"),
        "type": _("Type"),
        "offices": _("Where we are"),
        "topics": _("What we do"),
        "language": _("Language"),
        "author": _("Author"),
        "url": _("Address of the original"),
        "image_url": _("Image"),
        "state": "State",  # only admins see one that was not public
    }


def _names(differences: Iterable[Difference]) -> dict[tuple[str, str], str]:
    """What offices, topics and types are called: (field, slug) -> name."""
    slugs: dict[str, set[str]] = {}
    for difference in differences:
        slugs.setdefault(difference.field, set()).update(piece.text for piece in difference.pieces)
    found: dict[tuple[str, str], str] = {}
    for field, model in (("offices", Office), ("topics", Topic), ("type", ReleaseType)):
        if field in slugs:
            rows = model._default_manager.filter(slug__in=slugs[field]).values_list("slug", "name")
            found |= {(field, slug): name for slug, name in rows}
    return found


def _told(difference: Difference, names: Mapping[tuple[str, str], str]) -> Difference:
    """With names in place of slugs, and dates as this language writes them."""
    if not difference.whole:
        return difference
    pieces = (Piece(piece.kind, _said(difference.field, piece.text, names)) for piece in difference.pieces)
    return Difference(difference.field, tuple(pieces))


def _said(field: str, value: str, names: Mapping[tuple[str, str], str]) -> str:
    if field == "published_on":
        return templating.day(date.fromisoformat(value))
    return names.get((field, value), value)
