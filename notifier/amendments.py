"""Corrections in words: what a message says of a release that its reader has had.

    {"release": …, "correction": id} of an edition -> Correction, versions, comparison -> Amendment -> the templates

Plain text, which the templates escape. Called with the language active.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from feeds import comparison, store, versions
from feeds.comparison import Difference, Piece
from feeds.models import Release, Standing
from feeds.templating import absolute, web
from notifier.contents import TITLE_LIMIT, direction, shorten
from notifier.mime import one_line
from notifier.models import Correction
from notifier.splice import clean

MOST = 4  # changes that a message tells; the release's page has them all
AROUND = 160  # characters of the sentence on either side of a change
LONGEST = 500
_END = re.compile(r"[.!?…](?=\s)|\n")


@dataclass(frozen=True, slots=True)
class Changed:
    """One place that reads otherwise. `old` or `new` may be empty."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """What became of one release. `url` is empty where there is nothing left to read; `key` names it in addresses."""

    release: int
    key: str
    fingerprint: str
    is_withdrawn: bool
    title: str
    url: str
    language: str
    direction: str
    day: date | None
    at: datetime
    note: str
    changes: tuple[Changed, ...]
    more: int


def of(content: Iterable[dict[str, Any]]) -> list[Amendment]:
    """The corrections of an edition's content, in its order, that hold good now."""
    ids = [item["correction"] for item in content if "correction" in item]
    corrections = Correction.objects.in_bulk(ids)
    found = [corrections[pk] for pk in ids if pk in corrections]
    releases = store.load({correction.release_id for correction in found})
    keys = dict(Standing.objects.filter(pk__in={c.release_id for c in found}).values_list("pk", "key"))
    made = (_amendment(c, releases.get(c.release_id), keys.get(c.release_id, "")) for c in found)
    return [amendment for amendment in made if amendment is not None]


def changes(difference: Difference) -> list[Changed]:
    """The sentences in which a field differs: before and now. Pure."""
    name = _names()[difference.field]
    if difference.whole:
        old = ", ".join(piece.text for piece in difference.pieces if piece.kind == "removed")
        new = ", ".join(piece.text for piece in difference.pieces if piece.kind == "added")
        return [Changed(name, _said(old), _said(new))]
    return [
        Changed(name, _said("".join(p.text for p in run if p.kind != "added")),
                _said("".join(p.text for p in run if p.kind != "removed")))
        for run in _sentences(difference.pieces)
    ]  # fmt: skip


def _amendment(correction: Correction, release: Release | None, key: str) -> Amendment | None:
    withdrawn = correction.kind == Correction.Kind.WITHDRAWN
    if withdrawn == (release is not None):
        return None  # it has changed again since
    language = (release.language if release else "") or store.newsroom().language
    told = [] if release is None else _changes(correction)
    return Amendment(
        release=correction.release_id,
        key=key,
        fingerprint="" if release is None else store.fingerprint(release),
        is_withdrawn=withdrawn,
        title=shorten(one_line(release.title if release else correction.title), TITLE_LIMIT) or _("Untitled"),
        url="" if release is None else web(clean(release.url or "")) or absolute(f"/releases/{key}"),
        language=language,
        direction=direction(language),
        day=release.published_on if release else None,
        at=correction.made_at,
        note=one_line(correction.note),
        changes=tuple(told[:MOST]),
        more=max(0, len(told) - MOST),
    )


def _changes(correction: Correction) -> list[Changed]:
    pair = [(correction.release_id, correction.before or 0), (correction.release_id, correction.number)]
    found = versions.contents(pair)
    if len(found) < 2:
        return []
    names = _names()
    told = [d for d in comparison.compare(found[pair[0]], found[pair[1]]) if d.field in names]
    return [change for difference in told for change in changes(difference)]


def _names() -> dict[str, str]:
    """What a reader is told of. The editor's note is not told as a change: it is told as itself."""
    return {
        "title": _("Title"),
        "published_on": _("Date"),
        "summary": _("Summary"),
        "body": _("Text"),
        "links": _("Links"),
    }


def _sentences(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Runs of pieces that lie in one sentence with a change, with what stands around it in that sentence."""
    runs: list[list[Piece]] = []
    open_run = False
    lead = ""
    for piece in pieces:
        if piece.kind != "equal":
            if not open_run:
                runs.append([Piece("equal", lead)] if lead else [])
                open_run = True
            runs[-1].append(piece)
            continue
        first, last = _bounds(piece.text)
        if open_run and first is None and len(piece.text) <= 2 * AROUND:
            runs[-1].append(piece)
            continue
        if open_run:
            runs[-1].append(Piece("equal", _head(piece.text if first is None else piece.text[:first])))
            open_run = False
        lead = _tail(piece.text if last is None else piece.text[last:])
    return runs


def _bounds(text: str) -> tuple[int | None, int | None]:
    """Where the first sentence in it ends, and where its last one begins."""
    ends = [found.end() for found in _END.finditer(text)]
    return (ends[0], ends[-1]) if ends else (None, None)


def _head(text: str) -> str:
    return text if len(text) <= AROUND else text[:AROUND].rsplit(None, 1)[0] + " …"


def _tail(text: str) -> str:
    return text if len(text) <= AROUND else "… " + text[-AROUND:].split(None, 1)[-1]


def _said(text: str) -> str:
    return shorten(one_line(text), LONGEST)
