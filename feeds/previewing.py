"""What an intake would do, without doing it: for whoever has to decide whether a fetch may be taken in at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from feeds import intake, labels
from feeds.drafting import Named
from feeds.merging import BLANK, Draft, Intent
from feeds.models import Release, Source
from feeds.sources.item import Fault, RawItem
from feeds.storing import Work

_WHENEVER = datetime.max.replace(tzinfo=UTC)  # what changes does not depend on it, but for a state


@dataclass(frozen=True, slots=True)
class Edit:
    """A release that would be changed: its id, its title as the store has it now, and the names of what changes.

    `fills`: all of that was empty before, as when the full text comes after the listing. `key`: its name at the source.
    """

    release: int
    title: str
    fields: tuple[str, ...]
    fills: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """New releases and edits, oldest first; how many stay the same, and what could not be used."""

    new: tuple[Draft, ...] = ()
    changed: tuple[Edit, ...] = ()
    same: int = 0
    faults: tuple[Fault, ...] = ()


def preview(
    items: Iterable[RawItem], source: Source, now: datetime = _WHENEVER, *, complete: bool = True
) -> Preview:
    """What `intake.take_in` would write just now. Reads only; titles may be under embargo, so show them to admins only.

    All that an intake would find is compared in one go, so `items` should be those of one fetch, not of an archive.
    """
    context = intake.Context(source, labels.load_all(), now)
    named = intake.name_all(items, context, complete=complete)
    works, faults, same = [], [], 0
    while batch := list(islice(named, intake.BATCH)):
        considered, as_before = intake.consider([one for one in batch if isinstance(one, Named)], context)
        works += considered
        same += as_before
        faults += [one for one in batch if isinstance(one, Fault)]
    new = tuple(work.draft for work in works if not work.release)
    changed = _edits([work for work in works if work.release and work.intent])
    return Preview(new, changed, same + len(works) - len(new) - len(changed), tuple(faults))


def _edits(works: Sequence[Work]) -> tuple[Edit, ...]:
    columns = Release.objects.filter(pk__in=[work.release for work in works]).values("pk", *BLANK)
    held = {row.pop("pk"): row for row in columns}
    return tuple(
        Edit(
            work.release,
            work.title,
            fields_of(work.intent),
            _fills(work.intent, held.get(work.release, {})),
            work.draft.key,
        )
        for work in works
    )


def _fills(intent: Intent, held: Mapping[str, Any]) -> bool:
    """Whether only columns change, and only empty ones."""
    columns = set(intent.values)
    return not (intent.link or intent.unlink) and columns <= BLANK.keys() and not any(map(held.get, columns))


def fields_of(intent: Intent) -> tuple[str, ...]:
    """The names of what an intent changes: columns, and "offices", "topics", "type" for labels; sorted.

    Not the state, which an embargo or a withdrawal of these names brings with it.
    """
    names = {"type" if kind == "type" else f"{kind}s" for kind, _ in (*intent.link, *intent.unlink)}
    return tuple(sorted((names | set(intent.values)) - {"state"}))
