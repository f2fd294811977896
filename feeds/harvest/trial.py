"""What a source would bring as somebody means to set it up: fetched, read and compared, and nothing written.

Source, saved or not -> the kind's fetch, its first page alone -> drafts -> what each would be -> Trial
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from pydantic import ValidationError

from feeds import drafting, labels, previewing
from feeds.drafting import Named
from feeds.harvest import usual
from feeds.labels import Vocabulary
from feeds.merging import Draft
from feeds.models import Source
from feeds.sources import folder_look, kinds
from feeds.sources.item import Fault, RawItem
from feeds.sources.way import Fetched, Options, Origin, Tools, Unusable
from feeds.web.answer import FetchError, Web

MOST = 50  # items shown; files of a folder that are read
_NOWHERE = -1  # the number of a source that is not saved
_FIRST_PAGE: Mapping[str, Mapping[str, Any]] = {
    "listing": {"max_pages": 1, "pages": False, "max_seconds": 20},
    "syndication": {"pages": 1},
}
_OUR_LIMIT = "more than 1 pages (max_pages)"


@dataclass(frozen=True, slots=True)
class Item:
    """One release as it would come in. `fate` is new, changed or same; `changes` are names of fields. `labels` are
    (kind, label, whether a term knows it).
    """

    title: str
    published_on: date
    url: str
    summary: str
    fate: str
    changes: tuple[str, ...]
    labels: tuple[tuple[str, str, bool], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """`error`: why nothing came of it. `found`: how many releases; `items` are the first of them, the newest first.
    `silent`: why the new ones would not be announced, or "". `held`: why a fetch would wait for an admin.
    """

    error: str = ""
    found: int = 0
    items: tuple[Item, ...] = ()
    new: int = 0
    changed: int = 0
    same: int = 0
    faults: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    silent: str = ""


def attempt(source: Source, now: datetime, web: Web) -> Trial:
    """Try `source` as it stands. Never raises for what the other side does; asks only where a fetch might."""
    if source.kind not in kinds.FETCHED:
        return Trial(error="Programs hand over releases of this kind themselves: there is nothing to fetch.")
    if not source.address:
        return Trial(error="It has no address to fetch from.")
    source = copy.copy(source)
    if source.pk is None:
        source.pk = _NOWHERE
    try:
        fetched = _fetch(source, now, web)
    except (FetchError, Unusable) as error:
        return Trial(error=" ".join(str(error).split()))
    except ValidationError as error:
        return Trial(error=f"options: {error.errors()[0]['msg']}")
    if fetched.gone:
        return Trial(error="The other side says that it is gone for good (410).")
    return _told(source, fetched, now)


def _fetch(source: Source, now: datetime, web: Web) -> Fetched:
    options = kinds.options_of(source)
    if source.kind == "folder":
        return _read_folder(source, options)
    bounded = options.model_copy(update=dict(_FIRST_PAGE[source.kind]))
    origin = Origin(source.slug, source.address, source.language, bounded)
    return kinds.way_of(source.kind).fetch(origin, {}, Tools(web, now, lambda _: set()))


def _read_folder(source: Source, options: Options) -> Fetched:
    """The newest files that lie there. None is moved, and none counts as seen."""
    from feeds.sources import folder  # brings a parser for every format, which a web page does without

    root, manner = folder.place(source.address), folder.manner_of(cast(folder.Options, options))
    seen = sorted(folder.look(root).values(), key=lambda one: -one.modified_ns)
    items: list[RawItem] = []
    faults: list[Fault] = []
    for one in seen[:MOST]:
        name = folder_look.named(one.path)
        try:
            reading = None if one.odd else folder.read_file(root, one, manner)
        except OSError as error:
            faults.append(Fault(name, None, f"cannot be read ({error.strerror})", "a file"))
            continue
        if reading is not None:
            items += reading.items
            faults += reading.faults
    return Fetched(tuple(items), tuple(faults))


def _told(source: Source, fetched: Fetched, now: datetime) -> Trial:
    seen = previewing.preview(fetched.items, source, now, complete=fetched.complete)
    ordered = drafting.newest_of_each(drafting.oldest_first(fetched.items))
    named = [one for one in drafting.name(ordered, source.slug) if isinstance(one, Named)]
    new = {draft.key for draft in seen.new}
    edits = {edit.key: edit.fields for edit in seen.changed}
    vocabularies = labels.load_all()
    drafts = [drafting.draft(one) for one in reversed(named[-MOST:])]
    held: Sequence[str] = ()
    if source.first_complete_at is not None:
        held = usual.reasons(seen, len(fetched.items), None, kinds.options_of(source).hold)
    return Trial(
        found=len(named),
        items=tuple(_item(draft, new, edits, vocabularies) for draft in drafts),
        new=len(seen.new),
        changed=len(seen.changed),
        same=seen.same,
        faults=tuple(str(one) for one in (*fetched.faults, *seen.faults) if one.found != _OUR_LIMIT),
        held=tuple(held),
        silent=_silent(source, seen.new, now),
    )


def _item(
    draft: Draft, new: set[str], edits: Mapping[str, tuple[str, ...]], vocabularies: Mapping[str, Vocabulary]
) -> Item:
    fate = "new" if draft.key in new else "changed" if draft.key in edits else "same"
    return Item(
        draft.title,
        draft.published_on,
        draft.url or "",
        draft.summary,
        fate,
        edits.get(draft.key, ()),
        tuple(_labels(draft, vocabularies)),
        tuple(draft.told.get("warnings", ())),
    )


def _labels(draft: Draft, vocabularies: Mapping[str, Vocabulary]) -> Iterable[tuple[str, str, bool]]:
    for kind, vocabulary in vocabularies.items():
        for label in draft.told.get(kind, ()):
            yield kind, label, not vocabulary.resolve([label]).unknown


def _silent(source: Source, new: Sequence[Draft], now: datetime) -> str:
    if source.first_complete_at is None and source.kind != "api":
        return "the first complete fetch of a source brings what is there already, and mails nobody"
    oldest = (now - timedelta(days=source.announce_max_age_days)).date()
    late = sum(draft.published_on < oldest for draft in new)
    return f"{late} of them are older than {source.announce_max_age_days} days" if late else ""
