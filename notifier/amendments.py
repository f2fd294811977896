"""Corrections in words: what a message says of a release that its reader has had.

    {"release": …, "correction": id} of an edition -> Correction, versions, comparison -> Entry, a notice

Plain text, which the templates escape. Called with the language active.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from feeds import comparison, store, versions
from feeds.comparison import Difference, Piece
from feeds.models import Newsroom, Release, Standing
from feeds.templating import absolute
from notifier import contents
from notifier.contents import TITLE_LIMIT, Changed, Entry, shorten
from notifier.mime import one_line
from notifier.models import Correction

MOST = 4  # changes that a message tells; the release's page has them all
AROUND = 160  # characters of the sentence on either side of a change
LONGEST = 500
_END = re.compile(r"[.!?…](?=\s)|\n")


def entries(content: Iterable[dict[str, Any]]) -> list[Entry]:
    """The corrections of an edition's content, in its order, that hold good now."""
    ids = [item["correction"] for item in content if "correction" in item]
    corrections = Correction.objects.in_bulk(ids)
    found = [corrections[pk] for pk in ids if pk in corrections]
    releases = store.load({correction.release_id for correction in found})
    keys = dict(Standing.objects.filter(pk__in={c.release_id for c in found}).values_list("pk", "key"))
    newsroom = store.newsroom()
    made = (_entry(c, releases.get(c.release_id), keys.get(c.release_id, ""), newsroom) for c in found)
    return [entry for entry in made if entry is not None]


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


def _entry(correction: Correction, release: Release | None, key: str, newsroom: Newsroom) -> Entry | None:
    if correction.kind == Correction.Kind.WITHDRAWN:
        return None if release is not None else _withdrawn(correction, key, newsroom)
    if release is None:
        return None  # it has changed again since
    told = _changes(correction)
    return replace(
        contents.entry(release, newsroom),
        state="corrected",
        notice=True,
        remark=contents.corrected_on(correction.made_at, newsroom),
        note=one_line(correction.note),
        summary="",
        changes=tuple(told[:MOST]),
        more=max(0, len(told) - MOST),
    )


def _withdrawn(correction: Correction, key: str, newsroom: Newsroom) -> Entry:
    return Entry(
        title=shorten(one_line(correction.title), TITLE_LIMIT) or _("Untitled"),
        url=absolute(f"/releases/{key}") if key else absolute("/"),
        language=newsroom.language,
        day=None,
        origin=(),
        summary=_("The newsroom has withdrawn this release. Please do not quote it any more."),
        note=one_line(correction.note),
        because=(),
        also=(),
        state="withdrawn",
        notice=True,
        remark=contents.withdrawn_on(correction.made_at, newsroom),
        key=key,
        release=correction.release_id,
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
